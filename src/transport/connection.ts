// One accepted connection, of any kind, as the server takes it over.

import type net from 'node:net'
import type tls from 'node:tls'

export type ConnectionKind = 'tcp' | 'unix' | 'tls'

/** What a client certificate says of its owner's name. */
export interface CertificateNames {
  /** Undefined also where there are several, or one with control characters in it. */
  readonly commonName: string | undefined
  readonly uris: readonly string[]
}

export interface Connection {
  readonly kind: ConnectionKind
  /** Has an error listener already; for TLS this is the socket that carries plain text. */
  readonly socket: net.Socket
  /** As Redis prints addresses: '127.0.0.1:1234', '[::1]:1234', '/path:0'. */
  readonly peer: string
  readonly local: string
  /** The peer is on this machine's loopback interface, or came through a unix socket. */
  readonly isLoopback: boolean
  /** Of the certificate that the client presented and that was verified; read anew each time. */
  readonly certificateNames: CertificateNames | undefined
  readonly descriptor?: number
}

export function tcpConnection(socket: net.Socket): Connection {
  return {
    kind: 'tcp',
    socket,
    peer: addressText(socket.remoteAddress, socket.remotePort),
    local: addressText(socket.localAddress, socket.localPort),
    isLoopback: isLoopback(socket.remoteAddress),
    certificateNames: undefined,
    descriptor: descriptorOf(socket),
  }
}

export function unixConnection(socket: net.Socket, path: string): Connection {
  return {
    kind: 'unix',
    socket,
    peer: `${path}:0`,
    local: `${path}:0`,
    isLoopback: true,
    certificateNames: undefined,
    descriptor: descriptorOf(socket),
  }
}

/** @param ends the two addresses, as `addressText()` gives them */
export function tlsConnection(
  socket: tls.TLSSocket,
  { peer, local }: Pick<Connection, 'peer' | 'local'>,
): Connection {
  return {
    kind: 'tls',
    socket,
    peer,
    local,
    isLoopback: isLoopback(socket.remoteAddress),
    // Reading a certificate costs more than a command, and few servers ask for its names.
    get certificateNames() {
      const certificate = socket.getPeerCertificate()
      return isPresent(certificate) ? namesOf(certificate) : undefined
    },
    descriptor: descriptorOf(socket),
  }
}

export function addressText(address: string | undefined, port: number | undefined): string {
  const plain = plainAddress(address)
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port ?? 0}`
}

/** IPv4 clients of a socket that listens on both look like '::ffff:1.2.3.4'. */
export function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

function isLoopback(address: string | undefined): boolean {
  const plain = plainAddress(address)
  return plain === '::1' || plain.startsWith('127.')
}

/** The file descriptor under a socket, or -1 where the platform has none. */
export function descriptorOf(socket: net.Socket): number {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } }
  return handle?.fd ?? -1
}

/** node:tls gives an empty object for "no certificate". */
export function isPresent(
  certificate: tls.PeerCertificate | undefined,
): certificate is tls.PeerCertificate {
  return certificate !== undefined && certificate !== null && Object.keys(certificate).length > 0
}

// A name with a NUL in it was once cut there and taken for another (fixed in Redis 8.6.6); several
// common names arrive as an array. Neither may name a user.
function namesOf({ subject, subjectaltname }: tls.PeerCertificate): CertificateNames {
  const name: unknown = subject?.CN
  return {
    commonName: typeof name === 'string' && isPrintable(name) ? name : undefined,
    uris: readUris(subjectaltname ?? ''),
  }
}

// Node joins the names with ', ' and puts one with a comma, a quote or a control character in it
// between quotes, as JSON does. Those must be read as a whole, or a part of one would pass for a
// name of its own; no user is named like that, so they are left out.
const ALTERNATIVE_NAME = /([^:,"]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y

function readUris(names: string): string[] {
  const uris: string[] = []
  const pattern = new RegExp(ALTERNATIVE_NAME)
  while (pattern.lastIndex < names.length) {
    const found = pattern.exec(names)
    // What is not understood may hide anything.
    if (found === null) return []
    const [, kind, value = ''] = found
    if (kind === 'URI' && !value.startsWith('"') && isPrintable(value)) uris.push(value)
  }
  return uris
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 127) return false
  }
  return text !== ''
}
