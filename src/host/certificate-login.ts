// tls-auth-clients-user: a client's certificate logs its user in, by its common name or by the
// first of its URIs that names an enabled user. Who is not found stays the default user, which
// ACL LOG notes, and may still use AUTH.

import type { User } from '../acl/user.ts'
import type { CertificateNames } from '../transport/connection.ts'
import { fromText } from '../util/bytes.ts'
import type { Link } from './link.ts'

export function logInByCertificate(client: Link): void {
  const { server, connection } = client
  const source = server.settings['tls-auth-clients-user']
  if (source === 'off') return
  const names = connection?.certificateNames
  if (names === undefined) return
  const user = userNames(names, source)
    .map(name => server.users.get(fromText(name)))
    .find((candidate): candidate is User => candidate?.enabled ?? false)
  if (user !== undefined) {
    client.user = user
    client.authenticated = true
    return
  }
  server.aclLog.add(
    {
      reason: 'tls-cert',
      context: 'toplevel',
      object: '',
      username: fromText(names.commonName ?? names.uris[0] ?? ''),
      clientInfo: server.describeClient(client),
    },
    server.clock.now(),
  )
}

function userNames({ commonName, uris }: CertificateNames, source: 'CN' | 'URI'): string[] {
  if (source === 'URI') return [...uris]
  return commonName === undefined ? [] : [commonName]
}
