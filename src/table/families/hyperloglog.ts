// The rows of commands/hyperloglog.ts.

import { family } from '../row.ts'

export const HYPERLOGLOG = family('hyperloglog', 'hyperloglog', {
  pfadd: {
    arity: -2,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '2.8.9',
  },
  pfcount: {
    arity: -2,
    flags: 'readonly may_replicate',
    keys: 'RW access 1..-1',
    notes: [
      'RW because it may change the internal representation of the key, and propagate to replicas',
    ],
    since: '2.8.9',
  },
  pfdebug: {
    arity: 3,
    flags: 'write denyoom admin',
    keys: 'RW access 2',
    since: '2.8.9',
  },
  pfmerge: {
    arity: -2,
    flags: 'write denyoom',
    keys: ['RW access insert 1', 'RO access 2..-1'],
    since: '2.8.9',
  },
  pfselftest: { arity: 1, flags: 'admin', since: '2.8.9' },
})
