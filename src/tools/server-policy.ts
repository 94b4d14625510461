// The policy of a running server: its users as ACL LIST shows them, and the settings that decide
// who may log in. Lines count as ACL LIST counts them; settings have no place, and so line 0.

import { type Policy, readAclPolicy, type Setting } from '../policy/policy.ts'
import { type RedisConnection, textsOf } from './connection.ts'

/** The settings that lint() looks at; none of them holds a secret. */
const SETTINGS = ['acl-pubsub-default', 'aclfile', 'port', 'tls-port', 'tls-auth-clients'] as const

/**
 * Asks for ACL LIST and, where the user may, CONFIG GET.
 * @throws ConnectionError, for instance if the user may not run ACL LIST
 */
export async function policyOfServer(connection: RedisConnection): Promise<Policy> {
  const lines = textsOf(await connection.call('ACL', 'LIST'))
  const settings = await settingsOf(connection)
  return readAclPolicy(lines.join('\n'), 'server', { settings })
}

async function settingsOf(connection: RedisConnection): Promise<Setting[]> {
  const settings: Setting[] = []
  for (const name of SETTINGS) {
    const reply = await connection.send('CONFIG', 'GET', name)
    const [, value] = textsOf(reply)
    if (value === undefined) continue
    settings.push({ name, values: value === '' ? [] : [value], line: 0, column: 0, length: 0 })
  }
  return settings
}
