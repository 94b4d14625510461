// The rows of the group 'server' of COMMAND DOCS, a table for each file of commands/.

import { family } from '../row.ts'

export const SERVER = family('server', '', {
  dbsize: {
    arity: 1,
    flags: 'readonly fast',
    acl: 'keyspace',
    tips: 'request_policy:all_shards response_policy:agg_sum',
    since: '1.0.0',
  },
  flushall: {
    arity: -1,
    flags: 'write',
    acl: 'dangerous keyspace',
    tips: 'request_policy:all_shards response_policy:all_succeeded',
    since: '1.0.0',
  },
  flushdb: {
    arity: -1,
    flags: 'write',
    acl: 'dangerous keyspace',
    tips: 'request_policy:all_shards response_policy:all_succeeded',
    since: '1.0.0',
  },
  info: {
    arity: -1,
    flags: 'loading stale',
    acl: 'dangerous',
    tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
    since: '1.0.0',
  },
  lolwut: { arity: -1, flags: 'readonly fast', since: '5.0.0' },
  swapdb: { arity: 3, flags: 'write fast', acl: 'dangerous keyspace', since: '4.0.0' },
  time: {
    arity: 1,
    flags: 'loading stale fast',
    tips: 'nondeterministic_output',
    since: '2.6.0',
  },
})

export const ACL = family('server', '', {
  acl: {
    arity: -2,
    since: '6.0.0',
    subcommands: {
      cat: { arity: -2, flags: 'noscript loading stale', since: '6.0.0' },
      deluser: {
        arity: -3,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        secrets: '2..',
        since: '6.0.0',
      },
      dryrun: {
        arity: -4,
        flags: 'admin noscript loading stale',
        secrets: '3 request',
        since: '7.0.0',
      },
      genpass: {
        arity: -2,
        flags: 'noscript loading stale',
        secretReply: 'all',
        since: '6.0.0',
      },
      getuser: {
        arity: 3,
        flags: 'admin noscript loading stale',
        secrets: '2..',
        secretReply: 'hashes',
        since: '6.0.0',
      },
      help: { arity: 2, flags: 'loading stale', since: '6.0.0' },
      list: {
        arity: 2,
        flags: 'admin noscript loading stale',
        secretReply: 'hashes',
        since: '6.0.0',
      },
      load: { arity: 2, flags: 'admin noscript loading stale', since: '6.0.0' },
      log: { arity: -2, flags: 'admin noscript loading stale', since: '6.0.0' },
      save: {
        arity: 2,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '6.0.0',
      },
      setuser: {
        arity: -3,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        secrets: '2..',
        since: '6.0.0',
      },
      users: { arity: 2, flags: 'admin noscript loading stale', since: '6.0.0' },
      whoami: { arity: 2, flags: 'noscript loading stale', since: '6.0.0' },
    },
  },
})

export const COMMAND = family('server', '', {
  command: {
    arity: -1,
    flags: 'loading stale',
    acl: 'connection',
    tips: 'nondeterministic_output_order',
    since: '2.8.13',
    subcommands: {
      count: { arity: 2, flags: 'loading stale', since: '2.8.13' },
      docs: {
        arity: -2,
        flags: 'loading stale',
        tips: 'nondeterministic_output_order',
        since: '7.0.0',
      },
      getkeys: {
        arity: -3,
        flags: 'loading stale',
        secrets: '2 request',
        since: '2.8.13',
      },
      getkeysandflags: {
        arity: -3,
        flags: 'loading stale',
        secrets: '2 request',
        since: '7.0.0',
      },
      help: { arity: 2, flags: 'loading stale', since: '5.0.0' },
      info: {
        arity: -2,
        flags: 'loading stale',
        tips: 'nondeterministic_output_order',
        since: '2.8.13',
      },
      list: {
        arity: -2,
        flags: 'loading stale',
        tips: 'nondeterministic_output_order',
        since: '7.0.0',
      },
    },
  },
})

export const CONFIG = family('server', '', {
  config: {
    arity: -2,
    since: '2.0.0',
    subcommands: {
      get: {
        arity: -3,
        flags: 'admin noscript loading stale',
        secretReply: 'settings',
        since: '2.0.0',
      },
      help: { arity: 2, flags: 'loading stale', since: '5.0.0' },
      resetstat: {
        arity: 2,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '2.0.0',
      },
      rewrite: {
        arity: 2,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '2.8.0',
      },
      set: {
        arity: -4,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        secrets: '2 settings',
        since: '2.0.0',
      },
    },
  },
})

export const DEBUG = family('server', '', {
  debug: {
    arity: -2,
    flags: 'admin noscript loading stale protected',
    allowedBy: 'enable-debug-command',
    since: '1.0.0',
  },
})

export const MEMORY = family('server', '', {
  memory: {
    arity: -2,
    since: '4.0.0',
    subcommands: {
      doctor: {
        arity: 2,
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '4.0.0',
      },
      help: { arity: 2, flags: 'loading stale', since: '4.0.0' },
      'malloc-stats': {
        arity: 2,
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '4.0.0',
      },
      purge: {
        arity: 2,
        tips: 'request_policy:all_shards response_policy:all_succeeded',
        since: '4.0.0',
      },
      stats: {
        arity: 2,
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '4.0.0',
      },
      usage: { arity: -3, flags: 'readonly', keys: 'RO 2', since: '4.0.0' },
    },
  },
})

export const MODULE = family('server', '', {
  module: {
    arity: -2,
    allowedBy: 'enable-module-command',
    since: '4.0.0',
    subcommands: {
      help: { arity: 2, flags: 'loading stale', since: '5.0.0' },
      list: {
        arity: 2,
        flags: 'admin noscript',
        tips: 'nondeterministic_output_order',
        since: '4.0.0',
      },
      load: {
        arity: -3,
        flags: 'admin noscript no_async_loading protected',
        since: '4.0.0',
      },
      loadex: {
        arity: -3,
        flags: 'admin noscript no_async_loading protected',
        since: '7.0.0',
      },
      unload: {
        arity: 3,
        flags: 'admin noscript no_async_loading protected',
        since: '4.0.0',
      },
    },
  },
})

export const OBSERVE = family('server', '', {
  latency: {
    arity: -2,
    since: '2.8.13',
    subcommands: {
      doctor: {
        arity: 2,
        flags: 'admin noscript loading stale',
        tips: 'nondeterministic_output request_policy:all_nodes response_policy:special',
        since: '2.8.13',
      },
      graph: {
        arity: 3,
        flags: 'admin noscript loading stale',
        tips: 'nondeterministic_output request_policy:all_nodes response_policy:special',
        since: '2.8.13',
      },
      help: { arity: 2, flags: 'loading stale', since: '2.8.13' },
      histogram: {
        arity: -2,
        flags: 'admin noscript loading stale',
        tips: 'nondeterministic_output request_policy:all_nodes response_policy:special',
        since: '7.0.0',
      },
      history: {
        arity: 3,
        flags: 'admin noscript loading stale',
        tips: 'nondeterministic_output request_policy:all_nodes response_policy:special',
        since: '2.8.13',
      },
      latest: {
        arity: 2,
        flags: 'admin noscript loading stale',
        tips: 'nondeterministic_output request_policy:all_nodes response_policy:special',
        since: '2.8.13',
      },
      reset: {
        arity: -2,
        flags: 'admin noscript loading stale',
        tips: 'request_policy:all_nodes response_policy:agg_sum',
        since: '2.8.13',
      },
    },
  },
  monitor: { arity: 1, flags: 'admin noscript loading stale', since: '1.0.0' },
  slowlog: {
    arity: -2,
    since: '2.2.12',
    subcommands: {
      get: {
        arity: -2,
        flags: 'admin loading stale',
        tips: 'request_policy:all_nodes nondeterministic_output',
        since: '2.2.12',
      },
      help: { arity: 2, flags: 'loading stale', since: '6.2.0' },
      len: {
        arity: 2,
        flags: 'admin loading stale',
        tips: 'request_policy:all_nodes response_policy:agg_sum nondeterministic_output',
        since: '2.2.12',
      },
      reset: {
        arity: 2,
        flags: 'admin loading stale',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '2.2.12',
      },
    },
  },
})

export const PERSISTENCE = family('server', '', {
  bgrewriteaof: {
    arity: 1,
    flags: 'admin noscript no_async_loading',
    since: '1.0.0',
  },
  bgsave: { arity: -1, flags: 'admin noscript no_async_loading', since: '1.0.0' },
  lastsave: {
    arity: 1,
    flags: 'loading stale fast',
    acl: 'admin dangerous',
    tips: 'nondeterministic_output',
    since: '1.0.0',
  },
  save: {
    arity: 1,
    flags: 'admin noscript no_async_loading no_multi',
    since: '1.0.0',
  },
  shutdown: {
    arity: -1,
    flags: 'admin noscript loading stale no_multi allow_busy',
    since: '1.0.0',
  },
})

export const REPLICATION = family('server', '', {
  failover: { arity: -1, flags: 'admin noscript stale', since: '6.2.0' },
  psync: { arity: -3, flags: 'admin noscript no_async_loading no_multi', since: '2.8.0' },
  replconf: {
    arity: -1,
    flags: 'admin noscript loading stale allow_busy',
    since: '3.0.0',
  },
  replicaof: {
    arity: 3,
    flags: 'admin noscript stale no_async_loading',
    since: '5.0.0',
  },
  role: {
    arity: 1,
    flags: 'noscript loading stale fast',
    acl: 'admin dangerous',
    since: '2.8.12',
  },
  slaveof: {
    arity: 3,
    flags: 'admin noscript stale no_async_loading',
    since: '1.0.0',
  },
  sync: { arity: 1, flags: 'admin noscript no_async_loading no_multi', since: '1.0.0' },
  wait: {
    arity: 3,
    flags: 'blocking',
    acl: 'connection',
    tips: 'request_policy:all_shards response_policy:agg_min',
    since: '3.0.0',
    group: 'generic',
  },
  waitaof: {
    arity: 4,
    flags: 'blocking',
    acl: 'connection',
    tips: 'request_policy:all_shards response_policy:agg_min',
    since: '7.2.0',
    group: 'generic',
  },
})
