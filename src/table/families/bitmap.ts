// The rows of commands/bitmap.ts.

import { bitfieldKeys } from '../readers/bitfield.ts'
import { family } from '../row.ts'

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
