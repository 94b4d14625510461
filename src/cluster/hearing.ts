// What this node hears from others on the bus, and what follows for what it knows.

import type { RedisServer } from '../engine/server.ts'
import type {
  BusEvents,
  BusLink,
  BusMessage,
  Header,
  PingMessage,
  UpdateMessage,
} from './bus/message.ts'
import type { Claims } from './claims.ts'
import type { Elections } from './elections.ts'
import { hasPorts, portOf, portsOf } from './endpoint.ts'
import type { Failures } from './failures.ts'
import type { GossipNews } from './gossip.ts'
import type { HandOver } from './hand-over.ts'
import { type ClusterNode, NODE, titleOf } from './node.ts'
import type { RoleNews } from './role-news.ts'
import type { Roles } from './roles.ts'
import type { Speech } from './speech.ts'
import type { ClusterState } from './state.ts'

/** Who acts on what was heard. */
export interface Hearers {
  readonly roles: Roles
  readonly speech: Speech
  readonly failures: Failures
  readonly claims: Claims
  readonly gossip: GossipNews
  readonly roleNews: RoleNews
  readonly elections: Elections
  readonly handOver: HandOver
}

export class Hearing implements BusEvents {
  readonly #server: RedisServer
  readonly #state: ClusterState
  readonly #listeners: () => Hearers
  /** Whose link each is, as far as that is known. */
  readonly #owners = new WeakMap<BusLink, ClusterNode>()

  constructor(server: RedisServer, state: ClusterState, listeners: () => Hearers) {
    this.#server = server
    this.#state = state
    this.#listeners = listeners
  }

  get #to(): Hearers {
    return this.#listeners()
  }

  // ---- Links -----------------------------------------------------------------------------------

  /** A node was dialled. */
  dialled(node: ClusterNode, link: BusLink): void {
    node.link = link
    this.#owners.set(link, node)
  }

  opened(link: BusLink): void {
    const node = this.#owners.get(link)
    if (node === undefined) return
    const { pingSentAt } = node
    this.#to.speech.ping(node.is(NODE.meet) ? 'meet' : 'ping', link, node)
    // A ping from before the link was lost counts from then.
    if (pingSentAt !== 0) node.pingSentAt = pingSentAt
    node.clear(NODE.meet)
  }

  closed(link: BusLink): void {
    const node = this.#owners.get(link)
    if (node?.link === link) node.link = undefined
    if (node?.inboundLink === link) node.inboundLink = undefined
  }

  #senderOf(link: BusLink, { sender: id }: Header): ClusterNode | undefined {
    const owner = this.#owners.get(link)
    if (owner !== undefined && !owner.is(NODE.handshake)) return owner
    const sender = this.#state.find(id)
    if (sender !== undefined && owner === undefined && !sender.isMyself) {
      // One that it has left behind, or lost.
      sender.inboundLink?.close()
      sender.inboundLink = link
      link.node = sender.id
      this.#owners.set(link, sender)
    }
    return sender
  }

  // ---- Packets ---------------------------------------------------------------------------------

  packet(link: BusLink, message: BusMessage): void {
    const sender = this.#senderOf(link, message.header)
    if (sender !== undefined) this.#hearHeader(sender, message.header)
    switch (message.type) {
      case 'ping':
      case 'pong':
      case 'meet':
        this.#hearPing(link, message, sender)
        return
      case 'fail':
        this.#hearFail(message.header, message.node, sender)
        return
    }
    if (sender === undefined) return
    const { header } = message
    switch (message.type) {
      case 'publish':
        this.#server.pubsub.publish(message.channel, message.message)
        return
      case 'publishshard':
        this.#server.pubsub.publishShard(message.channel, message.message)
        return
      case 'auth-req':
        this.#to.elections.vote(sender, header)
        return
      case 'auth-ack':
        this.#to.elections.count(sender, header.currentEpoch)
        return
      case 'mfstart':
        this.#to.handOver.requested(sender, link)
        return
      case 'update':
        this.#hearUpdate(message)
    }
  }

  #hearHeader(sender: ClusterNode, { currentEpoch, configEpoch, offset, isPaused }: Header): void {
    const state = this.#state
    const now = state.now()
    sender.dataReceivedAt = now
    if (sender.is(NODE.handshake)) return
    state.currentEpoch = Math.max(state.currentEpoch, currentEpoch)
    if (configEpoch > sender.configEpoch) {
      sender.configEpoch = configEpoch
      state.todo.saveAndSync()
    }
    sender.replicationOffset = offset
    sender.offsetAt = now
    if (isPaused) this.#to.handOver.heardOffset(sender)
  }

  #hearFail({ sender: id }: Header, about: string, sender: ClusterNode | undefined): void {
    if (sender === undefined) {
      this.#server.log.notice(`Ignoring FAIL message from unknown node ${id} about ${about}`)
      return
    }
    const node = this.#state.find(about)
    if (node !== undefined) this.#to.failures.heard(node, sender)
  }

  #hearUpdate({ node: id, configEpoch, slots }: UpdateMessage): void {
    const node = this.#state.find(id)
    if (node === undefined || node.configEpoch >= configEpoch) return
    if (node.isReplica) this.#state.makeMaster(node)
    node.configEpoch = configEpoch
    this.#state.todo.saveAndSync()
    this.#to.claims.claim(node, configEpoch, slots)
  }

  // ---- Pings and their answers -----------------------------------------------------------------

  #hearPing(link: BusLink, message: PingMessage, sender: ClusterNode | undefined): void {
    const { type, header } = message
    if (type !== 'pong') this.#answer(link, message, sender)
    if (!link.isInbound && !this.#identify(link, header, sender)) return
    const node = this.#owners.get(link)
    if (sender !== undefined) {
      sender.clear(NODE.noFailover)
      sender.set(header.flags & NODE.noFailover)
      if (type === 'ping' && !sender.is(NODE.handshake)) this.#move(sender, link, header)
    }
    if (!link.isInbound && type === 'pong' && node !== undefined) {
      node.pongReceivedAt = this.#state.now()
      node.pingSentAt = 0
      this.#to.failures.reached(node)
    }
    if (sender === undefined) return
    this.#to.roleNews.hear(sender, header.master, header.configEpoch)
    this.#hearSlots(sender, header)
    this.#to.gossip.hear(message.gossip, sender)
    this.#hearExtensions(sender, message)
  }

  /** Pongs are for everybody; but only who wants to meet gets to be known. */
  #answer(
    link: BusLink,
    { type, header, gossip }: PingMessage,
    sender: ClusterNode | undefined,
  ): void {
    this.#learnMyIp(link, type)
    if (type === 'meet' && sender === undefined) {
      const node = this.#state.addNode(NODE.handshake)
      node.ip = header.ip === '' ? link.peer.host : header.ip
      node.busPort = header.busPort
      Object.assign(node, portsOf(header, this.#server.settings))
      this.#state.todo.save()
      this.#to.gossip.hear(gossip, undefined)
    }
    this.#to.speech.ping('pong', link, this.#owners.get(link))
  }

  /** Others reach me where their links end. */
  #learnMyIp({ local }: BusLink, type: PingMessage['type']): void {
    const { settings, log } = this.#server
    const { myself, todo } = this.#state
    if (settings['cluster-announce-ip'] !== '' || local === undefined) return
    if (type !== 'meet' && myself.ip !== '') return
    if (local.host === myself.ip) return
    myself.ip = local.host
    log.notice(`IP address for this node updated to ${myself.ip}`)
    todo.save()
  }

  /** Whether the one who was dialled is who it was thought to be. */
  #identify(link: BusLink, header: Header, sender: ClusterNode | undefined): boolean {
    const node = this.#owners.get(link)
    const { todo } = this.#state
    const { log } = this.#server
    if (node === undefined) return false
    if (!node.is(NODE.handshake)) {
      if (node.id === header.sender) return true
      log.debug(`PONG contains mismatching sender ID. About node ${node.id}`)
      node.set(NODE.noAddress)
      Object.assign(node, { ip: '', tcpPort: 0, tlsPort: 0, busPort: 0 })
      link.close()
      todo.save()
      return false
    }
    if (sender !== undefined) {
      log.verbose(
        `Handshake: we already know node ${titleOf(sender)}, updating the address if needed.`,
      )
      this.#move(sender, link, header)
      this.#state.remove(node)
      return false
    }
    this.#state.rename(node, header.sender)
    link.node = node.id
    log.debug(`Handshake with node ${node.id} completed.`)
    node.clear(NODE.handshake)
    node.set(header.flags & (NODE.master | NODE.replica))
    todo.save()
    return true
  }

  /** A node that I know has come from another address than it had. */
  #move(node: ClusterNode, link: BusLink, header: Header): void {
    if (link === node.link || node.isMyself) return
    const { settings, log } = this.#server
    const ip = header.ip === '' ? link.peer.host : header.ip
    const ports = { ...portsOf(header, settings), busPort: header.busPort }
    if (node.ip === ip && hasPorts(node, ports)) return
    Object.assign(node, ports, { ip })
    node.link?.close()
    node.clear(NODE.noAddress)
    const port = portOf(node, settings['tls-cluster'])
    log.notice(`Address updated for node ${titleOf(node)}, now ${ip}:${port}`)
    if (this.#state.myself.master === node) this.#to.roles.connect()
    this.#state.todo.save()
    this.#state.todo.update()
  }

  #hearSlots(sender: ClusterNode, { slots, configEpoch }: Header): void {
    const { myself } = this.#state
    const owner = sender.isMaster ? sender : sender.master
    const differ = owner !== undefined && Buffer.compare(owner.slots, slots) !== 0
    if (sender.isMaster && differ) this.#to.claims.claim(sender, configEpoch, slots)
    if (differ) this.#to.claims.correct(sender, configEpoch, slots)
    if (sender.isMaster && configEpoch === myself.configEpoch) {
      this.#to.claims.resolveCollision(sender)
    }
  }

  #hearExtensions(sender: ClusterNode, { extensions }: PingMessage): void {
    const { myself, todo } = this.#state
    const { hostname = '', humanName = '', shardId, forgotten = [] } = extensions
    for (const { id, seconds } of forgotten) {
      const node = this.#state.find(id)
      if (node === undefined || node === myself || node === myself.master) continue
      this.#state.blacklistNode(id, seconds * 1000)
      this.#state.remove(node)
      todo.update()
      todo.save()
    }
    if (hostname !== sender.hostname || humanName !== sender.humanName) {
      sender.hostname = hostname
      sender.humanName = humanName
      todo.save()
    }
    this.#state.setShard(sender, shardId ?? (sender.master ?? sender).shardId)
  }
}
