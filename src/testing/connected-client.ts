// A connection as tests see it, with its TLS session.

import type tls from 'node:tls'
import type { Client } from '../server/client.ts'
import { toText } from '../util/bytes.ts'
import type { ConnectedClient, TlsSession } from './calls.ts'

/** As it is at this moment. */
export function describeClient(client: Client): ConnectedClient {
  const { connection } = client
  return {
    id: client.id,
    address: client.peer,
    kind: connection?.kind ?? 'internal',
    name: toText(client.name),
    user: toText(client.user?.name ?? ''),
    library: toText([client.libraryName, client.libraryVersion].filter(Boolean).join(' ')),
    subscriptions: client.hasSubscriptions ? client.subscriptions.total : 0,
    tls: connection?.kind === 'tls' ? sessionOf(connection.socket as tls.TLSSocket) : undefined,
  }
}

const SESSIONS = Symbol('TLS session')

// Node forgets the session when the socket closes, and building it costs more than a command.
function sessionOf(socket: tls.TLSSocket): TlsSession {
  const holder = socket as tls.TLSSocket & { [SESSIONS]?: TlsSession }
  if (holder[SESSIONS] !== undefined) return holder[SESSIONS]
  holder[SESSIONS] = {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    serverName: servernameOf(socket),
    peerSubject: subjectOf(socket),
    resumed: socket.isSessionReused(),
  }
  return holder[SESSIONS]
}

// Node's object of all that a certificate says takes several times what OpenSSL's text of the
// subject does. The text is read here where nothing in it is escaped and no name comes twice.
function subjectOf(socket: tls.TLSSocket): TlsSession['peerSubject'] {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const lines = certificate.subject?.split('\n') ?? []
  const parts = lines.map(line => SUBJECT_PART.exec(line)?.slice(1) as [string, string] | undefined)
  const names = new Map(parts.filter(part => part !== undefined))
  if (names.size > 0 && names.size === parts.length) return Object.fromEntries(names)
  const { subject } = socket.getPeerCertificate()
  return subject && ({ ...subject } as Record<string, string | string[]>)
}

const SUBJECT_PART = /^([A-Za-z0-9.]+)=([^\\"]*)$/

function servernameOf(socket: tls.TLSSocket): string | undefined {
  const { servername } = socket as { servername?: string | false }
  return servername || undefined
}
