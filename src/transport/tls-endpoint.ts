// How TLS is spoken on all TLS listeners of a server; can be changed while they are open.
//
// Each accepted socket is handed to the tls.Server of the moment, natively, so that its full speed
// is kept. Another certificate is another tls.Server; connections of the old one live on. A client
// certificate is judged in 'secureConnection', which comes before OpenSSL's last flight has left,
// so that a refused client still gets its alert; nothing that it sends is ever read.

import fs from 'node:fs'
import type net from 'node:net'
import type tls from 'node:tls'
import { plainAlert, sealedAlert } from './alert.ts'
import { chainOf, type OtherTime } from './certificate-dates.ts'
import { type AuthClients, type Refusal, refuseCertificate } from './client-certificate.ts'
import { addressText, descriptorOf, tlsConnection } from './connection.ts'
import { guarded, type ListenerEvents } from './events.ts'
import { handshakeReason, NO_ALERT_REASONS } from './openssl-error.ts'
import { createTlsServer, optionsNow, securityLevelOf, type TlsContext } from './tls-settings.ts'

const RECORD_HEADER_LENGTH = 5

/** The letters that tell SERVER_TRAFFIC_SECRET_0 from the other labels of a key log. */
const SERVER = 'S'.charCodeAt(0)
const TRAFFIC = 'T'.charCodeAt(0)
const LABEL_AT = 'SERVER_'.length

/** Of a socket; node forgets its ends when it closes, maybe before the failure is known. */
interface Taken {
  readonly peer: string
  readonly local: string
  readonly events: ListenerEvents
}

/** What a listener does with the sockets that it accepts. */
export interface SocketTaker {
  take(socket: net.Socket, events: ListenerEvents): void
  /** From the next handshake on. */
  use(context: TlsContext, authClients: AuthClients): void
}

/** Where a server that plays faults departs from Redis. */
export interface Departures {
  /** Refuses certificates that are right. */
  readonly refusal?: Refusal
  /** Has the tls.Server before anybody connects to it. */
  readonly prepare?: (server: tls.Server) => void
}

export class TlsEndpoint implements SocketTaker {
  readonly #departures: Departures
  #context: TlsContext
  #authClients: AuthClients
  #server: tls.Server | undefined
  readonly #taken = new WeakMap<net.Socket, Taken>()
  /** The line of a key log that says SERVER_TRAFFIC_SECRET_0. */
  readonly #secrets = new WeakMap<tls.TLSSocket, Buffer>()

  constructor(context: TlsContext, authClients: AuthClients, departures: Departures = {}) {
    this.#departures = departures
    this.#context = context
    this.#authClients = authClients
  }

  use(context: TlsContext, authClients: AuthClients): void {
    this.#context = context
    this.#authClients = authClients
    this.#server = undefined
  }

  take(socket: net.Socket, events: ListenerEvents): void {
    if (this.#context.folder?.look()) this.#server = undefined
    this.#server ??= this.#createServer()
    this.#taken.set(socket, {
      events,
      peer: addressText(socket.remoteAddress, socket.remotePort),
      local: addressText(socket.localAddress, socket.localPort),
    })
    this.#server.emit('connection', socket)
  }

  #createServer(): tls.Server {
    const authClients = this.#authClients
    const context = this.#context
    const { folder, sessionCaching, ready } = context
    const server =
      ready?.authClients === authClients && !isTaken(ready.server)
        ? ready.server
        : createTlsServer(optionsNow(context), authClients)
    if (!sessionCaching) clearSessionIdContext(server)
    if (authClients !== 'no') server.on('keylog', this.#keepSecret)
    // Who cannot be judged is not let in.
    server.on('secureConnection', socket =>
      this.#guarded(socket, taken => {
        folder?.used(chainOf(socket))
        this.#shaken(socket, taken, refuseCertificate(socket, authClients, otherTimeOf(context)))
      }),
    )
    server.on('tlsClientError', (error, socket) =>
      this.#guarded(socket, taken => {
        const reason = handshakeReason(error)
        failed(taken, reason)
        if (NO_ALERT_REASONS.has(reason)) resetUnread(rawSocketOf(socket))
      }),
    )
    this.#departures.prepare?.(server)
    return server
  }

  // Needed for as long as the handshake lasts, to seal an alert. Each handshake has five such lines
  // of text, of which one is kept, to be read if it is needed.
  readonly #keepSecret = (line: Buffer, socket: tls.TLSSocket): void => {
    if (line[LABEL_AT] === TRAFFIC && line[0] === SERVER) this.#secrets.set(socket, line)
  }

  #guarded(socket: tls.TLSSocket, act: (taken: Taken) => void): void {
    socket.on('error', () => {})
    const taken = this.#taken.get(rawSocketOf(socket))
    if (taken === undefined) socket.destroy()
    else guarded(socket, taken.events, () => act(taken))
  }

  #shaken(socket: tls.TLSSocket, taken: Taken, verdict: Refusal | undefined): void {
    const refusal = verdict ?? this.#departures.refusal
    if (refusal !== undefined) {
      this.#refuse(socket, taken, refusal)
      return
    }
    this.#secrets.delete(socket)
    taken.events.accepted(tlsConnection(socket, taken))
  }

  #refuse(socket: tls.TLSSocket, taken: Taken, refusal: Refusal): void {
    const descriptor = descriptorOf(socket)
    const alert = this.#alertFor(socket, refusal.alert)
    if (descriptor >= 0 && alert !== undefined) {
      try {
        fs.writeSync(descriptor, alert)
      } catch {
        // The peer is gone already, or takes nothing; it will not miss the alert.
      }
    }
    failed(taken, refusal.reason, refusal.code)
    socket.destroy()
  }

  #alertFor(socket: tls.TLSSocket, description: number): Buffer | undefined {
    // A handshake of 1.2 that resumes a session ends with the client, and the cipher is on by then.
    if (socket.getProtocol() !== 'TLSv1.3') {
      return socket.isSessionReused() ? undefined : plainAlert(description)
    }
    const [, , secret] = this.#secrets.get(socket)?.toString('latin1').trim().split(' ') ?? []
    if (secret === undefined) return undefined
    return sealedAlert(socket.getCipher().name, Buffer.from(secret, 'hex'), description)
  }
}

function failed({ peer, local, events }: Taken, reason: string, certificateError?: string): void {
  events.failed({ reason, peer, local, certificateError })
}

function otherTimeOf(context: TlsContext): OtherTime | undefined {
  const now = context.otherTime?.()
  if (now === undefined) return undefined
  const options = optionsNow(context)
  const authorities = [options.ca ?? []].flat().map(String)
  return { now, authorities, securityLevel: securityLevelOf(options.ciphers) }
}

function isTaken(server: tls.Server): boolean {
  return server.listenerCount('secureConnection') > 0
}

interface Layers {
  readonly _parent?: net.Socket | null
  readonly _handle?: { readonly _parentWrap?: { readonly stream?: net.Socket } } | null
}

/** What take() was given: the socket, or the stream, under the one that node made of it. */
function rawSocketOf(socket: tls.TLSSocket): net.Socket {
  const { _parent: parent, _handle: handle } = socket as unknown as Layers
  return parent ?? handle?._parentWrap?.stream ?? socket
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
