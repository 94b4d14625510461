// The rows of commands/cluster.ts.

import { family } from '../row.ts'

export const CLUSTER = family('cluster', '', {
  asking: { arity: 1, flags: 'fast', acl: 'connection', since: '3.0.0' },
  cluster: {
    arity: -2,
    since: '3.0.0',
    subcommands: {
      addslots: {
        arity: -3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      addslotsrange: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '7.0.0',
      },
      bumpepoch: {
        arity: 2,
        flags: 'admin stale no_async_loading',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
      'count-failure-reports': {
        arity: 3,
        flags: 'admin stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
      countkeysinslot: { arity: 3, flags: 'stale', since: '3.0.0' },
      delslots: {
        arity: -3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      delslotsrange: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '7.0.0',
      },
      failover: {
        arity: -2,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      flushslots: {
        arity: 2,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      forget: {
        arity: 3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      getkeysinslot: {
        arity: 4,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
      help: { arity: 2, flags: 'loading stale', since: '5.0.0' },
      info: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
      keyslot: { arity: 3, flags: 'stale', since: '3.0.0' },
      links: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '7.0.0',
      },
      meet: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      myid: { arity: 2, flags: 'stale', since: '3.0.0' },
      myshardid: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '7.2.0',
      },
      nodes: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
      replicas: {
        arity: 3,
        flags: 'admin stale',
        tips: 'nondeterministic_output',
        since: '5.0.0',
      },
      replicate: {
        arity: 3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      reset: { arity: -2, flags: 'admin noscript stale', since: '3.0.0' },
      saveconfig: {
        arity: 2,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      'set-config-epoch': {
        arity: 3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      setslot: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
      },
      shards: {
        arity: 2,
        flags: 'loading stale',
        tips: 'nondeterministic_output',
        since: '7.0.0',
      },
      slaves: {
        arity: 3,
        flags: 'admin stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
      slots: {
        arity: 2,
        flags: 'loading stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
      },
    },
  },
  readonly: {
    arity: 1,
    flags: 'loading stale fast',
    acl: 'connection',
    since: '3.0.0',
  },
  readwrite: {
    arity: 1,
    flags: 'loading stale fast',
    acl: 'connection',
    since: '3.0.0',
  },
})
