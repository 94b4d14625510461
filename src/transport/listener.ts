// Listening sockets: plain TCP, TLS and unix. They know nothing of what is said on them; what they
// accept goes to one callback, and what fails on the way to another.
//
// TLS sits on a plain listener of its own: each accepted socket is handed to the tls.Server of the
// moment, natively, so that its full speed is kept. Another certificate is another tls.Server;
// connections of the old one live on. A client certificate is judged in 'secureConnection', which
// comes before OpenSSL's last flight has left, so that a refused client still gets its alert.

import fs from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { plainAlert, sealedAlert } from './alert.ts'
import { listenAt, listenAtPath, type TcpAddress } from './bind.ts'
import { type AuthClients, type Refusal, refuseCertificate } from './client-certificate.ts'
import {
  addressText,
  type Connection,
  type ConnectionKind,
  descriptorOf,
  tcpConnection,
  tlsConnection,
  unixConnection,
} from './connection.ts'
import { opensslReason, type TlsContext } from './tls-settings.ts'

export type { Connection } from './connection.ts'

export interface HandshakeFailure {
  /** As redis-server logs it: 'error:0A00010B:SSL routines::wrong version number'. */
  readonly reason: string
  readonly peer: string
  readonly local: string
  /** What was wrong with the client's certificate, in node's words, if that was the matter. */
  readonly certificateError: string | undefined
}

export interface ListenerEvents {
  /**
   * Asked for each new socket, before anything is read from it. Undefined lets it in; a text is
   * sent before it is closed, an empty one is not (TLS clients could not read it).
   */
  admit(kind: ConnectionKind): string | undefined
  accepted(connection: Connection): void
  failed(failure: HandshakeFailure): void
}

/** As long as a timer can be: Redis has no handshake time-out, and node takes 0 for its default. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export class Listener {
  readonly kind: ConnectionKind
  readonly #net: net.Server
  readonly #sockets = new Set<net.Socket>()

  private constructor(kind: ConnectionKind, server: net.Server) {
    this.kind = kind
    this.#net = server
  }

  /** The port it listens on; 0 for a unix socket. */
  get port(): number {
    const address = this.#net.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  /** @throws the error of the system call */
  static tcp(address: TcpAddress, events: ListenerEvents): Listener {
    return Listener.#open('tcp', address, events, socket => events.accepted(tcpConnection(socket)))
  }

  /** @throws the error of the system call */
  static tls(address: TcpAddress, endpoint: TlsEndpoint, events: ListenerEvents): Listener {
    return Listener.#open('tls', address, events, socket => endpoint.take(socket, events))
  }

  /**
   * Never open to more users than the permission bits say, not even for a moment.
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
    fs.rmSync(path, { force: true })
    const umask = permissions === 0 ? undefined : process.umask(0o177)
    try {
      listenAtPath(listener.#net, path, backlog)
    } finally {
      if (umask !== undefined) process.umask(umask)
    }
    if (permissions !== 0) fs.chmodSync(path, permissions)
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
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      const refusal = events.admit(this.kind)
      if (refusal === undefined) take(socket)
      else if (refusal === '') socket.destroy()
      else socket.end(refusal, 'latin1', () => socket.destroySoon())
    })
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

/** How TLS is spoken on all TLS listeners of a server; can be changed while they are open. */
export class TlsEndpoint {
  #context: TlsContext
  #authClients: AuthClients
  #server: tls.Server | undefined
  /** Descriptors of sockets that are shaking hands, by the address of their peer. */
  readonly #shaking = new Map<string, number>()
  readonly #secrets = new WeakMap<tls.TLSSocket, Buffer>()
  #events: ListenerEvents | undefined

  constructor(context: TlsContext, authClients: AuthClients) {
    this.#context = context
    this.#authClients = authClients
  }

  /** From the next handshake on. */
  use(context: TlsContext, authClients: AuthClients): void {
    this.#context = context
    this.#authClients = authClients
    this.#server = undefined
  }

  take(socket: net.Socket, events: ListenerEvents): void {
    this.#events = events
    this.#server ??= this.#createServer()
    const peer = addressText(socket.remoteAddress, socket.remotePort)
    this.#shaking.set(peer, descriptorOf(socket))
    socket.once('close', () => this.#shaking.delete(peer))
    this.#server.emit('connection', socket)
  }

  #createServer(): tls.Server {
    const authClients = this.#authClients
    const server = tls.createServer({
      ...this.#context.options,
      requestCert: authClients !== 'no',
      rejectUnauthorized: false,
      handshakeTimeout: NO_TIMEOUT_MS,
    })
    if (authClients !== 'no') server.on('keylog', this.#keepSecret)
    server.on('secureConnection', socket => this.#shaken(socket, authClients))
    server.on('tlsClientError', (error, socket) => this.#failed(socket, opensslReason(error)))
    return server
  }

  // Needed for as long as the handshake lasts, to seal an alert.
  readonly #keepSecret = (line: Buffer, socket: tls.TLSSocket): void => {
    const [label, , secret] = line.toString('latin1').trim().split(' ')
    if (label === 'SERVER_TRAFFIC_SECRET_0' && secret !== undefined) {
      this.#secrets.set(socket, Buffer.from(secret, 'hex'))
    }
  }

  #shaken(socket: tls.TLSSocket, authClients: AuthClients): void {
    socket.on('error', () => {})
    const peer = addressText(socket.remoteAddress, socket.remotePort)
    const descriptor = this.#shaking.get(peer) ?? -1
    this.#shaking.delete(peer)
    const refusal = refuseCertificate(socket, authClients)
    if (refusal !== undefined) {
      this.#refuse(socket, descriptor, refusal)
      return
    }
    this.#secrets.delete(socket)
    this.#events?.accepted(tlsConnection(socket, descriptor))
  }

  #refuse(socket: tls.TLSSocket, descriptor: number, refusal: Refusal): void {
    const alert = this.#alertFor(socket, refusal.alert)
    if (descriptor >= 0 && alert !== undefined) {
      try {
        fs.writeSync(descriptor, alert)
      } catch {
        // The peer is gone already; it will not miss the alert.
      }
    }
    this.#failed(socket, refusal.reason, refusal.code)
    socket.destroy()
  }

  #alertFor(socket: tls.TLSSocket, description: number): Buffer | undefined {
    if (socket.getProtocol() !== 'TLSv1.3') return plainAlert(description)
    const secret = this.#secrets.get(socket)
    const suite = socket.getCipher().name
    return secret && sealedAlert(suite, secret, description)
  }

  #failed(socket: tls.TLSSocket, reason: string, certificateError?: string): void {
    this.#events?.failed({
      reason,
      peer: addressText(socket.remoteAddress, socket.remotePort),
      local: addressText(socket.localAddress, socket.localPort),
      certificateError,
    })
  }
}
