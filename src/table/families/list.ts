// The rows of commands/list.ts.

import { family } from '../row.ts'

export const LIST = family('list', 'list', {
  blmove: {
    arity: 6,
    flags: 'write denyoom blocking',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '6.2.0',
  },
  blmpop: {
    arity: -5,
    flags: 'write blocking',
    keys: 'RW access delete 2#',
    since: '7.0.0',
  },
  blpop: {
    arity: -3,
    flags: 'write blocking',
    keys: 'RW access delete 1..-2',
    since: '2.0.0',
  },
  brpop: {
    arity: -3,
    flags: 'write blocking',
    keys: 'RW access delete 1..-2',
    since: '2.0.0',
  },
  brpoplpush: {
    arity: 4,
    flags: 'write denyoom blocking',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '2.2.0',
  },
  lindex: { arity: 3, flags: 'readonly', keys: 'RO access 1', since: '1.0.0' },
  linsert: { arity: 5, flags: 'write denyoom', keys: 'RW insert 1', since: '2.2.0' },
  llen: { arity: 2, flags: 'readonly fast', keys: 'RO 1', since: '1.0.0' },
  lmove: {
    arity: 5,
    flags: 'write denyoom',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '6.2.0',
  },
  lmpop: { arity: -4, flags: 'write', keys: 'RW access delete 1#', since: '7.0.0' },
  lpop: { arity: -2, flags: 'write fast', keys: 'RW access delete 1', since: '1.0.0' },
  lpos: { arity: -3, flags: 'readonly', keys: 'RO access 1', since: '6.0.6' },
  lpush: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '1.0.0',
  },
  lpushx: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '2.2.0',
  },
  lrange: { arity: 4, flags: 'readonly', keys: 'RO access 1', since: '1.0.0' },
  lrem: { arity: 4, flags: 'write', keys: 'RW delete 1', since: '1.0.0' },
  lset: { arity: 4, flags: 'write denyoom', keys: 'RW update 1', since: '1.0.0' },
  ltrim: { arity: 4, flags: 'write', keys: 'RW delete 1', since: '1.0.0' },
  rpop: { arity: -2, flags: 'write fast', keys: 'RW access delete 1', since: '1.0.0' },
  rpoplpush: {
    arity: 3,
    flags: 'write denyoom',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '1.2.0',
  },
  rpush: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '1.0.0',
  },
  rpushx: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '2.2.0',
  },
})
