// Connections that this server opens itself, to other servers: plain or TLS.

import net from 'node:net'
import tls from 'node:tls'
import { isSystemError, systemReason } from '../util/system-error.ts'
import { addressText, type Connection, descriptorOf } from './connection.ts'
import { opensslReason } from './openssl-error.ts'

/** Where to, and with what TLS options if it is to be TLS. */
export interface Destination {
  readonly host: string
  readonly port: number
  readonly tls: tls.ConnectionOptions | undefined
}

/** Calls back once the connection is ready for use. Failures come as the socket's events. */
export function openSocket(
  { host, port, tls: options }: Destination,
  ready: () => void,
): net.Socket {
  const socket =
    options === undefined
      ? net.connect({ host, port }, ready)
      : tls.connect({ ...options, host, port }, ready)
  socket.setNoDelay()
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
