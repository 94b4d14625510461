// The bus of a cluster for tests: packets of a real node, messages made up, and a bus that keeps
// what it is told.

import fs from 'node:fs'
import path from 'node:path'
import { Bus } from '../../src/cluster/bus/bus.ts'
import {
  type BusEvents,
  type BusLink,
  type BusMessage,
  type Gossip,
  type Header,
  type PingMessage,
  SLOT_MAP_BYTES,
} from '../../src/cluster/bus/message.ts'
import type { RedisServer, ServerOptions } from '../../src/engine/server.ts'
import { Listeners, type ListenersOptions } from '../../src/host/listeners.ts'
import { createServer } from '../../src/redis.ts'
import type { Random } from '../../src/util/random.ts'

const FILE = path.join(import.meta.dirname, '..', 'recorded', 'bus-packets-7.4.json')

/** Packets that nodes of Redis 7.4.1 have sent to each other; runs of a byte are written as one. */
export function recordedPackets(): ReadonlyMap<string, Buffer> {
  const packets: Record<string, string> = JSON.parse(fs.readFileSync(FILE, 'utf8'))
  return new Map(
    Object.entries(packets).map(([name, text]) => {
      const hex = text.replace(/\{(..)\*(\d+)\}/g, (_, byte, count) => byte.repeat(Number(count)))
      return [name, Buffer.from(hex, 'hex')]
    }),
  )
}

/** The id of a node, of one character over and over. */
export function idOf(character: string): string {
  return character.repeat(40)
}

export function headerOf(changes: Partial<Header> = {}): Header {
  return {
    sender: idOf('a'),
    master: '',
    currentEpoch: 7,
    configEpoch: 3,
    offset: 1234,
    slots: new Uint8Array(SLOT_MAP_BYTES),
    ip: '',
    port: 7000,
    otherPort: 0,
    busPort: 17000,
    flags: 273,
    isDown: false,
    isPaused: false,
    forcesVote: false,
    ...changes,
  }
}

export function gossipOf(changes: Partial<Gossip> = {}): Gossip {
  return {
    id: idOf('b'),
    pingSentAt: 0,
    pongReceivedAt: 1_700_000_000,
    ip: '127.0.0.1',
    port: 7001,
    otherPort: 0,
    busPort: 17001,
    flags: 1,
    ...changes,
  }
}

export function pingOf(changes: Partial<PingMessage> = {}): PingMessage {
  return {
    type: 'ping',
    header: headerOf(),
    gossip: [],
    extensions: { shardId: idOf('s') },
    ...changes,
  }
}

/** Any message that can be said. */
export function anyMessage(random: Random): BusMessage {
  const id = (): string => Array.from({ length: 40 }, () => random.below(36).toString(36)).join('')
  const number = (): number => Math.floor(random.next() * 2 ** (1 + random.below(53)))
  const slots = (): Uint8Array =>
    Uint8Array.from({ length: SLOT_MAP_BYTES }, () => random.below(256))
  const flag = (): boolean => random.below(2) === 1
  const short = (): number => random.below(65_536)
  const word = (most: number): string => 'x.-Y9'.repeat(most).slice(0, random.below(most))
  const bytes = (most: number): Buffer =>
    Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)))
  const many = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: random.below(most) }, make)
  const header: Header = {
    sender: id(),
    master: flag() ? id() : '',
    currentEpoch: number(),
    configEpoch: number(),
    offset: number(),
    slots: slots(),
    ip: flag() ? '::1' : '',
    port: short(),
    otherPort: short(),
    busPort: short(),
    flags: short(),
    isDown: flag(),
    isPaused: flag(),
    forcesVote: flag(),
  }
  const gossip = (): Gossip => ({
    id: id(),
    pingSentAt: random.below(2 ** 32),
    pongReceivedAt: random.below(2 ** 32),
    ip: word(40),
    port: short(),
    otherPort: short(),
    busPort: short(),
    flags: short(),
  })
  const extensions = {
    ...(flag() && { hostname: `h${word(100)}` }),
    ...(flag() && { humanName: `n${word(100)}` }),
    ...(flag() && { shardId: id() }),
    ...(flag() && { forgotten: [{ id: id(), seconds: number() }] }),
  }
  const kinds: readonly (() => BusMessage)[] = [
    () => ({ type: 'ping', header, gossip: many(9, gossip), extensions }),
    () => ({ type: 'pong', header, gossip: many(9, gossip), extensions }),
    () => ({ type: 'meet', header, gossip: many(9, gossip), extensions }),
    () => ({ type: 'fail', header, node: id() }),
    () => ({ type: 'publish', header, channel: text(bytes(50)), message: text(bytes(3000)) }),
    () => ({ type: 'publishshard', header, channel: text(bytes(50)), message: text(bytes(50)) }),
    () => ({ type: 'auth-req', header }),
    () => ({ type: 'auth-ack', header }),
    () => ({ type: 'mfstart', header }),
    () => ({ type: 'update', header, node: id(), configEpoch: number(), slots: slots() }),
    () => ({ type: 'module', header, moduleId: 77n, kind: random.below(256), payload: bytes(99) }),
  ]
  return kinds[random.below(kinds.length)]?.() ?? { type: 'mfstart', header }
}

function text(bytes: Buffer): string {
  return bytes.toString('latin1')
}

// ---- A bus --------------------------------------------------------------------------------------

export interface TestBus {
  readonly server: RedisServer
  readonly bus: Bus
  readonly port: number
  readonly log: readonly string[]
  readonly packets: readonly { readonly link: BusLink; readonly message: BusMessage }[]
  readonly opened: readonly BusLink[]
  readonly closed: readonly BusLink[]
  close(): void
}

export interface TestBusOptions extends Partial<Omit<ServerOptions, 'dispatcher' | 'config'>> {
  /** Lines of redis.conf. */
  readonly config?: readonly string[]
  readonly memoryFiles?: ListenersOptions['memoryFiles']
  readonly events?: Partial<BusEvents>
  /** Whether it listens at once. Default: true. */
  readonly listens?: boolean
}

/** A server with a bus on any free port of loopback, which answers a ping by what is told. */
export function openBus(options: TestBusOptions = {}): TestBus {
  const { config = [], memoryFiles, events, listens = true, ...more } = options
  const log: string[] = []
  const packets: { link: BusLink; message: BusMessage }[] = []
  const opened: BusLink[] = []
  const closed: BusLink[] = []
  const server = createServer({
    log: line => log.push(line),
    config: ['bind 127.0.0.1', 'port 0', 'loglevel debug', ...config].map(line => line.split(' ')),
    ...more,
  })
  const listeners = new Listeners(server, {
    anyPort: ['tcp'],
    ...(memoryFiles !== undefined && { memoryFiles }),
  })
  listeners.open()
  const bus = new Bus(server, {
    accepts: () => events?.accepts?.() ?? true,
    opened: link => {
      opened.push(link)
      events?.opened?.(link)
    },
    packet: (link, message) => {
      packets.push({ link, message })
      events?.packet?.(link, message)
    },
    closed: link => {
      closed.push(link)
      events?.closed?.(link)
    },
  })
  if (listens) bus.listen(0)
  return {
    server,
    bus,
    port: bus.port,
    log,
    packets,
    opened,
    closed,
    close() {
      listeners.close()
      bus.close()
      server.close()
      if (server.bugs.length > 0) throw server.bugs[0]
    },
  }
}
