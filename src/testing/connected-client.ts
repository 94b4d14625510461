// A connection as tests see it, with its TLS session.

import type tls from 'node:tls'
import type { User } from '../acl/user.ts'
import type { Client } from '../engine/client.ts'
import type { Connection } from '../transport/listener.ts'
import { toText } from '../util/bytes.ts'
import type { ConnectedClient, TlsSession } from './calls.ts'

/** What of a client may change, and the last description that was made of it. */
interface Kept {
  readonly name: string
  readonly user: User | undefined
  readonly library: string
  readonly version: string
  readonly subscriptions: number
  readonly connection: Connection | undefined
  readonly description: ConnectedClient
}

const kept = new WeakMap<Client, Kept>()

/** As it is at this moment: the same object as the last time unless something has changed. */
export function describeClient(client: Client): ConnectedClient {
  const { name, user, libraryName: library, libraryVersion: version, connection } = client
  const subscriptions = client.subscriptionCount
  const last = kept.get(client)
  if (
    last !== undefined &&
    last.name === name &&
    last.user === user &&
    last.library === library &&
    last.version === version &&
    last.subscriptions === subscriptions &&
    last.connection === connection
  ) {
    return last.description
  }
  const description = describe(client)
  kept.set(client, { name, user, library, version, subscriptions, connection, description })
  return description
}

function describe(client: Client): ConnectedClient {
  const { connection } = client
  return {
    id: client.id,
    address: client.peer,
    kind: connection?.kind ?? 'internal',
    name: toText(client.name),
    user: toText(client.user?.name ?? ''),
    library: toText([client.libraryName, client.libraryVersion].filter(Boolean).join(' ')),
    subscriptions: client.subscriptionCount,
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
