// How TLS is spoken on all TLS listeners of a server; can be changed while they are open.
//
// Each accepted socket is handed to the tls.Server of the moment, natively, so that its full speed
// is kept. Another certificate is another tls.Server; connections of the old one live on. A client
// certificate is judged in 'secureConnection', which comes before OpenSSL's last flight has left,
// so that a refused client still gets its alert; nothing that it sends is ever read.

import fs from 'node:fs'
import type net from 'node:net'
import tls from 'node:tls'
import { plainAlert, sealedAlert } from './alert.ts'
import { type AuthClients, type Refusal, refuseCertificate } from './client-certificate.ts'
import { addressText, descriptorOf, tlsConnection } from './connection.ts'
import type { ListenerEvents } from './events.ts'
import { handshakeReason, NO_ALERT_REASONS } from './openssl-error.ts'
import type { TlsContext } from './tls-settings.ts'

/** As long as a timer can be: Redis has no handshake time-out, and node takes 0 for its default. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

const RECORD_HEADER_LENGTH = 5

/** Of a socket; node forgets them when it closes, which may be before the failure is known. */
interface Ends {
  readonly peer: string
  readonly local: string
}

export class TlsEndpoint {
  #context: TlsContext
  #authClients: AuthClients
  #server: tls.Server | undefined
  /** Of the listeners, which are all of one server. */
  #events: ListenerEvents | undefined
  readonly #ends = new WeakMap<net.Socket, Ends>()
  readonly #secrets = new WeakMap<tls.TLSSocket, Buffer>()

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
    this.#ends.set(socket, {
      peer: addressText(socket.remoteAddress, socket.remotePort),
      local: addressText(socket.localAddress, socket.localPort),
    })
    this.#server.emit('connection', socket)
  }

  #createServer(): tls.Server {
    const authClients = this.#authClients
    const { options, sessionCaching } = this.#context
    const server = tls.createServer({
      ...options,
      requestCert: authClients !== 'no',
      rejectUnauthorized: false,
      handshakeTimeout: NO_TIMEOUT_MS,
    })
    if (!sessionCaching) clearSessionIdContext(server)
    if (authClients !== 'no') server.on('keylog', this.#keepSecret)
    server.on('secureConnection', socket => this.#shaken(socket, authClients))
    server.on('tlsClientError', (error, socket) => {
      const reason = handshakeReason(error)
      this.#failed(socket, reason)
      if (NO_ALERT_REASONS.has(reason)) resetUnread(rawSocketOf(socket))
    })
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
    const refusal = refuseCertificate(socket, authClients)
    if (refusal !== undefined) {
      this.#refuse(socket, refusal)
      return
    }
    this.#secrets.delete(socket)
    this.#events?.accepted(tlsConnection(socket))
  }

  #refuse(socket: tls.TLSSocket, refusal: Refusal): void {
    const descriptor = descriptorOf(socket)
    const alert = this.#alertFor(socket, refusal.alert)
    if (descriptor >= 0 && alert !== undefined) {
      try {
        fs.writeSync(descriptor, alert)
      } catch {
        // The peer is gone already, or takes nothing; it will not miss the alert.
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
    const { peer, local } = this.#ends.get(rawSocketOf(socket)) ?? { peer: '', local: '' }
    this.#events?.failed({ reason, peer, local, certificateError })
  }
}

/** The socket under the one that node made of it. */
function rawSocketOf(socket: tls.TLSSocket): net.Socket {
  const { _parent: raw = socket } = socket as unknown as { _parent?: net.Socket }
  return raw
}

// OpenSSL reads the header of a record, sees that this is no TLS and reads no further, so that in
// Redis the kernel resets the connection for the bytes left over. Node has read them all.
function resetUnread(socket: net.Socket): void {
  if (socket.bytesRead > RECORD_HEADER_LENGTH) socket.resetAndDestroy()
}

// With tls-session-caching off, Redis still hands out tickets but names no session id context. When
// a client comes back with such a ticket and certificates are asked for, OpenSSL gives up with an
// internal error. Node has no option for that; where its inner context cannot be had, sessions are
// resumed.
function clearSessionIdContext(server: tls.Server): void {
  const { _sharedCreds: credentials } = server as unknown as {
    readonly _sharedCreds?: { readonly context?: { setSessionIdContext?(id: string): void } }
  }
  credentials?.context?.setSessionIdContext?.('')
}
