// Cluster commands, as a server answers whose cluster support is off: all alike.

import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family } from '../server/command.ts'

export const cluster = family('cluster', '', {
  asking: { arity: 1, flags: 'fast', acl: 'connection', since: '3.0.0', run: clusterDisabled },
  cluster: {
    arity: -2,
    since: '3.0.0',
    subcommands: {
      addslots: {
        arity: -3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      addslotsrange: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '7.0.0',
        run: clusterDisabled,
      },
      bumpepoch: {
        arity: 2,
        flags: 'admin stale no_async_loading',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
      'count-failure-reports': {
        arity: 3,
        flags: 'admin stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
      countkeysinslot: { arity: 3, flags: 'stale', since: '3.0.0', run: clusterDisabled },
      delslots: {
        arity: -3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      delslotsrange: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '7.0.0',
        run: clusterDisabled,
      },
      failover: {
        arity: -2,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      flushslots: {
        arity: 2,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      forget: {
        arity: 3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      getkeysinslot: {
        arity: 4,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
      help: { arity: 2, flags: 'loading stale', since: '5.0.0', run: clusterDisabled },
      info: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
      keyslot: { arity: 3, flags: 'stale', since: '3.0.0', run: clusterDisabled },
      links: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '7.0.0',
        run: clusterDisabled,
      },
      meet: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      myid: { arity: 2, flags: 'stale', since: '3.0.0', run: clusterDisabled },
      myshardid: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '7.2.0',
        run: clusterDisabled,
      },
      nodes: {
        arity: 2,
        flags: 'stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
      replicas: {
        arity: 3,
        flags: 'admin stale',
        tips: 'nondeterministic_output',
        since: '5.0.0',
        run: clusterDisabled,
      },
      replicate: {
        arity: 3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      reset: { arity: -2, flags: 'admin noscript stale', since: '3.0.0', run: clusterDisabled },
      saveconfig: {
        arity: 2,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      'set-config-epoch': {
        arity: 3,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      setslot: {
        arity: -4,
        flags: 'admin stale no_async_loading',
        since: '3.0.0',
        run: clusterDisabled,
      },
      shards: {
        arity: 2,
        flags: 'loading stale',
        tips: 'nondeterministic_output',
        since: '7.0.0',
        run: clusterDisabled,
      },
      slaves: {
        arity: 3,
        flags: 'admin stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
      slots: {
        arity: 2,
        flags: 'loading stale',
        tips: 'nondeterministic_output',
        since: '3.0.0',
        run: clusterDisabled,
      },
    },
  },
  readonly: {
    arity: 1,
    flags: 'loading stale fast',
    acl: 'connection',
    since: '3.0.0',
    run: clusterDisabled,
  },
  readwrite: {
    arity: 1,
    flags: 'loading stale fast',
    acl: 'connection',
    since: '3.0.0',
    run: clusterDisabled,
  },
})

function clusterDisabled(_client: Client, _args: Args, _reply: ReplyWriter): void {
  throw err('This instance has cluster support disabled')
}
