// Connections that this server opens itself, to other servers: plain or TLS.

import net from 'node:net'
import tls from 'node:tls'

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
