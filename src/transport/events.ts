// What listeners tell the server that opened them.

import type net from 'node:net'
import type { ClientHello } from './client-hello.ts'
import type { Connection, ConnectionKind } from './connection.ts'

export interface HandshakeFailure {
  /** As redis-server logs it: 'error:0A00010B:SSL routines::wrong version number'. */
  readonly reason: string
  readonly peer: string
  readonly local: string
  /** What was wrong with the client's certificate, in node's words, if that was the matter. */
  readonly certificateError: string | undefined
  /** What the client asked for, where somebody looked. */
  readonly hello?: ClientHello | undefined
}

export interface ListenerEvents {
  /**
   * Asked for each new socket, before anything is read from it. Undefined lets it in; a text is
   * sent before it is closed, an empty one is not (TLS clients could not read it).
   */
  admit(kind: ConnectionKind): string | undefined
  /**
   * Told of each TLS client that was let in and has yet to shake hands; what becomes of it goes to
   * the events that come back.
   */
  awaiting?(connection: Connection): ListenerEvents
  accepted(connection: Connection): void
  failed(failure: HandshakeFailure): void
  /** A bug of ours has ended a connection before anybody had it. */
  broke(error: unknown): void
}

/** Does what a new socket calls for: whatever that throws ends this socket alone. */
export function guarded(socket: net.Socket, { broke }: ListenerEvents, act: () => void): void {
  try {
    act()
  } catch (error) {
    socket.destroy()
    broke(error)
  }
}
