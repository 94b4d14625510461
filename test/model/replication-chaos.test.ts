// Faults while writers go on: links that break at whatever byte, clients that are killed, replicas
// that follow another one or become the master, and processes that end at once. Afterwards all hold
// the same, and whatever was confirmed is there.
//
// SEED=n starts with another seed; FAULTS=n and KILLS=n bring more or fewer.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { type Random, SeededRandom } from '../../src/util/random.ts'
import { startNode, until } from '../helpers/nodes.ts'
import { freePort, notSince, startReal } from '../helpers/real.ts'
import { Relay } from '../helpers/relay.ts'
import { SmallHeap } from '../helpers/small-heap.ts'
import { encode, Wire } from '../helpers/wire.ts'
import type { Unit } from './requests.ts'
import { drawTold } from './told.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const LONG = process.env['TEST_LONG'] !== undefined
const FAULTS = Number(process.env['FAULTS'] ?? (LONG ? 300 : 8))
const KILLS = Number(process.env['KILLS'] ?? (LONG ? 100 : 2))

t.setTimeout(LONG ? 3_600_000 : 110_000)

/** Where nothing of the random commands goes, so that what is confirmed stays. */
const OWN_DATABASE = '9'
const FORBIDDEN = /^(FLUSHALL|FLUSHDB|SWAPDB)$/i

interface Member {
  readonly wire: Wire
  /** Where its replicas find it. */
  readonly relay: Relay
  connect(): Promise<Wire>
  close(): Promise<void>
}

const SETTINGS = [
  'repl-diskless-sync-delay 0',
  'repl-backlog-size 16kb',
  'enable-debug-command yes',
]

async function ours(): Promise<Member> {
  const node = await startNode({}, 'proto-max-bulk-len 1mb', ...SETTINGS)
  const relay = await Relay.open(node.port)
  return { ...node, relay, close: () => relay.close().then(() => node.close()) }
}

async function real(): Promise<Member> {
  const node = await startReal(...SETTINGS.flatMap(line => `--${line}`.split(' ')))
  const relay = await Relay.open(node.port)
  const wire = await node.connect()
  return { ...node, wire, relay, close: () => relay.close().then(() => node.close()) }
}

/** Writes at random, and what can be found again. */
class Writer {
  readonly #random: Random
  #seed: number
  #units: Unit[] = []
  #wires: Wire[] = []
  #written = 0
  /** Names of keys that have to be there from now on. */
  readonly confirmed: string[] = []

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new SeededRandom(seed)
  }

  async turnTo(connect: () => Promise<Wire>): Promise<void> {
    this.close()
    this.#wires = await Promise.all([connect(), connect(), connect()])
    await this.#wires[2]?.ask('SELECT', OWN_DATABASE)
  }

  /** Sends a lot; whoever answers may be gone meanwhile. */
  async writeSome(): Promise<void> {
    const count = 20 + this.#random.below(200)
    while (this.#units.length < count) this.#units.push(...this.#draw())
    const units = this.#units.splice(0, count)
    for (const { connection, commands } of units) {
      this.#wires[connection]?.write(encode(...commands))
    }
    try {
      for (const { connection, commands } of units) {
        for (const _ of commands) await this.#wires[connection]?.next()
      }
    } catch {
      // The link is over, and so is what was sent.
    }
  }

  #draw(): Unit[] {
    return drawTold(this.#seed++).filter(({ commands }) => {
      return !commands.flat().some(word => FORBIDDEN.test(word))
    })
  }

  /** One more key that is to be found, if somebody confirms it by the reply that is wanted. */
  async confirm(words: readonly string[], wanted: string): Promise<boolean> {
    const key = `key-${this.#written++}`
    const wire = this.#wires[2]
    await wire?.ask('SET', key, 'v')
    const isConfirmed = String(await wire?.ask(...words)) === wanted
    if (isConfirmed) this.confirmed.push(key)
    return isConfirmed
  }

  /** What is missing of what was confirmed, among them who is asked. */
  async missing(wire: Wire): Promise<string[]> {
    await wire.ask('SELECT', OWN_DATABASE)
    const missing: string[] = []
    for (const key of this.confirmed) {
      if ((await wire.ask('EXISTS', key)) !== ':1') missing.push(key)
    }
    return missing
  }

  close(): void {
    for (const wire of this.#wires) wire.close()
  }
}

/** Three of them: a master, one that follows it, and one that follows either. */
class Trio {
  readonly writer: Writer
  readonly #random: Random
  /** The master is the first, and the second follows it. */
  #members: readonly [Member, Member, Member]
  #isChain = false
  cuts = 0

  constructor(members: readonly [Member, Member, Member], seed: number) {
    this.#members = members
    this.#random = new SeededRandom(seed)
    this.writer = new Writer(seed)
  }

  async begin(): Promise<void> {
    const [master] = this.#members
    await this.#followAgain()
    await this.writer.turnTo(() => master.connect())
  }

  async #followAgain(): Promise<void> {
    const [master, second, third] = this.#members
    await follow(second, master)
    await follow(third, this.#isChain ? second : master)
  }

  /** One fault, in the middle of what is written. */
  async disturb(): Promise<string[]> {
    const writing = this.writer.writeSome()
    const missing = await this.#fault()
    await writing
    return missing
  }

  async #fault(): Promise<string[]> {
    const random = this.#random
    const [master, second, third] = this.#members
    const followed = [master, second][random.below(2)] ?? master
    const follower = [second, third][random.below(2)] ?? third
    switch (random.below(9)) {
      case 0:
        this.cuts++
        followed.relay.cut()
        return []
      case 1:
      case 2:
      case 3:
        this.cuts++
        followed.relay.cutAfter(1 + random.below(random.below(2) === 0 ? 200 : 20_000))
        return []
      case 4:
        this.cuts++
        await follower.wire.ask('CLIENT', 'KILL', 'TYPE', 'master')
        return []
      case 5:
        this.cuts++
        await followed.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
        return []
      case 6:
        this.#isChain = !this.#isChain
        await this.#followAgain()
        return []
      case 7:
        await third.wire.ask('REPLICAOF', 'NO', 'ONE')
        await third.wire.ask('SET', 'mine', 'alone')
        await this.#followAgain()
        return []
      default:
        return this.#promote()
    }
  }

  /** Whoever has what was confirmed becomes the master. */
  async #promote(): Promise<string[]> {
    const [master, second, third] = this.#members
    const count = this.#isChain ? 1 : 2
    await until('it is confirmed', () =>
      this.writer.confirm(['WAIT', String(count), '500'], `:${count}`),
    )
    const other = !this.#isChain && this.#random.below(2) === 0
    this.#members = other ? [third, master, second] : [second, third, master]
    const [heir] = this.#members
    await heir.wire.ask('REPLICAOF', 'NO', 'ONE')
    await this.#followAgain()
    const wire = await heir.connect()
    const missing = await this.writer.missing(wire)
    wire.close()
    await this.writer.turnTo(() => heir.connect())
    return missing
  }

  /** Until all have all, and the same. */
  async isAlike(): Promise<void> {
    for (const { relay } of this.#members) relay.cutAfter(Infinity)
    await until('all are alike', async () => {
      const [digest, ...others] = await Promise.all(
        this.#members.map(({ wire }) => wire.ask('DEBUG', 'DIGEST')),
      )
      return others.every(other => other === digest)
    })
  }

  async close(): Promise<void> {
    this.writer.close()
    for (const { close } of this.#members) await close()
  }
}

async function follow(replica: Member, { relay }: Member): Promise<void> {
  await replica.wire.ask('REPLICAOF', '127.0.0.1', String(relay.port))
}

const COMPARED_EVERY = 4

async function disturbAll(t: Tap, members: readonly [Member, Member, Member]): Promise<void> {
  const trio = new Trio(members, SEED)
  t.teardown(() => trio.close())
  await trio.begin()
  for (let i = 1; trio.cuts < FAULTS; i++) {
    const missing = await trio.disturb()
    if (missing.length > 0) {
      t.fail(`SEED=${SEED}: lost at fault ${i}: ${missing}`)
      return
    }
    if (i % COMPARED_EVERY === 0) await trio.isAlike()
  }
  await trio.isAlike()
  t.pass(`${trio.cuts} links were cut, ${trio.writer.confirmed.length} writes were confirmed`)
}

interface Tap {
  teardown(close: () => unknown): void
  pass(what: string): unknown
  fail(what: string): unknown
}

t.test('links break, and masters change', async t => {
  await disturbAll(t, [await ours(), await ours(), await ours()])
})

t.test('the same with a real server among them', { skip: notSince([7, 4]) }, async t => {
  await disturbAll(t, [await ours(), await real(), await ours()])
})

// ---- Processes that end ---------------------------------------------------------------------------

/** A server in a process of its own, at one port and with one folder, however often it ends. */
class Mortal {
  readonly port: number
  readonly #folder: string
  #process: SmallHeap | undefined

  private constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
  }

  static async start(root: string, name: string): Promise<Mortal> {
    const folder = path.join(root, name)
    fs.mkdirSync(folder)
    const mortal = new Mortal(await freePort(), folder)
    await mortal.start()
    return mortal
  }

  async start(): Promise<void> {
    const config = {
      dir: this.#folder,
      appendonly: 'yes',
      appendfsync: 'always',
      'repl-diskless-sync-delay': '0',
      'enable-debug-command': 'yes',
      'proto-max-bulk-len': '1mb',
    }
    this.#process = await SmallHeap.start({ port: this.port, config })
  }

  /** kill -9 */
  async kill(): Promise<void> {
    await this.#process?.close()
  }
}

t.test('processes end at once, and what they confirmed is there', async t => {
  const root = t.testdir({})
  const random = new SeededRandom(SEED)
  const [master, replica] = await Promise.all([
    Mortal.start(root, 'master'),
    Mortal.start(root, 'replica'),
  ])
  const bystander = await startNode()
  const writer = new Writer(SEED)
  t.teardown(async () => {
    writer.close()
    await Promise.all([master.kill(), replica.kill(), bystander.close()])
  })
  const place = ['127.0.0.1', String(master.port)]
  const followMaster = async (): Promise<void> => {
    const wire = await Wire.connect(replica.port)
    await wire.ask('REPLICAOF', ...place)
    wire.close()
  }
  await followMaster()
  await bystander.wire.ask('REPLICAOF', ...place)
  const connect = () => Wire.connect(master.port)
  await writer.turnTo(connect)

  for (let i = 0; i < KILLS; i++) {
    await writer.writeSome()
    await writer.confirm(['WAITAOF', '1', '0', '5000'], ':1,:0')
    const writing = writer.writeSome()
    const victim = i % 2 === 0 ? master : replica
    // In the middle of what is written, or behind it.
    if (random.below(3) === 0) await writing
    await victim.kill()
    await writing
    await victim.start()
    if (victim === replica) await followMaster()
    else await writer.turnTo(connect)
    const wires = await Promise.all([connect(), Wire.connect(replica.port)])
    const [first] = wires
    t.strictSame(first && (await writer.missing(first)), [], `nothing is missing after kill ${i}`)
    await until('all are alike', async () => {
      const [digest, ...others] = await Promise.all(
        [...wires, bystander.wire].map(wire => wire.ask('DEBUG', 'DIGEST')),
      )
      return others.every(other => other === digest)
    })
    for (const wire of wires) wire.close()
  }
  t.ok(writer.confirmed.length > 0, `${writer.confirmed.length} writes were confirmed`)
})
