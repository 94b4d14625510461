// What a node does by itself, ten times a second: connects to all others, pings them, and notices
// who does not answer.

import type { Settings } from '../host/config/config.ts'
import type { Random } from '../util/random.ts'
import type { ClusterBus } from './bus/message.ts'
import type { Failures } from './failures.ts'
import type { HandOver } from './hand-over.ts'
import type { Hearing } from './hearing.ts'
import { type ClusterNode, NODE } from './node.ts'
import type { Speech } from './speech.ts'
import type { ClusterState } from './state.ts'

const HANDSHAKE_MIN_MS = 1000
/** Each tenth round one of some nodes is pinged. */
const PING_EVERY = 10
const PICKS = 5

interface Parts {
  readonly bus: ClusterBus
  readonly hearing: Hearing
  readonly speech: Speech
  readonly failures: Failures
  readonly handOver: HandOver
}

interface Pinging {
  readonly settings: Settings
  readonly random: Random
}

export class Rounds {
  readonly #server: Pinging
  readonly #state: ClusterState
  readonly #parts: Parts
  #count = 0

  constructor(server: Pinging, state: ClusterState, parts: Parts) {
    this.#server = server
    this.#state = state
    this.#parts = parts
  }

  run(): void {
    this.#count++
    this.#parts.bus.enforceSendLimit()
    for (const node of [...this.#state.nodes.values()]) this.#connect(node)
    if (this.#count % PING_EVERY === 0) this.#pingStalest()
    for (const node of [...this.#state.nodes.values()]) {
      if (!node.is(NODE.myself | NODE.noAddress | NODE.handshake)) this.#watch(node)
    }
  }

  #connect(node: ClusterNode): void {
    if (node.is(NODE.myself | NODE.noAddress)) return
    const timeoutMs = Math.max(this.#server.settings['cluster-node-timeout'], HANDSHAKE_MIN_MS)
    if (node.is(NODE.handshake) && this.#state.now() - node.createdAt > timeoutMs) {
      this.#state.remove(node)
      return
    }
    if (node.link !== undefined) return
    const { bus, hearing } = this.#parts
    hearing.dialled(node, bus.dial({ host: node.ip, port: node.busPort }, node.id))
  }

  #pingStalest(): void {
    const { random } = this.#server
    const nodes = [...this.#state.nodes.values()]
    let stalest: ClusterNode | undefined
    for (let i = 0; i < PICKS; i++) {
      const node = nodes[random.below(nodes.length)]
      if (node?.link === undefined || node.pingSentAt !== 0) continue
      if (node.is(NODE.myself | NODE.handshake)) continue
      if (stalest === undefined || stalest.pongReceivedAt > node.pongReceivedAt) stalest = node
    }
    if (stalest !== undefined) this.#ping(stalest)
  }

  #ping(node: ClusterNode): void {
    if (node.link !== undefined) this.#parts.speech.ping('ping', node.link, node)
  }

  #watch(node: ClusterNode): void {
    const { settings } = this.#server
    const { handOver, failures } = this.#parts
    const now = this.#state.now()
    const timeoutMs = settings['cluster-node-timeout']
    const pingAge = now - node.pingSentAt
    const dataAge = now - node.dataReceivedAt
    const isSilent = node.pingSentAt !== 0 && pingAge > timeoutMs / 2 && dataAge > timeoutMs / 2
    // Maybe it is the link: a new one will tell.
    if (node.link && isSilent && now - node.link.createdAt > timeoutMs) node.link.close()
    const interval = settings['cluster-ping-interval'] || timeoutMs / 2
    const isDue = node.pingSentAt === 0 && now - node.pongReceivedAt > interval
    if (node.link !== undefined && (isDue || handOver.concerns(node))) {
      this.#ping(node)
      return
    }
    if (node.pingSentAt === 0) return
    if (Math.min(pingAge, dataAge) > timeoutMs) failures.suspect(node)
  }
}
