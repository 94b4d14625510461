// Keys as serialized payloads: DUMP, RESTORE, MIGRATE.

import type { KeyUse } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'
import { family, READ, WRITE } from '../server/command.ts'

export const dump = family('generic', 'keyspace', {
  dump: {
    arity: 2,
    flags: 'readonly',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '2.6.0',
  },
  migrate: {
    arity: -6,
    flags: 'write',
    keys: ['RW access delete 3', 'RW access delete incomplete KEYS@-2..-1'],
    findKeys: migrateKeys,
    acl: 'dangerous keyspace',
    tips: 'nondeterministic_output',
    since: '2.6.0',
  },
  restore: {
    arity: -4,
    flags: 'write denyoom',
    keys: 'OW update 1',
    acl: 'dangerous keyspace',
    since: '2.6.0',
  },
  'restore-asking': {
    arity: -4,
    flags: 'write denyoom asking',
    keys: 'OW update 1',
    acl: 'dangerous keyspace',
    since: '3.0.0',
    group: 'server',
  },
})

const MIGRATE_FLAGS = ['RW', 'access', 'delete']

/** The one key, or those after KEYS; a KEYS that belongs to AUTH is a password. */
function migrateKeys(args: Args): readonly KeyUse[] {
  let first = 3
  let last = 3
  for (let i = 6; i < args.count; i++) {
    if (args.is(i, 'KEYS')) {
      // With a key before it this is a syntax error, which touches nothing.
      if (args.length(3) > 0) return []
      first = i + 1
      last = args.count - 1
      break
    }
    if (args.is(i, 'AUTH')) i += 1
    else if (args.is(i, 'AUTH2')) i += 2
  }
  const keys: KeyUse[] = []
  for (let i = first; i <= last; i++) {
    keys.push({ name: args.text(i), position: i, needs: READ | WRITE, flags: MIGRATE_FLAGS })
  }
  return keys
}
