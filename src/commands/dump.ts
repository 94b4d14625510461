import { family } from '../server/command.ts'

export const dump = family('generic', 'keyspace', {
  dump: {
    arity: 2,
    flags: 'readonly',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '2.6.0',
  },
  migrate: {
    arity: -6,
    flags: 'write',
    keys: ['RW access delete 3', 'RW access delete incomplete KEYS@-2..-1'],
    acl: 'dangerous keyspace',
    tips: 'nondeterministic_output',
    since: '2.6.0',
  },
  restore: {
    arity: -4,
    flags: 'write denyoom',
    keys: 'OW update 1',
    acl: 'dangerous keyspace',
    since: '2.6.0',
  },
  'restore-asking': {
    arity: -4,
    flags: 'write denyoom asking',
    keys: 'OW update 1',
    acl: 'dangerous keyspace',
    since: '3.0.0',
    group: 'server',
  },
})
