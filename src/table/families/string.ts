// The rows of commands/string.ts.

import { setKeys } from '../readers/string-options.ts'
import { family } from '../row.ts'

export const STRING = family('string', 'string', {
  append: {
    arity: 3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '2.0.0',
  },
  decr: {
    arity: 2,
    flags: 'write denyoom fast',
    keys: 'RW access update 1',
    since: '1.0.0',
  },
  decrby: {
    arity: 3,
    flags: 'write denyoom fast',
    keys: 'RW access update 1',
    since: '1.0.0',
  },
  get: { arity: 2, flags: 'readonly fast', keys: 'RO access 1', since: '1.0.0' },
  getdel: {
    arity: 2,
    flags: 'write fast',
    keys: 'RW access delete 1',
    since: '6.2.0',
  },
  getex: {
    arity: -2,
    flags: 'write fast',
    keys: 'RW access update 1',
    notes: ['RW and UPDATE because it changes the TTL'],
    since: '6.2.0',
  },
  getrange: { arity: 4, flags: 'readonly', keys: 'RO access 1', since: '2.4.0' },
  getset: {
    arity: 3,
    flags: 'write denyoom fast',
    keys: 'RW access update 1',
    since: '1.0.0',
  },
  incr: {
    arity: 2,
    flags: 'write denyoom fast',
    keys: 'RW access update 1',
    since: '1.0.0',
  },
  incrby: {
    arity: 3,
    flags: 'write denyoom fast',
    keys: 'RW access update 1',
    since: '1.0.0',
  },
  incrbyfloat: {
    arity: 3,
    flags: 'write denyoom fast',
    keys: 'RW access update 1',
    since: '2.6.0',
  },
  lcs: { arity: -3, flags: 'readonly', keys: 'RO access 1..+1', since: '7.0.0' },
  mget: {
    arity: -2,
    flags: 'readonly fast',
    keys: 'RO access 1..-1',
    tips: 'request_policy:multi_shard',
    since: '1.0.0',
  },
  mset: {
    arity: -3,
    flags: 'write denyoom',
    keys: 'OW update 1..-1/2',
    tips: 'request_policy:multi_shard response_policy:all_succeeded',
    since: '1.0.1',
  },
  msetnx: {
    arity: -3,
    flags: 'write denyoom',
    keys: 'OW insert 1..-1/2',
    since: '1.0.1',
  },
  psetex: { arity: 4, flags: 'write denyoom', keys: 'OW update 1', since: '2.6.0' },
  set: {
    arity: -3,
    flags: 'write denyoom',
    keys: 'RW access update variable_flags 1',
    notes: ['RW and ACCESS due to the optional `GET` argument'],
    since: '1.0.0',
    findKeys: setKeys,
  },
  setex: { arity: 4, flags: 'write denyoom', keys: 'OW update 1', since: '2.0.0' },
  setnx: { arity: 3, flags: 'write denyoom fast', keys: 'OW insert 1', since: '1.0.0' },
  setrange: {
    arity: 4,
    flags: 'write denyoom',
    keys: 'RW update 1',
    since: '2.2.0',
  },
  strlen: { arity: 2, flags: 'readonly fast', keys: 'RO 1', since: '2.2.0' },
  substr: { arity: 4, flags: 'readonly', keys: 'RO access 1', since: '1.0.0' },
})
