// The rows of what runs several commands as one: scripts, functions, transactions.

import { family } from '../row.ts'

export const SCRIPTING = family('scripting', 'scripting', {
  eval: {
    arity: -3,
    flags: 'noscript stale skip_monitor no_mandatory_keys may_replicate runs_script',
    keys: 'RW access update 2#',
    notes: ['We cannot tell how the keys will be used so we assume the worst, RW and UPDATE'],
    since: '2.6.0',
  },
  eval_ro: {
    arity: -3,
    flags: 'readonly noscript stale skip_monitor no_mandatory_keys runs_script',
    keys: 'RO access 2#',
    notes: ['We cannot tell how the keys will be used so we assume the worst, RO and ACCESS'],
    since: '7.0.0',
  },
  evalsha: {
    arity: -3,
    flags: 'noscript stale skip_monitor no_mandatory_keys may_replicate runs_script',
    keys: 'RW access update 2#',
    since: '2.6.0',
  },
  evalsha_ro: {
    arity: -3,
    flags: 'readonly noscript stale skip_monitor no_mandatory_keys runs_script',
    keys: 'RO access 2#',
    since: '7.0.0',
  },
  fcall: {
    arity: -3,
    flags: 'noscript stale skip_monitor no_mandatory_keys may_replicate runs_script',
    keys: 'RW access update 2#',
    notes: ['We cannot tell how the keys will be used so we assume the worst, RW and UPDATE'],
    since: '7.0.0',
  },
  fcall_ro: {
    arity: -3,
    flags: 'readonly noscript stale skip_monitor no_mandatory_keys runs_script',
    keys: 'RO access 2#',
    notes: ['We cannot tell how the keys will be used so we assume the worst, RO and ACCESS'],
    since: '7.0.0',
  },
  function: {
    arity: -2,
    acl: '',
    since: '7.0.0',
    subcommands: {
      delete: {
        arity: 3,
        flags: 'write noscript',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:all_succeeded',
        since: '7.0.0',
      },
      dump: { arity: 2, flags: 'noscript', acl: 'scripting', since: '7.0.0' },
      flush: {
        arity: -2,
        flags: 'write noscript',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:all_succeeded',
        since: '7.0.0',
      },
      help: {
        arity: 2,
        flags: 'loading stale',
        acl: 'scripting',
        since: '7.0.0',
      },
      kill: {
        arity: 2,
        flags: 'noscript allow_busy',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:one_succeeded',
        since: '7.0.0',
      },
      list: {
        arity: -2,
        flags: 'noscript',
        acl: 'scripting',
        tips: 'nondeterministic_output_order',
        since: '7.0.0',
      },
      load: {
        arity: -3,
        flags: 'write denyoom noscript',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:all_succeeded',
        since: '7.0.0',
      },
      restore: {
        arity: -3,
        flags: 'write denyoom noscript',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:all_succeeded',
        since: '7.0.0',
      },
      stats: {
        arity: 2,
        flags: 'noscript allow_busy',
        acl: 'scripting',
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '7.0.0',
      },
    },
  },
  script: {
    arity: -2,
    acl: '',
    since: '2.6.0',
    subcommands: {
      debug: { arity: 3, flags: 'noscript', acl: 'scripting', since: '3.2.0' },
      exists: {
        arity: -3,
        flags: 'noscript',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:agg_logical_and',
        since: '2.6.0',
      },
      flush: {
        arity: -2,
        flags: 'noscript',
        acl: 'scripting',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '2.6.0',
      },
      help: { arity: 2, flags: 'loading stale', acl: 'scripting', since: '5.0.0' },
      kill: {
        arity: 2,
        flags: 'noscript allow_busy',
        acl: 'scripting',
        tips: 'request_policy:all_shards response_policy:one_succeeded',
        since: '2.6.0',
      },
      load: {
        arity: 3,
        flags: 'noscript stale',
        acl: 'scripting',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '2.6.0',
      },
    },
  },
})

export const TRANSACTION = family('transactions', 'transaction', {
  discard: {
    arity: 1,
    flags: 'noscript loading stale fast allow_busy in_multi',
    since: '2.0.0',
  },
  exec: {
    arity: 1,
    flags: 'noscript loading stale skip_slowlog in_multi runs_queue',
    since: '1.2.0',
  },
  multi: { arity: 1, flags: 'noscript loading stale fast allow_busy in_multi', since: '1.2.0' },
  unwatch: {
    arity: 1,
    flags: 'noscript loading stale fast allow_busy',
    since: '2.2.0',
  },
  watch: {
    arity: -2,
    flags: 'noscript loading stale fast allow_busy in_multi',
    keys: 'RO 1..-1',
    since: '2.2.0',
  },
})
