// The rows of the group 'generic' of COMMAND DOCS, a table for each file of commands/.

import { migrateKeys } from '../readers/migrate.ts'
import { SOURCE, sortKeys } from '../readers/sort.ts'
import { family } from '../row.ts'

export const GENERIC = family('generic', 'keyspace', {
  copy: {
    arity: -3,
    flags: 'write denyoom',
    keys: ['RO access 1', 'OW update 2'],
    since: '6.2.0',
  },
  del: {
    arity: -2,
    flags: 'write',
    keys: 'RM delete 1..-1',
    tips: 'request_policy:multi_shard response_policy:agg_sum',
    since: '1.0.0',
  },
  exists: {
    arity: -2,
    flags: 'readonly fast',
    keys: 'RO 1..-1',
    tips: 'request_policy:multi_shard response_policy:agg_sum',
    since: '1.0.0',
  },
  expire: { arity: -3, flags: 'write fast', keys: 'RW update 1', since: '1.0.0' },
  expireat: { arity: -3, flags: 'write fast', keys: 'RW update 1', since: '1.2.0' },
  expiretime: {
    arity: 2,
    flags: 'readonly fast',
    keys: 'RO access 1',
    since: '7.0.0',
  },
  keys: {
    arity: 2,
    flags: 'readonly',
    acl: 'dangerous keyspace',
    tips: 'request_policy:all_shards nondeterministic_output_order',
    since: '1.0.0',
  },
  move: { arity: 3, flags: 'write fast', keys: 'RW access update 1', since: '1.0.0' },
  persist: { arity: 2, flags: 'write fast', keys: 'RW update 1', since: '2.2.0' },
  pexpire: { arity: -3, flags: 'write fast', keys: 'RW update 1', since: '2.6.0' },
  pexpireat: {
    arity: -3,
    flags: 'write fast',
    keys: 'RW update 1',
    since: '2.6.0',
  },
  pexpiretime: {
    arity: 2,
    flags: 'readonly fast',
    keys: 'RO access 1',
    since: '7.0.0',
  },
  pttl: {
    arity: 2,
    flags: 'readonly fast',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '2.6.0',
  },
  randomkey: {
    arity: 1,
    flags: 'readonly',
    tips: 'request_policy:all_shards response_policy:special nondeterministic_output',
    since: '1.0.0',
  },
  rename: {
    arity: 3,
    flags: 'write',
    keys: ['RW access delete 1', 'OW update 2'],
    since: '1.0.0',
  },
  renamenx: {
    arity: 3,
    flags: 'write fast',
    keys: ['RW access delete 1', 'OW insert 2'],
    since: '1.0.0',
  },
  scan: {
    arity: -2,
    flags: 'readonly',
    tips: 'nondeterministic_output request_policy:special response_policy:special',
    since: '2.8.0',
  },
  touch: {
    arity: -2,
    flags: 'readonly fast',
    keys: 'RO 1..-1',
    tips: 'request_policy:multi_shard response_policy:agg_sum',
    since: '3.2.1',
  },
  ttl: {
    arity: 2,
    flags: 'readonly fast',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '1.0.0',
  },
  type: { arity: 2, flags: 'readonly fast', keys: 'RO 1', since: '1.0.0' },
  unlink: {
    arity: -2,
    flags: 'write fast',
    keys: 'RM delete 1..-1',
    tips: 'request_policy:multi_shard response_policy:agg_sum',
    since: '4.0.0',
  },
})

export const DUMP = family('generic', 'keyspace', {
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
    secrets: '6 COPY REPLACE AUTH *password AUTH2 *user *password KEYS ...',
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

export const OBJECT = family('generic', 'keyspace', {
  object: {
    arity: -2,
    acl: '',
    since: '2.2.3',
    subcommands: {
      encoding: {
        arity: 3,
        flags: 'readonly',
        keys: 'RO 2',
        acl: 'keyspace',
        tips: 'nondeterministic_output',
        since: '2.2.3',
      },
      freq: {
        arity: 3,
        flags: 'readonly',
        keys: 'RO 2',
        acl: 'keyspace',
        tips: 'nondeterministic_output',
        since: '4.0.0',
      },
      help: { arity: 2, flags: 'loading stale', acl: 'keyspace', since: '6.2.0' },
      idletime: {
        arity: 3,
        flags: 'readonly',
        keys: 'RO 2',
        acl: 'keyspace',
        tips: 'nondeterministic_output',
        since: '2.2.3',
      },
      refcount: {
        arity: 3,
        flags: 'readonly',
        keys: 'RO 2',
        acl: 'keyspace',
        tips: 'nondeterministic_output',
        since: '2.2.3',
      },
    },
  },
})

const UNKNOWN_NOTE =
  "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"

export const SORT = family('generic', 'keyspace', {
  sort: {
    arity: -2,
    flags: 'write denyoom',
    keys: ['RO access 1', 'RO access ?', 'OW update ?'],
    findKeys: sortKeys,
    acl: 'dangerous list set sortedset',
    notes: [
      undefined,
      UNKNOWN_NOTE,
      "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    ],
    since: '1.0.0',
  },
  sort_ro: {
    arity: -2,
    flags: 'readonly',
    keys: ['RO access 1', 'RO access ?'],
    findKeys: () => SOURCE,
    acl: 'dangerous list set sortedset',
    notes: [undefined, UNKNOWN_NOTE],
    since: '7.0.0',
  },
})
