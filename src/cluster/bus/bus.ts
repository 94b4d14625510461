// The bus of one node: whom it listens to, whom it has dialled, and how many messages of each type
// went and came. It knows neither nodes nor slots: what came is told to whoever made it.

import { destinationOf } from '../../host/destination.ts'
import type { Host } from '../../host/host.ts'
import { describeFailure } from '../../transport/handshake-sentence.ts'
import type { Connection, ListenerEvents } from '../../transport/listener.ts'
import { brokenReason, openSocket } from '../../transport/outgoing.ts'
import { decodePacket, type Fault, typeNumberOf, typeOf } from './decode.ts'
import { encodePacket } from './encode.ts'
import { type LinkOwner, peerOf, SocketLink } from './link.ts'
import type { BusEvents, BusLink, BusMessage, ClusterBus, MessageType, Place } from './message.ts'

type Counters = Record<MessageType, number>

export class Bus implements ClusterBus {
  port = 0
  readonly sent = noMessages()
  readonly received = noMessages()
  dropped = 0
  limitExceeded = 0
  dropFilter: number | undefined
  readonly #host: Host
  readonly #events: BusEvents
  readonly #links = new Set<SocketLink>()
  #isClosed = false

  constructor(host: Host, events: BusEvents) {
    this.#host = host
    this.#events = events
  }

  get links(): ReadonlySet<BusLink> {
    return this.#links
  }

  // ---- Who connects ----------------------------------------------------------------------------

  listen(port: number): void {
    this.port = this.#host.listeners?.openBus(port, this.#accepting) ?? 0
  }

  /** Events of plain sockets; those that shake hands come by here twice. */
  readonly #accepting: ListenerEvents = {
    admit: () => (this.#isClosed || this.#events.accepts?.() === false ? '' : undefined),
    accepted: ({ socket, peer }: Connection) => {
      const { settings, listeners, log } = this.#host
      log.verbose(`Accepting cluster node connection from ${peer}`)
      if (!settings['tls-cluster']) {
        this.#welcome(socket)
        return
      }
      const tls = listeners?.busTls
      if (tls === undefined) socket.destroy()
      else
        tls.take(socket, { ...this.#accepting, accepted: shaken => this.#welcome(shaken.socket) })
    },
    failed: failure => {
      const { log } = this.#host
      log.verbose(`Error accepting cluster node connection: ${failure.reason}`)
      log.verbose(describeFailure(failure).sentence)
    },
    broke: error => this.#host.broke(error, 'a new link of the cluster'),
  }

  #welcome(socket: Connection['socket']): void {
    if (this.#isClosed) {
      socket.destroy()
      return
    }
    const link = this.#newLink(true, peerOf(socket))
    link.isOpen = true
    link.take(socket, this.#keepAliveMs)
  }

  #newLink(isInbound: boolean, peer: Place): SocketLink {
    const link = new SocketLink(this.#owner, { isInbound, peer, now: this.#host.clock.now() })
    this.#links.add(link)
    return link
  }

  get #keepAliveMs(): number {
    return Math.floor(this.#host.settings['cluster-node-timeout'] / 1000) * 2 * 1000
  }

  // ---- Who is dialled --------------------------------------------------------------------------

  dial(to: Place, node: string): BusLink {
    const link = this.#newLink(false, to)
    link.node = node
    if (this.#isClosed) {
      link.cut()
      this.#links.delete(link)
      return link
    }
    const destination = destinationOf(this.#host, to.host, to.port, 'tls-cluster')
    try {
      if (destination === undefined) throw new Error('no TLS')
      const socket = openSocket(destination, () =>
        this.#owner.guard(link, () => this.#opened(link)),
      )
      link.take(socket, 0)
    } catch (error) {
      // Whoever dials is told when they are done.
      setImmediate(() => this.#owner.guard(link, () => link.fail(error)))
    }
    return link
  }

  #opened(link: SocketLink): void {
    if (link.isClosed) return
    link.isOpen = true
    this.#events.opened(link)
    const { host, port } = link.peer
    this.#host.log.debug(`Connecting with Node ${link.node} at ${host}:${port}`)
  }

  // ---- What is said ----------------------------------------------------------------------------

  broadcast(links: Iterable<BusLink>, message: BusMessage): void {
    let packet: Buffer | undefined
    for (const link of links) {
      if (!(link instanceof SocketLink) || link.isClosed) continue
      packet ??= encodePacket(message)
      this.#send(link, message.type, packet)
    }
  }

  #send(link: SocketLink, type: MessageType, packet: Buffer): void {
    this.sent[type]++
    link.write(packet)
  }

  readonly #owner: LinkOwner = {
    send: (link, message) => this.#send(link, message.type, encodePacket(message)),
    received: (link, packet) => this.#receive(link, packet),
    refused: (_, head, fault) => {
      this.#count(head)
      this.#drop(fault)
    },
    isNoPacket: link => {
      const { host, port } = link.peer
      this.#host.log.warning(
        `Bad message length or signature received on the Cluster bus from ${host}:${port}`,
      )
      link.close()
    },
    guard: (link, act) => this.#guard(link, act),
    broke: (link, failure) => this.#broke(link, failure),
    ended: link => {
      this.#links.delete(link)
      this.#events.closed(link)
    },
  }

  #receive(link: SocketLink, packet: Buffer): void {
    const type = this.#count(packet)
    const { log, clock } = this.#host
    if (log.level === 'debug') {
      log.debug(`--- Processing packet of type ${type ?? 'unknown'}, ${packet.length} bytes`)
    }
    const message = decodePacket(packet)
    if (typeof message === 'string') {
      this.#drop(message)
    } else if (typeNumberOf(packet) === this.dropFilter) {
      this.#drop('Dropping packet that matches debug drop filter')
    } else {
      link.lastDataAt = clock.now()
      this.#events.packet(link, message)
    }
  }

  #count(head: Buffer): MessageType | undefined {
    const type = typeOf(head)
    if (type !== undefined) this.received[type]++
    return type
  }

  #drop(fault: Fault): void {
    this.dropped++
    this.#host.log.warning(fault)
  }

  /** Nobody else catches what is thrown in a callback. */
  #guard(link: SocketLink, act: () => void): void {
    const host = this.#host
    host.beginTurn()
    try {
      act()
    } catch (error) {
      host.recordBug(error, { name: 'a link of the cluster' })
      this.#abandon(link)
    }
    host.endTurn()
  }

  #abandon(link: SocketLink): void {
    try {
      link.close()
    } catch (error) {
      this.#host.recordBug(error, { name: 'the end of a link of the cluster' })
    }
  }

  // ---- The end ---------------------------------------------------------------------------------

  #broke({ isOpen, node, peer }: SocketLink, failure: unknown): void {
    const { log } = this.#host
    if (isOpen) {
      const reason = failure === undefined ? 'connection closed' : brokenReason(failure)
      log.debug(`I/O error reading from node link: ${reason}`)
    } else {
      const reason = brokenReason(failure)
      log.verbose(`Connection with Node ${node} at ${peer.host}:${peer.port} failed: ${reason}`)
    }
  }

  enforceSendLimit(): void {
    const most = this.#host.settings['cluster-link-sendbuf-limit']
    if (most === 0) return
    for (const link of this.#links) {
      if (link.queuedBytes <= most) continue
      this.#host.log.warning(
        `Freeing cluster link(${link.isInbound ? 'from' : 'to'} node ${link.node}, used memory: ` +
          `${link.queuedBytes}) due to exceeding send buffer memory limit.`,
      )
      this.limitExceeded++
      link.close()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const link of this.#links) link.cut()
    this.#links.clear()
  }
}

/** For counting them. */
export function noMessages(): Counters {
  return {
    ping: 0,
    pong: 0,
    meet: 0,
    fail: 0,
    publish: 0,
    'auth-req': 0,
    'auth-ack': 0,
    update: 0,
    mfstart: 0,
    module: 0,
    publishshard: 0,
  }
}
