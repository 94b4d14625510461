import { family } from '../server/command.ts'

export const sort = family('generic', 'keyspace', {
  sort: {
    arity: -2,
    flags: 'write denyoom',
    keys: ['RO access 1', 'RO access ?', 'OW update ?'],
    acl: 'dangerous list set sortedset',
    notes: [
      undefined,
      "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
      "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    ],
    since: '1.0.0',
  },
  sort_ro: {
    arity: -2,
    flags: 'readonly',
    keys: ['RO access 1', 'RO access ?'],
    acl: 'dangerous list set sortedset',
    notes: [
      undefined,
      "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
    ],
    since: '7.0.0',
  },
})
