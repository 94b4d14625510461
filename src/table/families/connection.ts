// The rows of what is about connections: their own, clients, publish and subscribe.

import { family } from '../row.ts'

export const CONNECTION = family('connection', 'connection', {
  auth: {
    arity: -2,
    flags: 'noscript loading stale fast no_auth allow_busy',
    secrets: '1..',
    since: '1.0.0',
  },
  echo: { arity: 2, flags: 'loading stale fast', since: '1.0.0' },
  hello: {
    arity: -1,
    flags: 'noscript loading stale fast no_auth allow_busy',
    secrets: '2 SETNAME name AUTH *user *password',
    since: '6.0.0',
  },
  ping: {
    arity: -1,
    flags: 'fast in_subscribe',
    tips: 'request_policy:all_shards response_policy:all_succeeded',
    since: '1.0.0',
  },
  quit: {
    arity: -1,
    flags: 'noscript loading stale fast no_auth allow_busy in_multi in_subscribe',
    since: '1.0.0',
  },
  reset: {
    arity: 1,
    flags: 'noscript loading stale fast no_auth allow_busy in_multi in_subscribe',
    since: '6.2.0',
  },
  select: { arity: 2, flags: 'loading stale fast', since: '1.0.0' },
})

export const CLIENT = family('connection', 'connection', {
  client: {
    arity: -2,
    acl: '',
    since: '2.4.0',
    subcommands: {
      caching: {
        arity: 3,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '6.0.0',
      },
      getname: {
        arity: 2,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '2.6.9',
      },
      getredir: {
        arity: 2,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '6.0.0',
      },
      help: {
        arity: 2,
        flags: 'loading stale',
        acl: 'connection',
        since: '5.0.0',
      },
      id: {
        arity: 2,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '5.0.0',
      },
      info: {
        arity: 2,
        flags: 'noscript loading stale',
        acl: 'connection',
        tips: 'nondeterministic_output',
        since: '6.2.0',
      },
      kill: {
        arity: -3,
        flags: 'admin noscript loading stale',
        acl: 'connection',
        since: '2.4.0',
      },
      list: {
        arity: -2,
        flags: 'admin noscript loading stale',
        acl: 'connection',
        tips: 'nondeterministic_output',
        since: '2.4.0',
      },
      'no-evict': {
        arity: 3,
        flags: 'admin noscript loading stale',
        acl: 'connection',
        since: '7.0.0',
      },
      'no-touch': {
        arity: 3,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '7.2.0',
      },
      pause: {
        arity: -3,
        flags: 'admin noscript loading stale',
        acl: 'connection',
        since: '3.0.0',
      },
      reply: {
        arity: 3,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '3.2.0',
      },
      setinfo: {
        arity: 4,
        flags: 'noscript loading stale',
        acl: 'connection',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '7.2.0',
      },
      setname: {
        arity: 3,
        flags: 'noscript loading stale',
        acl: 'connection',
        tips: 'request_policy:all_nodes response_policy:all_succeeded',
        since: '2.6.9',
      },
      tracking: {
        arity: -3,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '6.0.0',
      },
      trackinginfo: {
        arity: 2,
        flags: 'noscript loading stale',
        acl: 'connection',
        since: '6.2.0',
      },
      unblock: {
        arity: -3,
        flags: 'admin noscript loading stale',
        acl: 'connection',
        since: '5.0.0',
      },
      unpause: {
        arity: 2,
        flags: 'admin noscript loading stale',
        acl: 'connection',
        since: '6.2.0',
      },
    },
  },
})

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
