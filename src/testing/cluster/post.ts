// The bus of a cluster whose nodes are in one process: what one says is handed to the other, in
// order, without sockets. So nothing is under way when a clock leaps, and a node fails for others
// when it is closed, and not before.

import { noMessages } from '../../cluster/bus/bus.ts'
import {
  type BusEvents,
  type BusLink,
  type BusMessage,
  type ClusterBus,
  EMPTY_QUEUE_BYTES,
  MESSAGE_TYPES,
  type Place,
} from '../../cluster/bus/message.ts'
import type { Host } from '../../host/host.ts'
import type { Clock } from '../../util/clock.ts'

const FIRST_PORT = 20_001

/** What all nodes of a cluster share. */
export class Post {
  readonly clock: Clock
  readonly #buses = new Map<number, PostBus>()
  #queue: (() => void)[] = []
  #isDelivering = false
  #nextPort = FIRST_PORT

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** The bus of one more node. */
  bus(host: Host, events: BusEvents): PostBus {
    return new PostBus(this, host, events)
  }

  open(bus: PostBus): number {
    const port = this.#nextPort++
    this.#buses.set(port, bus)
    return port
  }

  close({ port }: PostBus): void {
    this.#buses.delete(port)
  }

  at(port: number): PostBus | undefined {
    return this.#buses.get(port)
  }

  /** After what is going on; in a leap of the clock before its next step. */
  later(act: () => void): void {
    this.#queue.push(act)
    if (this.#queue.length > 1 || this.#isDelivering) return
    queueMicrotask(() => this.deliver())
    this.clock.after(0, () => this.deliver())
  }

  /** Hands over all that was said, and what is answered to it. */
  deliver(): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    try {
      while (this.#queue.length > 0) {
        const due = this.#queue
        this.#queue = []
        for (const act of due) act()
      }
    } finally {
      this.#isDelivering = false
    }
  }
}

export class PostBus implements ClusterBus {
  port = 0
  readonly links = new Set<PostLink>()
  readonly sent = noMessages()
  readonly received = noMessages()
  dropped = 0
  readonly limitExceeded = 0
  dropFilter: number | undefined
  readonly post: Post
  readonly #host: Host
  readonly #events: BusEvents

  constructor(post: Post, host: Host, events: BusEvents) {
    this.post = post
    this.#host = host
    this.#events = events
  }

  listen(): void {
    this.port = this.post.open(this)
  }

  dial(to: Place, node: string): BusLink {
    const link = new PostLink(this, false, to)
    link.node = node
    this.links.add(link)
    this.post.later(() => this.#connect(link))
    return link
  }

  #connect(link: PostLink): void {
    if (link.isClosed) return
    const other = this.post.at(link.peer.port)
    if (other === undefined) {
      link.close()
      return
    }
    const end = new PostLink(other, true, { host: link.peer.host, port: this.port })
    other.links.add(end)
    link.pair(end)
    this.act(() => this.#events.opened(link))
  }

  broadcast(links: Iterable<BusLink>, message: BusMessage): void {
    for (const link of links) link.send(message)
  }

  enforceSendLimit(): void {}

  close(): void {
    this.post.close(this)
    for (const link of [...this.links]) link.close()
  }

  /** Something has come for the node. */
  take(link: PostLink, message: BusMessage): void {
    this.received[message.type]++
    if (MESSAGE_TYPES.indexOf(message.type) === this.dropFilter) {
      this.dropped++
      return
    }
    link.lastDataAt = this.post.clock.now()
    this.act(() => this.#events.packet(link, message))
  }

  ended(link: PostLink): void {
    if (this.links.delete(link)) this.#events.closed(link)
  }

  /** In a turn of its own. */
  act(what: () => void): void {
    this.#host.beginTurn()
    try {
      what()
    } catch (error) {
      this.#host.recordBug(error, { name: 'a link of the cluster' })
    }
    this.#host.endTurn()
  }
}

class PostLink implements BusLink {
  readonly isInbound: boolean
  readonly peer: Place
  readonly createdAt: number
  lastDataAt = 0
  isClosed = false
  node = ''
  readonly queuedBytes = EMPTY_QUEUE_BYTES
  readonly #bus: PostBus
  #end: PostLink | undefined
  /** What is said before the other end is there. */
  #unsent: BusMessage[] = []

  constructor(bus: PostBus, isInbound: boolean, peer: Place) {
    this.#bus = bus
    this.isInbound = isInbound
    this.peer = peer
    this.createdAt = bus.post.clock.now()
  }

  get isOpen(): boolean {
    return this.#end !== undefined && !this.isClosed
  }

  get local(): Place | undefined {
    return this.isOpen ? { host: this.peer.host, port: this.#bus.port } : undefined
  }

  pair(end: PostLink): void {
    this.#end = end
    end.#end = this
    const unsent = this.#unsent
    this.#unsent = []
    for (const message of unsent) this.#hand(end, message)
  }

  send(message: BusMessage): void {
    if (this.isClosed) return
    this.#bus.sent[message.type]++
    // The slots are those of the node itself, which go on changing.
    const { header } = message
    const kept = { ...message, header: { ...header, slots: Uint8Array.from(header.slots) } }
    if (this.#end === undefined) this.#unsent.push(kept)
    else this.#hand(this.#end, kept)
  }

  #hand(end: PostLink, message: BusMessage): void {
    this.#bus.post.later(() => {
      if (!end.isClosed) end.#bus.take(end, message)
    })
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#bus.ended(this)
    const end = this.#end
    if (end !== undefined) this.#bus.post.later(() => end.close())
  }
}
