// Logging in, and what changes of users do to live connections.

import { DEFAULT_USER } from '../acl/user.ts'
import type { UserChange } from '../acl/users.ts'
import { WRONGPASS } from '../resp3/errors.ts'
import type { Client } from './client.ts'
import type { RedisServer } from './server.ts'

/** Logs the client in, or notes the failure in ACL LOG and throws WRONGPASS. */
export function logIn(client: Client, userName: string, password: string): void {
  const { server } = client
  const user = server.users.authenticate(userName, password)
  if (user !== undefined) {
    client.user = user
    client.authenticated = true
    return
  }
  server.aclLog.add(
    {
      reason: 'auth',
      context: client.transaction === undefined ? 'toplevel' : 'multi',
      object: server.turn.args?.text(0) ?? '',
      username: userName,
      clientInfo: server.describeClient(client),
    },
    server.clock.now(),
  )
  throw WRONGPASS
}

/**
 * Disconnects whoever may not stay: connections of removed users, and subscribers of channels that
 * their user has lost. Everything else takes effect with the next command.
 */
export function applyUserChanges(server: RedisServer, changes: Iterable<UserChange>): void {
  for (const change of changes) {
    if (change.kind === 'created') continue
    if (change.kind === 'changed' && !change.mayHaveLostChannels) continue
    for (const client of [...server.clients.values()]) {
      if (client.user === change.user && !mayStay(client, change)) dismiss(client)
    }
  }
}

function mayStay(client: Client, change: UserChange): boolean {
  if (change.kind === 'removed') return false
  if (client.subscriptionCount === 0) return true
  const { channels, patterns, shardChannels } = client.subscriptions
  return change.stillCovers([...channels, ...shardChannels], patterns)
}

/** Closes a connection whose user is gone; until then it may do nothing as that user. */
export function dismiss(client: Client): void {
  const { server } = client
  if (!server.isRunning(client)) {
    server.disconnect(client)
    return
  }
  client.user = server.users.get(DEFAULT_USER)
  client.authenticated = false
  client.closeAfterReply = true
}
