// A random stream of commands to a server that appends what it does to a file, and now and then
// begins the file anew; then another server loads the file, and both hold the same. And a real server
// loads what ours has written, and ours what a real one has.
//
// SEED=n starts at another seed; COMMANDS=n sends more or fewer.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Cron } from '../../src/engine/cron.ts'
import { digestOfKeyspace } from '../../src/persistence/digest.ts'
import { openAppendOnly } from '../../src/redis.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { notSince, type RealServer, startReal } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encode } from '../helpers/wire.ts'
import { PREPARATION, type Unit } from './requests.ts'
import { difference, drawTold, playUntilDifferent, SMALL_LIMITS } from './told.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COMMANDS = Number(process.env['COMMANDS'] ?? (process.env['TEST_LONG'] ? 100_000 : 5000))
const COMPARED_WITH_REAL = process.env['TEST_LONG'] ? 40 : 4

const root = t.testdir({})

const BEFORE = { connection: 0, commands: PREPARATION }
const REWRITE = { connection: 0, commands: [['BGREWRITEAOF']] }

/** Of a seed: what the base is made of, and how often it is made anew. */
const profileOf = (seed: number) => ({
  isSmall: seed % 2 === 0,
  preamble: seed % 4 < 2 ? 'yes' : 'no',
  rewritesEvery: seed % 3 === 0 ? 100 : Infinity,
})

function configOf(folder: string, seed: number): string[][] {
  const { isSmall, preamble } = profileOf(seed)
  return [
    ['dir', folder],
    ['appendonly', 'yes'],
    ['appendfsync', 'no'],
    ['aof-use-rdb-preamble', preamble],
    ['proto-max-bulk-len', '1mb'],
    ['enable-debug-command', 'yes'],
    ...(isSmall ? SMALL_LIMITS : []),
  ]
}

async function open(folder: string, seed: number): Promise<TestServer> {
  const config = configOf(folder, seed)
  const opened = await startServer({ config, random: new SeededRandom(seed) })
  opened.server.switches.activeExpiry = false
  openAppendOnly(opened.server)
  return opened
}

function openReal(folder: string, seed: number): Promise<RealServer> {
  return startReal(...configOf(folder, seed).flatMap(([name, value = '']) => [`--${name}`, value]))
}

/** Sends a stream and ends the server, which still knows its data. */
async function write(folder: string, seed: number, units: readonly Unit[]): Promise<TestServer> {
  const ours = await open(folder, seed)
  const wires = [await ours.connect(), await ours.connect()]
  const { rewritesEvery } = profileOf(seed)
  for (const [i, unit] of [BEFORE, ...units].entries()) {
    const also = i % rewritesEvery === rewritesEvery - 1 ? [REWRITE] : []
    for (const { connection, commands } of [unit, ...also]) {
      wires[connection]?.write(encode(...commands))
      for (const _ of commands) await wires[connection]?.next()
    }
  }
  await ours.close()
  return ours
}

async function playOnce(seed: number, units: readonly Unit[]): Promise<string | undefined> {
  const folder = fs.mkdtempSync(path.join(root, 'play-'))
  const before = await write(folder, seed, units)
  const after = await open(folder, seed)
  try {
    // What else streams and their groups know is lost where they are commands, as by Redis.
    if (profileOf(seed).preamble === 'yes') return difference(before.server, after.server)
    const [digest, other] = [before, after].map(({ server }) => digestOfKeyspace(server.keyspace))
    return digest === other ? undefined : `digests: ${digest} | ${other}`
  } finally {
    await after.close()
    fs.rmSync(folder, { recursive: true })
  }
}

t.setTimeout(COMMANDS > 10_000 ? 3_600_000 : 110_000)

t.test('what is loaded is what was', async t => {
  await playUntilDifferent(t, { seed: SEED, commands: COMMANDS }, playOnce)
})

/** Both go on to lose what dies, so that they are asked again where one was asked too early. */
async function compareDigests(t: Test, ours: TestServer, real: RealServer, name: string) {
  const wire = await real.connect()
  const digests = { ours: '', real: '' }
  for (let asked = 0; asked < 20 && (asked === 0 || digests.ours !== digests.real); asked++) {
    for (let i = 0; i < 16; i++) {
      await wire.ask('SELECT', String(i))
      await wire.ask('KEYS', '*')
    }
    ours.server.feature(Cron).expireKeys()
    digests.ours = `+${digestOfKeyspace(ours.server.keyspace)}`
    digests.real = String(await wire.ask('DEBUG', 'DIGEST'))
  }
  t.equal(digests.ours, digests.real, name)
}

t.test('a real server loads the same', { skip: notSince([7, 4]) }, async t => {
  for (let seed = SEED; seed < SEED + COMPARED_WITH_REAL; seed++) {
    const folder = fs.mkdtempSync(path.join(root, 'real-'))
    const ours = await write(folder, seed, drawTold(seed))
    const real = await openReal(folder, seed)
    await compareDigests(t, ours, real, `seed ${seed}`)
    await real.close()
  }
})

t.test('what a real server has written is loaded', { skip: notSince([7, 4]) }, async t => {
  for (let seed = SEED; seed < SEED + COMPARED_WITH_REAL; seed++) {
    const folder = fs.mkdtempSync(path.join(root, 'ours-'))
    const real = await openReal(folder, seed)
    const wires = [await real.connect(), await real.connect()]
    for (const { connection, commands } of [BEFORE, ...drawTold(seed)]) {
      wires[connection]?.write(encode(...commands))
      for (const _ of commands) await wires[connection]?.next()
    }
    const copy = fs.mkdtempSync(path.join(root, 'copy-'))
    fs.cpSync(folder, copy, { recursive: true })
    const ours = await open(copy, seed)
    await compareDigests(t, ours, real, `seed ${seed}`)
    await Promise.all([ours.close(), real.close()])
  }
})
