// Listening sockets: plain TCP, TLS and unix. They know nothing of what is said on them; what they
// accept goes to one callback, and what fails on the way to another.
//
// TLS sits on a plain listener of its own, which hands each accepted socket to a TlsEndpoint.

import net from 'node:net'
import { listenAt, listenAtPath, type TcpAddress } from './bind.ts'
import { type ConnectionKind, tcpConnection, unixConnection } from './connection.ts'
import { guarded, type ListenerEvents } from './events.ts'
import type { SocketTaker } from './tls-endpoint.ts'

export type { Connection } from './connection.ts'
export type { HandshakeFailure, ListenerEvents } from './events.ts'
export { type SocketTaker, TlsEndpoint } from './tls-endpoint.ts'

export class Listener {
  readonly kind: ConnectionKind
  readonly #net: net.Server
  readonly #sockets = new Set<net.Socket>()
  #keepsAlive = true

  private constructor(kind: ConnectionKind, server: net.Server) {
    this.kind = kind
    this.#net = server
  }

  /** The port it listens on; 0 for a unix socket. */
  get port(): number {
    const address = this.#net.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  /** The address it listens at; undefined for a unix socket. */
  get address(): string | undefined {
    const address = this.#net.address()
    return address !== null && typeof address === 'object' ? address.address : undefined
  }

  /** @throws the error of the system call */
  static tcp(address: TcpAddress, events: ListenerEvents): Listener {
    return Listener.#open('tcp', address, events, socket => events.accepted(tcpConnection(socket)))
  }

  /** @throws the error of the system call */
  static tls(address: TcpAddress, endpoint: SocketTaker, events: ListenerEvents): Listener {
    return Listener.#open('tls', address, events, socket => {
      const connection = { ...tcpConnection(socket), kind: 'tls' } as const
      endpoint.take(socket, events.awaiting?.(connection) ?? events)
    })
  }

  /**
   * Takes the place of a file of that name; permissions of 0 leave it to the umask.
   * @throws the error of the system call
   */
  static unix(
    path: string,
    permissions: number,
    backlog: number,
    events: ListenerEvents,
  ): Listener {
    const listener = new Listener('unix', net.createServer())
    listener.#accept(events, socket => events.accepted(unixConnection(socket, path)))
    listenAtPath(listener.#net, { path, permissions, backlog })
    return listener
  }

  static #open(
    kind: ConnectionKind,
    address: TcpAddress,
    events: ListenerEvents,
    take: (socket: net.Socket) => void,
  ): Listener {
    const listener = new Listener(kind, net.createServer({ noDelay: true }))
    listener.#accept(events, take)
    listenAt(listener.#net, address)
    return listener
  }

  #accept(events: ListenerEvents, take: (socket: net.Socket) => void): void {
    this.#net.on('connection', socket => {
      socket.on('error', () => {})
      if (!this.#keepsAlive) socket.unref()
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      guarded(socket, events, () => {
        const refusal = events.admit(this.kind)
        if (refusal === undefined) take(socket)
        else if (refusal === '') socket.destroy()
        else socket.end(refusal, 'latin1', () => socket.destroySoon())
      })
    })
  }

  /** Neither it nor its connections to come keep the process alive. */
  unref(): void {
    this.#keepsAlive = false
    this.#net.unref()
  }

  /** Stops listening; connections live on. */
  close(): Promise<void> {
    return new Promise(resolve => this.#net.close(() => resolve()))
  }

  /** Cuts every connection, also those that are still shaking hands. */
  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
