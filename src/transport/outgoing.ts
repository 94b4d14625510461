// Connections that this server opens itself, to other servers: plain or TLS.

import net from 'node:net'
import tls from 'node:tls'
import { isSystemError, systemReason } from '../util/system-error.ts'
import { addressText, type Connection, descriptorOf } from './connection.ts'
import { opensslReason } from './openssl-error.ts'

/** The address of another server. */
export interface Remote {
  readonly host: string
  readonly port: number
}

/** Where a connection really goes that is to go somewhere. */
export type Detour = (to: Remote) => Remote

/** Where to, and with what TLS options if it is to be TLS. */
export interface Destination extends Remote {
  readonly tls: tls.ConnectionOptions | undefined
  /** It keeps the process alive no longer than something else does. Default: false. */
  readonly unref?: boolean
}

/** Calls back once the connection is ready for use. Failures come as the socket's events. */
export function openSocket(
  { host, port, tls: options, unref }: Destination,
  ready: () => void,
): net.Socket {
  const socket =
    options === undefined
      ? net.connect({ host, port }, ready)
      : tls.connect({ ...options, host, port }, ready)
  socket.setNoDelay()
  if (unref) socket.unref()
  return socket
}

/** One that stands, as those that were accepted are described. */
export function outgoingConnection(socket: net.Socket): Connection {
  return {
    kind: socket instanceof tls.TLSSocket ? 'tls' : 'tcp',
    socket,
    peer: addressText(socket.remoteAddress, socket.remotePort),
    local: addressText(socket.localAddress, socket.localPort),
    isLoopback: false,
    certificateNames: undefined,
    descriptor: descriptorOf(socket),
  }
}

/** Why one broke, in the words of the system or of OpenSSL; without an error the peer hung up. */
export function brokenReason(error: unknown): string {
  if (error === undefined) return 'Connection reset by peer'
  return isSystemError(error) ? systemReason(error) : opensslReason(error)
}
