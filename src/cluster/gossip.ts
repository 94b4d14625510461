// What a node hears of third ones.

import type { Settings } from '../host/config/config.ts'
import type { Gossip } from './bus/message.ts'
import { hasPorts, portsOf } from './endpoint.ts'
import type { Failures } from './failures.ts'
import { type ClusterNode, NODE } from './node.ts'
import type { ClusterState } from './state.ts'

/** A pong may be so much later than now, by clocks that differ. */
const TOLERANCE_MS = 500

export class GossipNews {
  readonly #settings: Settings
  readonly #state: ClusterState
  readonly #failures: Failures

  constructor(settings: Settings, state: ClusterState, failures: Failures) {
    this.#settings = settings
    this.#state = state
    this.#failures = failures
  }

  /** @param sender undefined if it is not known: then nobody new is believed in */
  hear(gossip: readonly Gossip[], sender: ClusterNode | undefined): void {
    for (const one of gossip) {
      const node = this.#state.find(one.id)
      if (node === undefined) {
        if (sender !== undefined) this.#add(one)
      } else if (!node.isMyself) {
        this.#update(node, one, sender)
      }
    }
  }

  #add({ id, ip, busPort, flags, ...ports }: Gossip): void {
    if ((flags & NODE.noAddress) !== 0 || this.#state.isBlacklisted(id)) return
    const node = this.#state.addNode(flags, id)
    Object.assign(node, portsOf(ports, this.#settings), { ip, busPort })
  }

  #update(node: ClusterNode, one: Gossip, sender: ClusterNode | undefined): void {
    const fails = (one.flags & (NODE.fail | NODE.pfail)) !== 0
    if (sender?.isMaster) this.#failures.report(node, sender, fails)
    if (fails) return
    if (node.pingSentAt === 0 && this.#failures.count(node) === 0) {
      const pongAt = one.pongReceivedAt * 1000
      if (pongAt <= this.#state.now() + TOLERANCE_MS && pongAt > node.pongReceivedAt) {
        node.pongReceivedAt = pongAt
      }
    }
    if (node.isSuspect && (one.flags & NODE.noAddress) === 0) this.#move(node, one)
  }

  /** Whom I cannot reach another one can, maybe elsewhere. */
  #move(node: ClusterNode, { ip, busPort, ...others }: Gossip): void {
    const ports = { ...portsOf(others, this.#settings), busPort }
    if (node.ip.toLowerCase() === ip.toLowerCase() && hasPorts(node, ports)) return
    node.link?.close()
    Object.assign(node, ports, { ip })
    node.clear(NODE.noAddress)
  }
}
