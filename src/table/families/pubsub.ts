// The rows of commands/pubsub.ts.

import { family } from '../row.ts'

export const PUBSUB = family('pubsub', 'pubsub', {
  psubscribe: {
    arity: -2,
    flags: 'pubsub noscript loading stale subscribes in_subscribe',
    channels: 'pattern 1..',
    since: '2.0.0',
  },
  publish: {
    arity: 3,
    flags: 'pubsub loading stale fast may_replicate',
    channels: '1',
    since: '2.0.0',
  },
  pubsub: {
    arity: -2,
    acl: '',
    since: '2.8.0',
    subcommands: {
      channels: { arity: -2, flags: 'pubsub loading stale', since: '2.8.0' },
      help: { arity: 2, flags: 'loading stale', since: '6.2.0' },
      numpat: { arity: 2, flags: 'pubsub loading stale', since: '2.8.0' },
      numsub: { arity: -2, flags: 'pubsub loading stale', since: '2.8.0' },
      shardchannels: {
        arity: -2,
        flags: 'pubsub loading stale',
        since: '7.0.0',
      },
      shardnumsub: {
        arity: -2,
        flags: 'pubsub loading stale',
        since: '7.0.0',
      },
    },
  },
  punsubscribe: {
    arity: -1,
    flags: 'pubsub noscript loading stale subscribes in_subscribe',
    since: '2.0.0',
  },
  spublish: {
    arity: 3,
    flags: 'pubsub loading stale fast may_replicate',
    keys: 'not_key 1',
    channels: '1',
    since: '7.0.0',
  },
  ssubscribe: {
    arity: -2,
    flags: 'pubsub noscript loading stale subscribes in_subscribe',
    keys: 'not_key 1..-1',
    channels: '1..',
    since: '7.0.0',
  },
  subscribe: {
    arity: -2,
    flags: 'pubsub noscript loading stale subscribes in_subscribe',
    channels: '1..',
    since: '2.0.0',
  },
  sunsubscribe: {
    arity: -1,
    flags: 'pubsub noscript loading stale subscribes in_subscribe',
    keys: 'not_key 1..-1',
    since: '7.0.0',
  },
  unsubscribe: {
    arity: -1,
    flags: 'pubsub noscript loading stale subscribes in_subscribe',
    since: '2.0.0',
  },
})
