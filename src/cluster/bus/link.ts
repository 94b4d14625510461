// One connection of the bus over a socket. It is read for as long as its other end reads as well:
// on a link that was accepted only answers are sent, so that whoever leaves many of them unread is
// not asked for more.

import type net from 'node:net'
import { plainAddress } from '../../transport/connection.ts'
import type { Fault } from './decode.ts'
import { PacketFraming } from './framing.ts'
import { type BusLink, type BusMessage, EMPTY_QUEUE_BYTES, type Place } from './message.ts'

/** What a link tells its bus. */
export interface LinkOwner {
  received(link: SocketLink, packet: Buffer): void
  refused(link: SocketLink, head: Buffer, fault: Fault): void
  /** What came is no packet. */
  isNoPacket(link: SocketLink): void
  send(link: SocketLink, message: BusMessage): void
  /** Whatever a callback does, in a turn of its own; it ends the link if it throws. */
  guard(link: SocketLink, act: () => void): void
  /** It is about to end, and not because this side wants that; without a failure the peer left. */
  broke(link: SocketLink, failure: unknown): void
  ended(link: SocketLink): void
}

/** Answers that wait before a peer is no longer read: hundreds of them. */
const UNREAD_ANSWERS_MAX = 2 ** 20

export class SocketLink implements BusLink {
  readonly isInbound: boolean
  readonly createdAt: number
  readonly peer: Place
  lastDataAt = 0
  isOpen = false
  isClosed = false
  node = ''
  readonly #owner: LinkOwner
  readonly #framing: PacketFraming
  #socket: net.Socket | undefined
  #failure: unknown

  constructor(
    owner: LinkOwner,
    { isInbound, peer, now }: { isInbound: boolean; peer: Place; now: number },
  ) {
    this.#owner = owner
    this.isInbound = isInbound
    this.peer = peer
    this.createdAt = now
    this.#framing = new PacketFraming({
      packet: packet => {
        this.#owner.received(this, packet)
        return !this.isClosed
      },
      fault: (head, fault) => {
        this.#owner.refused(this, head, fault)
        return !this.isClosed
      },
    })
  }

  get local(): Place | undefined {
    const { localAddress: host, localPort: port } = this.#socket ?? {}
    return host === undefined || port === undefined ? undefined : { host: plainAddress(host), port }
  }

  get queuedBytes(): number {
    return EMPTY_QUEUE_BYTES + (this.#socket?.writableLength ?? 0)
  }

  /** Bytes of packets that have not come whole. */
  get keptBytes(): number {
    return this.#framing.keptBytes
  }

  /** From now on it is this socket's, which stands, or will. */
  take(socket: net.Socket, keepAliveMs: number): void {
    this.#socket = socket
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs)
    socket.on('error', error => (this.#failure ??= error))
    socket.on('data', chunk => this.#owner.guard(this, () => this.#receive(chunk)))
    socket.on('drain', () => socket.resume())
    socket.on('close', () => {
      if (!this.isClosed) this.#owner.guard(this, () => this.fail(this.#failure))
    })
  }

  send(message: BusMessage): void {
    if (!this.isClosed) this.#owner.send(this, message)
  }

  /** A message as it is written. */
  write(packet: Buffer): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#gather(socket)
    socket.write(packet)
    if (this.isInbound && socket.writableLength > UNREAD_ANSWERS_MAX) socket.pause()
  }

  /** What is said in one go goes out together, and counts as waiting until then. */
  #gather(socket: net.Socket): void {
    if (socket.writableCorked > 0) return
    socket.cork()
    process.nextTick(() => socket.uncork())
  }

  close(): void {
    if (this.isClosed) return
    this.cut()
    this.#owner.ended(this)
  }

  fail(failure: unknown): void {
    if (this.isClosed) return
    this.#owner.broke(this, failure)
    this.close()
  }

  /** Ends it and tells of nothing. */
  cut(): void {
    this.isClosed = true
    this.isOpen = false
    this.#socket?.destroy()
  }

  #receive(chunk: Buffer): void {
    if (!this.isClosed && !this.#framing.push(chunk)) this.#owner.isNoPacket(this)
  }
}

/** The other end of a socket that was accepted. */
export function peerOf({ remoteAddress = '', remotePort = 0 }: net.Socket): Place {
  return { host: plainAddress(remoteAddress), port: remotePort }
}
