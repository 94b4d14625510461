// What this node says to others. It says who it is in all of it; and in pings and their answers, of
// some other nodes, how they do.

import type { Settings } from '../host/config/config.ts'
import type { Random } from '../util/random.ts'
import type {
  BusLink,
  BusMessage,
  ClusterBus,
  Extensions,
  Gossip,
  Header,
  PingMessage,
} from './bus/message.ts'
import { announcedPorts } from './myself.ts'
import { type ClusterNode, clearBit, NODE } from './node.ts'
import type { ClusterState } from './state.ts'

const GOSSIP_MIN = 3
/** How often a node is picked at random, for each that is wanted. */
const TRIES = 3

interface Speaker {
  readonly settings: Settings
  readonly random: Random
  readonly replication: { readonly reached: number }
}

export class Speech {
  readonly #server: Speaker
  readonly #state: ClusterState
  readonly #bus: ClusterBus
  /** Whether a manual failover is under way. */
  readonly #isHandingOver: () => boolean

  constructor(server: Speaker, state: ClusterState, bus: ClusterBus, isHandingOver: () => boolean) {
    this.#server = server
    this.#state = state
    this.#bus = bus
    this.#isHandingOver = isHandingOver
  }

  /** A ping, or the like, to whoever is at the end of a link. */
  ping(type: PingMessage['type'], link: BusLink, node: ClusterNode | undefined): void {
    if (type === 'ping' && !link.isInbound && node !== undefined) {
      node.pingSentAt = this.#state.now()
    }
    const gossip = this.#gossip(node)
    link.send({ type, header: this.#header(), gossip, extensions: this.#extensions() })
  }

  /** Tells all whom I am linked to how things are; or the replicas of my shard alone. */
  pongAll(siblingsOnly = false): void {
    const { myself } = this.#state
    const isSibling = ({ isReplica, master }: ClusterNode): boolean =>
      isReplica && master !== undefined && (master === myself || master === myself.master)
    for (const node of this.#linked()) {
      if (siblingsOnly && !isSibling(node)) continue
      if (node.link !== undefined) this.ping('pong', node.link, node)
    }
  }

  fail(node: ClusterNode): void {
    this.#toAll({ type: 'fail', header: this.#header(), node: node.id })
  }

  publish(channel: string, message: string, isShard: boolean): void {
    const header = this.#header()
    const type = isShard ? 'publishshard' : 'publish'
    const nodes = this.#linked().filter(node => !isShard || this.#state.isMyShard(node))
    this.#broadcast(nodes, { type, header, channel, message })
  }

  /** Tells a node who owns slots that it claims. */
  update(to: ClusterNode, owner: ClusterNode): void {
    const { id, configEpoch } = owner
    const slots = Uint8Array.from(owner.slots)
    for (const slot of this.#state.slots.unclaimed) {
      if (owner.serves(slot)) clearBit(slots, slot)
    }
    to.link?.send({ type: 'update', header: this.#header(), node: id, configEpoch, slots })
  }

  askForVotes(): void {
    this.#toAll({ type: 'auth-req', header: this.#header(this.#isHandingOver()) })
  }

  vote(node: ClusterNode): void {
    node.link?.send({ type: 'auth-ack', header: this.#header() })
  }

  askToHandOver(master: ClusterNode): void {
    master.link?.send({ type: 'mfstart', header: this.#header() })
  }

  #toAll(message: BusMessage): void {
    this.#broadcast(this.#linked(), message)
  }

  #broadcast(nodes: readonly ClusterNode[], message: BusMessage): void {
    const links = nodes.map(({ link }) => link).filter(link => link !== undefined)
    if (links.length > 0) this.#bus.broadcast(links, message)
  }

  /** Nodes that are known, and to which there is a link. */
  #linked(): ClusterNode[] {
    return [...this.#state.nodes.values()].filter(
      node => node.link !== undefined && !node.is(NODE.myself | NODE.handshake),
    )
  }

  // ---- What is in it ---------------------------------------------------------------------------

  #header(forcesVote = false): Header {
    const { myself, currentEpoch, isOk } = this.#state
    const { settings, replication } = this.#server
    const owner = myself.master ?? myself
    const { tcpPort, tlsPort, busPort } = announcedPorts(settings)
    return {
      sender: myself.id,
      master: myself.master?.id ?? '',
      currentEpoch,
      configEpoch: owner.configEpoch,
      offset: replication.reached,
      slots: owner.slots,
      ip: settings['cluster-announce-ip'],
      ...this.#ports(tcpPort, tlsPort),
      busPort,
      flags: myself.flags,
      isDown: !isOk,
      isPaused: myself.isMaster && this.#isHandingOver(),
      forcesVote,
    }
  }

  #ports(tcpPort: number, tlsPort: number): { port: number; otherPort: number } {
    return this.#server.settings['tls-cluster']
      ? { port: tlsPort, otherPort: tcpPort }
      : { port: tcpPort, otherPort: tlsPort }
  }

  /** Some nodes at random, and all that may fail: whoever hears of these from most, knows. */
  #gossip(receiver: ClusterNode | undefined): Gossip[] {
    const { random } = this.#server
    const nodes = [...this.#state.nodes.values()]
    let fresh = nodes.length - 2
    const wanted = Math.min(fresh, Math.max(GOSSIP_MIN, Math.floor(nodes.length / 10)))
    const chosen = new Set<ClusterNode>()
    for (let tries = wanted * TRIES; fresh > 0 && chosen.size < wanted && tries > 0; tries--) {
      const node = nodes[random.below(nodes.length)]
      if (node === undefined || node.isMyself || node === receiver) continue
      if (node.is(NODE.pfail) || chosen.has(node)) continue
      fresh--
      const isUnknown = node.is(NODE.handshake | NODE.noAddress)
      if (!isUnknown && (node.link !== undefined || node.slotCount > 0)) chosen.add(node)
    }
    for (const node of nodes) {
      if (node.is(NODE.pfail) && !node.is(NODE.handshake | NODE.noAddress)) chosen.add(node)
    }
    return Array.from(chosen, node => this.#gossipOf(node))
  }

  #gossipOf({
    id,
    pingSentAt,
    pongReceivedAt,
    ip,
    tcpPort,
    tlsPort,
    busPort,
    flags,
  }: ClusterNode): Gossip {
    return {
      id,
      pingSentAt: Math.floor(pingSentAt / 1000),
      pongReceivedAt: Math.floor(pongReceivedAt / 1000),
      ip,
      ...this.#ports(tcpPort, tlsPort),
      busPort,
      flags,
    }
  }

  #extensions(): Extensions {
    const { myself, blacklist } = this.#state
    const now = this.#state.now()
    const forgotten = Array.from(blacklist, ([id, until]) => ({
      id,
      seconds: Math.floor((until - now) / 1000),
    })).filter(({ seconds }) => seconds >= 0)
    return {
      hostname: myself.hostname === '' ? undefined : myself.hostname,
      humanName: myself.humanName === '' ? undefined : myself.humanName,
      shardId: myself.shardId,
      forgotten,
    }
  }
}
