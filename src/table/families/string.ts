// The rows of what works on strings: texts, arrays of bits, and HyperLogLogs.

import { bitfieldKeys } from '../readers/bitfield.ts'
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

export const BITMAP = family('bitmap', 'bitmap', {
  bitcount: { arity: -2, flags: 'readonly', keys: 'RO access 1', since: '2.6.0' },
  bitfield: {
    arity: -2,
    flags: 'write denyoom',
    keys: 'RW access update variable_flags 1',
    notes: ['This command allows both access and modification of the key'],
    since: '3.2.0',
    findKeys: bitfieldKeys,
  },
  bitfield_ro: {
    arity: -2,
    flags: 'readonly fast',
    keys: 'RO access 1',
    since: '6.0.0',
  },
  bitop: {
    arity: -4,
    flags: 'write denyoom',
    keys: ['OW update 2', 'RO access 3..-1'],
    since: '2.6.0',
  },
  bitpos: { arity: -3, flags: 'readonly', keys: 'RO access 1', since: '2.8.7' },
  getbit: { arity: 3, flags: 'readonly fast', keys: 'RO access 1', since: '2.2.0' },
  setbit: {
    arity: 4,
    flags: 'write denyoom',
    keys: 'RW access update 1',
    since: '2.2.0',
  },
})

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
