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
  const subject = socket.getPeerCertificate()?.subject
  holder[SESSIONS] = {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    serverName: servernameOf(socket),
    peerSubject: subject && ({ ...subject } as Record<string, string | string[]>),
    resumed: socket.isSessionReused(),
  }
  return holder[SESSIONS]
}

function servernameOf(socket: tls.TLSSocket): string | undefined {
  const { servername } = socket as { servername?: string | false }
  return servername || undefined
}
