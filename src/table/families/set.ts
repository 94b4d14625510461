// The rows of commands/set.ts.

import { family } from '../row.ts'

export const SET = family('set', 'set', {
  sadd: { arity: -3, flags: 'write denyoom fast', keys: 'RW insert 1', since: '1.0.0' },
  scard: { arity: 2, flags: 'readonly fast', keys: 'RO 1', since: '1.0.0' },
  sdiff: {
    arity: -2,
    flags: 'readonly',
    keys: 'RO access 1..-1',
    tips: 'nondeterministic_output_order',
    since: '1.0.0',
  },
  sdiffstore: {
    arity: -3,
    flags: 'write denyoom',
    keys: ['OW update 1', 'RO access 2..-1'],
    since: '1.0.0',
  },
  sinter: {
    arity: -2,
    flags: 'readonly',
    keys: 'RO access 1..-1',
    tips: 'nondeterministic_output_order',
    since: '1.0.0',
  },
  sintercard: {
    arity: -3,
    flags: 'readonly',
    keys: 'RO access 1#',
    since: '7.0.0',
  },
  sinterstore: {
    arity: -3,
    flags: 'write denyoom',
    keys: ['OW update 1', 'RO access 2..-1'],
    since: '1.0.0',
  },
  sismember: { arity: 3, flags: 'readonly fast', keys: 'RO 1', since: '1.0.0' },
  smembers: {
    arity: 2,
    flags: 'readonly',
    keys: 'RO access 1',
    tips: 'nondeterministic_output_order',
    since: '1.0.0',
  },
  smismember: {
    arity: -3,
    flags: 'readonly fast',
    keys: 'RO access 1',
    since: '6.2.0',
  },
  smove: {
    arity: 4,
    flags: 'write fast',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '1.0.0',
  },
  spop: {
    arity: -2,
    flags: 'write fast',
    keys: 'RW access delete 1',
    tips: 'nondeterministic_output',
    since: '1.0.0',
  },
  srandmember: {
    arity: -2,
    flags: 'readonly',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '1.0.0',
  },
  srem: { arity: -3, flags: 'write fast', keys: 'RW delete 1', since: '1.0.0' },
  sscan: {
    arity: -3,
    flags: 'readonly',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '2.8.0',
  },
  sunion: {
    arity: -2,
    flags: 'readonly',
    keys: 'RO access 1..-1',
    tips: 'nondeterministic_output_order',
    since: '1.0.0',
  },
  sunionstore: {
    arity: -3,
    flags: 'write denyoom',
    keys: ['OW update 1', 'RO access 2..-1'],
    since: '1.0.0',
  },
})
