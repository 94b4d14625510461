// The rows of commands/transaction.ts.

import { family } from '../row.ts'

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
