// Files go to a real server and come back: what random commands have made of databases of all
// types, in small and in large encodings, is the same on both sides, and a broken file is refused
// in the same words.
//
// SEED=n starts at another seed; STREAMS=n tries more or fewer.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { save } from '../../src/persistence/saving.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { length } from '../helpers/bombs.ts'
import { freePort, NO_REAL_SERVER, REAL_BINARY, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encode, type Wire } from '../helpers/wire.ts'
import { PREPARATION, Requests } from '../model/requests.ts'
import { fileOf, hex, keyOf } from './snapshots.ts'

const NO_74 = NO_REAL_SERVER || (realIsAtLeast(7, 4) ? false : 'needs a redis-server 7.4')
const SEED = Number(process.env['SEED'] ?? 1)
const STREAMS = Number(process.env['STREAMS'] ?? (process.env['TEST_LONG'] ? 200 : 6))
const COMMANDS = 1500
const DEBUG = ['enable-debug-command', 'yes']
/** Encodings change at once, or hardly ever. */
const SMALL = [
  ['hash-max-listpack-entries', '4'],
  ['set-max-intset-entries', '4'],
  ['set-max-listpack-entries', '4'],
  ['zset-max-listpack-entries', '4'],
  ['list-max-listpack-size', '4'],
  ['stream-node-max-entries', '4'],
]

/** A server as the command line starts it with --dir. */
async function startOnDisk(dir: string, config: string[][], log?: string[]): Promise<TestServer> {
  const redis = await startServer({
    config: [DEBUG, ['dir', dir], ...config],
    log: line => log?.push(line),
  })
  redis.server.persistence.onDisk = true
  if (await loadWhileServing(redis.server)) return redis
  await redis.close()
  throw new Error('not loaded')
}

/** Requests that leave data, on a connection: no transactions, which others would wait for. */
async function fill(wire: Wire, seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const requests = new Requests(random, realIsAtLeast)
  const words: (readonly string[])[] = [...PREPARATION]
  while (words.length < COMMANDS) {
    if (random.below(100) === 0) words.push(['SELECT', String(random.below(3))])
    words.push(...requests.next().commands)
  }
  const kept = words.filter(
    ([name = '']) => !/^(FLUSH|MULTI|EXEC|DISCARD|B[LRZ]|XREAD|WAIT)/.test(name),
  )
  wire.write(encode(...kept))
  for (let i = 0; i < kept.length; i++) await wire.next()
}

/** Nothing dies between two looks. */
async function freeze(wire: Wire): Promise<void> {
  await wire.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
}

t.test('random databases', { skip: NO_74 }, async t => {
  for (let seed = SEED; seed < SEED + STREAMS; seed++) {
    const dir = t.testdir()
    const config = seed % 2 === 0 ? SMALL : []
    const ours = await startOnDisk(dir, config)
    const wire = await ours.connect()
    await freeze(wire)
    await fill(wire, seed)
    t.ok(save(ours.server))
    await ours.close()
    const digest = await digestOfFile(dir, config)

    const words = config.flatMap(([name, value]) => [`--${name}`, value ?? ''])
    const real = await startReal('--dir', dir, '--dbfilename', 'dump.rdb', ...words)
    const theirs = await real.connect()
    await freeze(theirs)
    t.equal(await theirs.ask('DEBUG', 'DIGEST'), digest, `seed ${seed}: theirs of ours`)
    await fill(theirs, seed + 1_000_000)
    t.equal(await theirs.ask('SAVE'), '+OK')
    theirs.close()
    await real.close()
    // Loading leaves out what is dead, and chooses encodings anew. (DEBUG RELOAD would flush
    // functions as well: 7.4.1 may crash in that.)
    const loaded = await startReal('--dir', dir, '--dbfilename', 'dump.rdb', ...words)
    const third = await loaded.connect()
    await freeze(third)
    const second = await third.ask('DEBUG', 'DIGEST')
    const encodings = await encodingsOf(third)
    third.close()
    await loaded.close()

    const back = await startOnDisk(dir, config)
    const again = await back.connect()
    await freeze(again)
    t.equal(await again.ask('DEBUG', 'DIGEST'), second, `seed ${seed}: ours of theirs`)
    t.strictSame(await encodingsOf(again), encodings, `seed ${seed}: encodings`)
    await back.close()
  }
})

/** Of what we load of it, without what is dead. */
async function digestOfFile(dir: string, config: string[][]): Promise<unknown> {
  const redis = await startOnDisk(dir, config)
  const wire = await redis.connect()
  await freeze(wire)
  const digest = await wire.ask('DEBUG', 'DIGEST')
  await redis.close()
  return digest
}

async function encodingsOf(wire: Wire): Promise<unknown[]> {
  await wire.call('SELECT', '0')
  const keys = [...((await wire.ask('KEYS', '*')) as string[])].sort().map(key => key.slice(1))
  const encodings: unknown[] = []
  for (const key of keys) encodings.push([key, await wire.ask('OBJECT', 'ENCODING', key)])
  return encodings
}

// ---- Broken files ------------------------------------------------------------------------------

/** What a real server says of the file in a folder, and whether it does without it. */
async function realLog(dir: string): Promise<{ isRefused: boolean; lines: string[] }> {
  const port = String(await freePort())
  const child = spawn(REAL_BINARY, ['--port', port, '--save', '', '--dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('latin1').on('data', chunk => {
    output += chunk
    if (output.includes('Ready to accept')) child.kill('SIGKILL')
  })
  return new Promise(resolve => {
    child.once('close', () =>
      resolve({
        isRefused: !output.includes('Ready to accept'),
        lines: messagesOf(output.split('\n')),
      }),
    )
  })
}

/** What is said of the file; where in a source it was found out, and at what block, are theirs. */
function messagesOf(lines: readonly string[]): string[] {
  return lines
    .map(line => /^\d+:M .* [*#] (.*?)\r?$/.exec(line)?.[1] ?? '')
    .filter(text => /RDB|rdb|DB |database|loading|module|library/.test(text))
    .map(text => text.replace(/offset \d+(, function at rdb\.c:\d+)? ->/, 'offset ->'))
    .map(text =>
      text.replace(/^(DB loaded from disk|RDB age|RDB memory usage when created)\b.*/, '$1'),
    )
    .filter(text => !/^Server initialized|^Ready|WARNING|^Guru Meditation/.test(text))
}

const KEY = keyOf('k', hex('00 01 61'))
const HEAD = Buffer.from('REDIS0012')
const SOUND = fileOf([hex('fa 09 72656469732d766572 05 372e342e31'), hex('fe 00'), KEY])

function damaged(at: number, value: number): Buffer {
  const bytes = Buffer.from(SOUND)
  bytes[at < 0 ? bytes.length + at : at] = value
  return bytes
}

/** Bodies of each kind that somebody broke. */
const BROKEN: Readonly<Record<string, Buffer>> = {
  'nothing at all': Buffer.alloc(0),
  'half a head': SOUND.subarray(0, 5),
  'another file': Buffer.from('GIF89a and so on'),
  'a later version': Buffer.from('REDIS9999'),
  'no version': Buffer.from('REDISabcdefg'),
  'a head alone': HEAD,
  'cut in a remark': SOUND.subarray(0, 20),
  'cut in a key': SOUND.subarray(0, -12),
  'cut before the checksum': SOUND.subarray(0, -8),
  'cut in the checksum': SOUND.subarray(0, -3),
  'another checksum': damaged(-3, 0x99),
  'another byte': damaged(-10, 0x62),
  'no checksum': Buffer.concat([SOUND.subarray(0, -8), Buffer.alloc(8)]),
  'a database too many': fileOf([hex('fe 10')]),
  'a key twice': fileOf([KEY, KEY]),
  'an unknown type': fileOf([hex('1a 016b')]),
  'an unknown length': fileOf([hex('00 85')]),
  'data of a module': Buffer.concat([
    HEAD,
    hex('f7'),
    length(0x123456789abcdef0n),
    hex('02 02 00'),
  ]),
  'a value of a module': fileOf([hex('07 016b'), length(0x123456789abcdef0n)]),
  'a value of an old module': fileOf([hex('06 016b')]),
  'an old function': fileOf([hex('f6')]),
  'a function that is none': fileOf([hex('f5 03 616263')]),
  'an empty collection': fileOf([hex('02 016b 00')]),
  'an LZF that is none': fileOf([hex('00 016b c3 02 40ff ff ff')]),
  'a broken listpack': fileOf([hex('10 016b 02 6162')]),
  'a broken ziplist': fileOf([hex('0a 016b 02 6162')]),
  'a broken intset': fileOf([hex('0b 016b 02 6162')]),
  'a broken quicklist': fileOf([hex('12 016b 01 03 02 6162')]),
  'a member twice': fileOf([hex('02 016b 02 0161 0161')]),
  'a score that is no number': fileOf([hex('05 016b 01 0161 000000000000f87f')]),
  'remarks of all kinds': fileOf([
    hex('fa 06 2570726f6265 02 6869'), // %probe
    hex('fa 08 616f662d62617365 01 31'), // aof-base
    hex('fa 0c 616f662d707265616d626c65 01 31'), // aof-preamble
    hex('fa 05 6f74686572 01 31'), // other
    hex('fa 05 4354494d45 01 30'), // CTIME
    hex('fa 08 757365642d6d656d 01 30'), // used-mem
  ]),
}

t.test('what is said of broken files', { skip: NO_74 }, async t => {
  for (const [name, bytes] of Object.entries(BROKEN)) {
    const dir = t.testdir({ 'dump.rdb': bytes })
    const real = await realLog(dir)
    const log: string[] = []
    const ours = await startOnDisk(dir, [], log).catch(() => undefined)
    await ours?.close()
    t.strictSame(messagesOf(log), real.lines, name)
    t.equal(ours === undefined, real.isRefused, `${name}: whether it is refused`)
  }
})

t.test('a file that cannot be read', { skip: NO_74 }, async t => {
  const dir = t.testdir({ 'dump.rdb': {} })
  const real = await realLog(dir)
  const log: string[] = []
  await t.rejects(startOnDisk(dir, [], log))
  t.strictSame(messagesOf(log), real.lines)
  fs.rmdirSync(path.join(dir, 'dump.rdb'))
  fs.symlinkSync('dump.rdb', path.join(dir, 'dump.rdb'))
  const second = await realLog(dir)
  log.length = 0
  await t.rejects(startOnDisk(dir, [], log))
  t.strictSame(messagesOf(log), second.lines)
  t.ok(second.isRefused)
})
