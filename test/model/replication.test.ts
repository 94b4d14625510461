// Random commands of all families to a master, while its replicas follow: in the end all hold the
// same. Ours is the master of ours and of a real server; then a real server is the master of ours,
// and of a real one that has ours behind it. On the way links break, and replicas begin anew.
//
// SEED=n starts at another seed; COMMANDS=n sends more or fewer to each master.

import t, { type Test } from 'tap'
import type { RedisServer } from '../../src/engine/server.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { type Random, SeededRandom } from '../../src/util/random.ts'
import { startNode, until } from '../helpers/nodes.ts'
import { notSince, startReal } from '../helpers/real.ts'
import { encode, type Wire } from '../helpers/wire.ts'
import { linesOf, shrink } from './compare.ts'
import { PREPARATION, type Unit } from './requests.ts'
import { difference, drawTold, SMALL_LIMITS } from './told.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COMMANDS = Number(process.env['COMMANDS'] ?? (process.env['TEST_LONG'] ? 100_000 : 2000))

const SELDOM = 6
/** Beside what all other streams have: short lives, several databases, and who waits for long. */
const OTHERS: readonly (readonly string[])[] = [
  ['SET', 's1', 'short-lived', 'PX', '20'],
  ['SET', 's2', 'short-lived', 'PX', '1'],
  ['GETEX', 's3', 'PX', '5'],
  ['PEXPIRE', 'h1', '15'],
  ['PEXPIRE', 'x2', '10'],
  ['PEXPIRE', 'z1', '5'],
  ['HSET', 'h2', 'a', '1', 'b', '2', 'f1', '3'],
  ['HPEXPIRE', 'h2', '10', 'FIELDS', '3', 'a', 'f1', 'f2'],
  ['HPEXPIRE', 'h3', '1', 'FIELDS', '2', 'f3', 'f4'],
  ['HPEXPIRE', 'h1', '20', 'NX', 'FIELDS', '3', 'f1', 'f5', 'f6'],
  ['SELECT', '0'],
  ['SELECT', '1'],
  ['SELECT', '7'],
  ['SWAPDB', '0', '1'],
  ['SWAPDB', '7', '1'],
  ['MOVE', 's1', '7'],
  ['MOVE', 'h2', '1'],
  ['COPY', 'x1', 'x2', 'DB', '7', 'REPLACE'],
  ['COPY', 'h2', 'h3', 'REPLACE'],
  ['PUBLISH', 'news', 'words'],
  ['EVAL', "for i = 1, 3 do redis.call('SPOP', 't' .. i) end redis.call('SELECT', '7')", '0'],
  [
    'EVAL',
    "redis.call('PEXPIRE', 's1', 3) redis.call('HPEXPIRE', 'h1', 2, 'FIELDS', 1, 'f1')",
    '0',
  ],
  ['FUNCTION', 'DELETE', 'other'],
  ['FUNCTION', 'LOAD', 'REPLACE', "#!lua name=other\nredis.register_function('f', function() end)"],
  ['FLUSHDB'],
]

/** These wait on a connection of their own, until something comes or their server forgets them. */
const PATIENT: readonly (readonly string[])[] = [
  ['BLPOP', 'l1', 'l2', '0'],
  ['BRPOP', 'l2', 'l3', '0'],
  ['BLMOVE', 'l1', 'l2', 'LEFT', 'RIGHT', '0'],
  ['BLMPOP', '0', '2', 'l1', 'l3', 'LEFT', 'COUNT', '2'],
  ['BZPOPMIN', 'z1', 'z2', '0'],
  ['BZMPOP', '0', '2', 'z1', 'z3', 'MAX', 'COUNT', '2'],
  ['XREADGROUP', 'GROUP', 'g1', 'c7', 'BLOCK', '0', 'STREAMS', 'x1', '>'],
]
const PATIENT_CONNECTION = 2

function drawStream(seed: number): Unit[] {
  const random = new SeededRandom(seed)
  return drawTold(seed)
    .map(withoutSignedZero)
    .flatMap(unit => {
      const chance = random.below(24)
      if (chance > 3) return [unit]
      if (chance === 0) {
        const words = PATIENT[random.below(PATIENT.length)] ?? []
        return [unit, { connection: PATIENT_CONNECTION, commands: [words] }]
      }
      const isSeldom = random.below(SELDOM) === 0
      const words = OTHERS[random.below(OTHERS.length - (isSeldom ? 0 : 1))] ?? []
      return [unit, { connection: unit.connection, commands: [words] }]
    })
}

/** A small sorted set forgets the sign of a zero, also when a snapshot makes a large one small. */
function withoutSignedZero({ connection, commands }: Unit): Unit {
  const sound = commands.map(words => words.map(word => (word === '-0' ? '0' : word)))
  return { connection, commands: sound }
}

/** A server that takes part, ours or a real one. */
interface Member {
  readonly name: string
  readonly port: number
  readonly wire: Wire
  /** Only ours. */
  readonly server?: RedisServer
  readonly clock?: TestClock
  connect(): Promise<Wire>
  close(): Promise<void>
}

/** @param clock of all together: no replica's may be behind its master's */
async function ours(name: string, clock: TestClock, ...config: readonly string[]): Promise<Member> {
  const node = await startNode(
    { clock, random: new SeededRandom(SEED) },
    'proto-max-bulk-len 1mb',
    ...config,
  )
  return { ...node, name, clock }
}

async function real(name: string, ...config: readonly string[]): Promise<Member> {
  const settings = ['repl-diskless-sync-delay 0', 'proto-max-bulk-len 1mb', ...config]
  const started = await startReal(...settings.flatMap(line => `--${line}`.split(' ')))
  return { ...started, name, wire: await started.connect() }
}

const OFFSET = /^(?:slave|master)_repl_offset:(\d+)/m
/** So often a real server may be asked too early: what expires there, it expires by itself. */
const ASKED_MOST = 200

class Group {
  readonly #master: Member
  readonly #replicas: readonly Member[]
  /** Streams after which two real servers were different. */
  passedOver = 0

  private constructor(master: Member, replicas: readonly Member[]) {
    this.#master = master
    this.#replicas = replicas
  }

  /** @param replicas each with the one that it follows */
  static async open(
    master: Member,
    replicas: readonly (readonly [Member, Member])[],
  ): Promise<Group> {
    const group = new Group(
      master,
      replicas.map(([replica]) => replica),
    )
    for (const [replica, followed] of replicas) await follow(replica, followed)
    return group
  }

  /** What is different in the end, if anything is. */
  async play(seed: number, units: readonly Unit[]): Promise<string | undefined> {
    const random = new SeededRandom(seed)
    await this.#begin()
    const wires = await Promise.all([0, 1, 2].map(() => this.#master.connect()))
    for (let at = 0; at < units.length; ) {
      const count = 1 + random.below(20)
      await sendAll(wires, units.slice(at, at + count))
      at += count
      if (random.below(SELDOM) === 0) await this.#disturb(random)
    }
    for (const wire of wires) wire.close()
    return this.#compare()
  }

  async #begin(): Promise<void> {
    const { wire } = this.#master
    // 7.4.1 may fall over at FUNCTION FLUSH: libraries stay, or are replaced.
    for (const words of [['FLUSHALL'], ...PREPARATION]) await wire.ask(...words)
  }

  /** A link breaks, or a replica forgets everything and begins anew. */
  async #disturb(random: Random): Promise<void> {
    const replica = this.#replicas[random.below(this.#replicas.length)]
    if (replica === undefined) return
    const [, host = '', port = ''] = [await replica.wire.ask('ROLE')].flat().map(String)
    switch (random.below(4)) {
      case 0:
        await replica.wire.ask('REPLICAOF', 'NO', 'ONE')
        await replica.wire.ask('SET', 'mine', 'alone')
        await replica.wire.ask('REPLICAOF', host.slice(1), port.slice(1))
        break
      case 1:
        await replica.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
        break
      case 2:
        await replica.wire.ask('CLIENT', 'KILL', 'TYPE', 'master')
        break
      default:
        await this.#master.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
    }
  }

  /** They are alike when all have everything, and nothing more is to expire. */
  async #compare(): Promise<string | undefined> {
    let found: string | undefined
    const most = this.#master.clock === undefined ? ASKED_MOST : 2
    for (let asked = 0; asked < most; asked++) {
      await this.#expire()
      await until('all have everything', () => this.#hasAll())
      found = await this.#differenceNow()
      if (found === undefined) return undefined
    }
    if (!(await this.#areRealOnesApart())) return found
    this.passedOver++
    return undefined
  }

  /** Ours by its clock; a real one what it is asked for. */
  async #expire(): Promise<void> {
    const { clock, wire } = this.#master
    if (clock !== undefined) {
      clock.advance(200)
      clock.resume()
      return
    }
    for (let i = 0; i < 16; i++) {
      await wire.ask('SELECT', String(i))
      await wire.ask('KEYS', '*')
    }
  }

  async #hasAll(): Promise<boolean> {
    const offsets = await Promise.all(
      [this.#master, ...this.#replicas].map(async ({ wire }) => {
        const info = String(await wire.ask('INFO', 'replication'))
        return /master_link_status:down/.test(info) ? '' : OFFSET.exec(info)?.[1]
      }),
    )
    return offsets.every(offset => offset === offsets[0] && offset !== '')
  }

  /** A real server does not tell its replicas all that it does to fields that expire. */
  async #areRealOnesApart(): Promise<boolean> {
    const all = [this.#master, ...this.#replicas]
    const real = all.filter(({ server }) => server === undefined)
    const digests = await Promise.all(real.map(({ wire }) => wire.ask('DEBUG', 'DIGEST')))
    return new Set(digests).size > 1
  }

  async #differenceNow(): Promise<string | undefined> {
    const digest = await this.#master.wire.ask('DEBUG', 'DIGEST')
    for (const { name, wire, server } of this.#replicas) {
      const other = await wire.ask('DEBUG', 'DIGEST')
      if (other !== digest) return `${name}: ${digest} | ${other}`
      const leader = this.#master.server
      const found = leader && server && difference(leader, server)
      if (found !== undefined) return `${name}: ${found}`
    }
    return undefined
  }
}

async function follow(replica: Member, { port }: Member): Promise<void> {
  await replica.wire.ask('REPLICAOF', '127.0.0.1', String(port))
}

/** Nobody waits for those who wait. */
async function sendAll(wires: readonly Wire[], units: readonly Unit[]): Promise<void> {
  for (const { connection, commands } of units) wires[connection]?.write(encode(...commands))
  for (const { connection, commands } of units) {
    if (connection === PATIENT_CONNECTION) continue
    for (const _ of commands) await wires[connection]?.next()
  }
}

async function playAll(t: Test, group: Group, most: number): Promise<void> {
  let sent = 0
  for (let seed = SEED; sent < most; seed++) {
    const units = drawStream(seed)
    sent += units.reduce((sum, { commands }) => sum + commands.length, 0)
    const found = await group.play(seed, units)
    if (found === undefined) continue
    const shortest = await shrink(units, async some => {
      return (await group.play(seed, some)) !== undefined
    })
    t.fail(`SEED=${seed}: ${found}`, { stream: linesOf(shortest) })
    return
  }
  t.ok(group.passedOver * 4_000 <= most, `${sent} commands, ${group.passedOver} passed over`)
}

t.setTimeout(COMMANDS > 10_000 ? 3_600_000 : 110_000)

const SMALL = SMALL_LIMITS.map(words => words.join(' '))

t.test('a master of ours, and a replica of ours', async t => {
  const clock = new TestClock()
  const [master, replica] = [await ours('master', clock), await ours('replica', clock)]
  t.teardown(() => Promise.all([replica.close(), master.close()]))
  const group = await Group.open(master, [[replica, master]])
  await playAll(t, group, COMMANDS)
})

t.test('a master of ours, and replicas of both', { skip: notSince([7, 4]) }, async t => {
  const clock = new TestClock()
  const [master, replica] = [
    await ours('master', clock, ...SMALL),
    await ours('replica', clock, ...SMALL),
  ]
  const theirs = await real('real replica', ...SMALL)
  t.teardown(() => Promise.all([replica.close(), theirs.close(), master.close()]))
  const group = await Group.open(master, [
    [replica, master],
    [theirs, master],
  ])
  await playAll(t, group, COMMANDS)
})

t.test('a real master, and replicas of both', { skip: notSince([7, 4]) }, async t => {
  const [master, between] = [await real('master', ...SMALL), await real('real replica', ...SMALL)]
  const clock = new TestClock()
  const [replica, last] = [
    await ours('replica', clock, ...SMALL),
    await ours('last', clock, ...SMALL),
  ]
  t.teardown(() =>
    Promise.all([replica.close(), last.close(), between.close()]).then(() => master.close()),
  )
  const group = await Group.open(master, [
    [replica, master],
    [between, master],
    [last, between],
  ])
  await playAll(t, group, COMMANDS)
})
