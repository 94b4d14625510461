// What there is to say of commands for keys of any type.

import type { CommandDocs } from './doc.ts'

export const GENERIC_DOCS: CommandDocs = {
  copy: {
    summary: 'Copies a value to another key.',
    complexity: 'O(1) for a string, else O(N) for N elements',
    arguments: 'source#0 destination#1 [DB destination-db:integer] [REPLACE]',
  },
  del: {
    summary: 'Deletes keys.',
    complexity: 'O(N) for N keys; one of M elements costs O(M)',
    arguments: 'key#0*',
  },
  dump: {
    summary: 'Gives a value in a form that RESTORE understands.',
    complexity: 'O(N*M) for N elements of mean size M',
    arguments: 'key#0',
  },
  exists: {
    summary: 'Counts how many of the keys exist.',
    complexity: 'O(N) for N keys',
    arguments: 'key#0*',
    history: ['3.0.3 Takes several keys.'],
  },
  expire: {
    summary: 'Makes a key expire after some seconds.',
    complexity: 'O(1)',
    arguments: 'key#0 seconds:integer [condition(NX | XX | GT | LT)@7.0.0]',
    history: ['7.0.0 Takes NX, XX, GT and LT.'],
  },
  expireat: {
    summary: 'Makes a key expire at a time in seconds.',
    complexity: 'O(1)',
    arguments: 'key#0 unix-time-seconds:unix-time [condition(NX | XX | GT | LT)@7.0.0]',
    history: ['7.0.0 Takes NX, XX, GT and LT.'],
  },
  expiretime: {
    summary: 'Tells at which time in seconds a key expires.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  keys: {
    summary: 'Lists the keys that match a pattern.',
    complexity: 'O(N) for N keys in the database',
    arguments: 'pattern:pattern',
  },
  migrate: {
    summary: 'Moves or copies keys to another server.',
    complexity: 'That of DUMP, DEL and RESTORE, and O(N) for N bytes sent',
    arguments:
      "host port:integer key-selector(key#0 | empty-string='') destination-db:integer timeout:integer [COPY@3.0.0] [REPLACE@3.0.0] [authentication(AUTH auth<password>@4.0.7 | AUTH2 auth2(username password)@6.0.0)] [KEYS keys<key>#1@3.0.6]*",
    history: [
      '3.0.0 Takes COPY and REPLACE.',
      '3.0.6 Takes KEYS.',
      '4.0.7 Takes AUTH.',
      '6.0.0 Takes AUTH2.',
    ],
  },
  move: {
    summary: 'Moves a key to another database of the same server.',
    complexity: 'O(1)',
    arguments: 'key#0 db:integer',
  },
  object: {
    summary: 'Tells what is known of the value at a key.',
    complexity: 'That of the subcommand',
  },
  'object|encoding': {
    summary: 'Names the form in which a value is kept in memory.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  'object|freq': {
    summary: 'Estimates how often a value is used, on a logarithmic scale.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  'object|help': {
    summary: 'Lists the subcommands of OBJECT.',
    complexity: 'O(1)',
  },
  'object|idletime': {
    summary: 'Tells for how many seconds nobody has used a value.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  'object|refcount': {
    summary: 'Tells how many references a value has.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  persist: {
    summary: 'Takes away the expiry of a key.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  pexpire: {
    summary: 'Makes a key expire after some milliseconds.',
    complexity: 'O(1)',
    arguments: 'key#0 milliseconds:integer [condition(NX | XX | GT | LT)@7.0.0]',
    history: ['7.0.0 Takes NX, XX, GT and LT.'],
  },
  pexpireat: {
    summary: 'Makes a key expire at a time in milliseconds.',
    complexity: 'O(1)',
    arguments: 'key#0 unix-time-milliseconds:unix-time [condition(NX | XX | GT | LT)@7.0.0]',
    history: ['7.0.0 Takes NX, XX, GT and LT.'],
  },
  pexpiretime: {
    summary: 'Tells at which time in milliseconds a key expires.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  pttl: {
    summary: 'Tells in how many milliseconds a key expires.',
    complexity: 'O(1)',
    arguments: 'key#0',
    history: ['2.8.0 Answers -2 where there is no key.'],
  },
  randomkey: {
    summary: 'Gives any one key of the database.',
    complexity: 'O(1)',
  },
  rename: {
    summary: 'Gives a key another name; what had that name is lost.',
    complexity: 'O(1)',
    arguments: 'key#0 newkey#1',
  },
  renamenx: {
    summary: 'Gives a key another name if nothing has it yet.',
    complexity: 'O(1)',
    arguments: 'key#0 newkey#1',
    history: ['3.2.0 A key may be renamed to its own name.'],
  },
  restore: {
    summary: 'Makes a key of what DUMP gave.',
    complexity: 'O(N*M) for N elements of mean size M; O(N*M*log(N)) for a sorted set',
    arguments:
      'key#0 ttl:integer serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds:integer@5.0.0] [FREQ frequency:integer@5.0.0]',
    history: ['3.0.0 Takes REPLACE.', '5.0.0 Takes ABSTTL.', '5.0.0 Takes IDLETIME and FREQ.'],
  },
  'restore-asking': {
    summary: 'As RESTORE, while a slot moves from one node of a cluster to another.',
    complexity: 'That of RESTORE',
    arguments:
      'key#0 ttl:integer serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds:integer@5.0.0] [FREQ frequency:integer@5.0.0]',
    flags: ['syscmd'],
    history: ['3.0.0 Takes REPLACE.', '5.0.0 Takes ABSTTL.', '5.0.0 Takes IDLETIME and FREQ.'],
  },
  scan: {
    summary: 'Goes through the keys of the database, some with each call.',
    complexity: 'O(1) for a call, O(N) for all of N keys',
    arguments: 'cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type@6.0.0]',
    history: ['6.0.0 Takes TYPE.'],
  },
  sort: {
    summary: 'Sorts a list, set or sorted set, and may store the result.',
    complexity: 'O(N+M*log(M)) for N elements and a reply of M; O(N) unsorted',
    arguments:
      'key#0 [BY by-pattern:pattern<pattern>#1] [LIMIT limit(offset:integer count:integer)] [GET get-pattern:pattern<pattern>#1]** [order(ASC | DESC)] [sorting=ALPHA] [STORE destination#2]',
  },
  sort_ro: {
    summary: 'Sorts a list, set or sorted set, and stores nothing.',
    complexity: 'O(N+M*log(M)) for N elements and a reply of M; O(N) unsorted',
    arguments:
      'key#0 [BY by-pattern:pattern<pattern>#1] [LIMIT limit(offset:integer count:integer)] [GET get-pattern:pattern<pattern>#1]** [order(ASC | DESC)] [sorting=ALPHA]',
  },
  touch: {
    summary: 'Counts the keys that exist, and marks them as just used.',
    complexity: 'O(N) for N keys',
    arguments: 'key#0*',
  },
  ttl: {
    summary: 'Tells in how many seconds a key expires.',
    complexity: 'O(1)',
    arguments: 'key#0',
    history: ['2.8.0 Answers -2 where there is no key.'],
  },
  type: {
    summary: 'Names the type of the value at a key.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  unlink: {
    summary: 'Deletes keys, and frees their memory later.',
    complexity: 'O(1) for each key, then O(N) for N allocations in the background',
    arguments: 'key#0*',
  },
  wait: {
    summary: 'Waits until replicas have the writes of this connection.',
    complexity: 'O(1)',
    arguments: 'numreplicas:integer timeout:integer',
  },
  waitaof: {
    summary:
      'Waits until the writes of this connection are in append-only files, here and on replicas.',
    complexity: 'O(1)',
    arguments: 'numlocal:integer numreplicas:integer timeout:integer',
  },
}
