// The rows of commands/geo.ts.

import { radiusKeys } from '../readers/geo-search.ts'
import { family } from '../row.ts'

export const GEO = family('geo', 'geo', {
  geoadd: {
    arity: -5,
    flags: 'write denyoom',
    keys: 'RW update 1',
    since: '3.2.0',
  },
  geodist: { arity: -4, flags: 'readonly', keys: 'RO access 1', since: '3.2.0' },
  geohash: { arity: -2, flags: 'readonly', keys: 'RO access 1', since: '3.2.0' },
  geopos: { arity: -2, flags: 'readonly', keys: 'RO access 1', since: '3.2.0' },
  georadius: {
    arity: -6,
    flags: 'write denyoom',
    keys: ['RO access 1', 'OW update STORE@6', 'OW update STOREDIST@6'],
    findKeys: args => radiusKeys(args, 6),
    since: '3.2.0',
  },
  georadius_ro: {
    arity: -6,
    flags: 'readonly',
    keys: 'RO access 1',
    since: '3.2.10',
  },
  georadiusbymember: {
    arity: -5,
    flags: 'write denyoom',
    keys: ['RO access 1', 'OW update STORE@5', 'OW update STOREDIST@5'],
    findKeys: args => radiusKeys(args, 5),
    since: '3.2.0',
  },
  georadiusbymember_ro: {
    arity: -5,
    flags: 'readonly',
    keys: 'RO access 1',
    since: '3.2.10',
  },
  geosearch: { arity: -7, flags: 'readonly', keys: 'RO access 1', since: '6.2.0' },
  geosearchstore: {
    arity: -8,
    flags: 'write denyoom',
    keys: ['OW update 1', 'RO access 2'],
    since: '6.2.0',
  },
})
