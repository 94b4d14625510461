// What there is to say of commands for hashes.

import type { CommandDocs } from './doc.ts'

export const HASH_DOCS: CommandDocs = {
  hdel: {
    summary: 'Removes fields of a hash; without fields the key goes too.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 field*',
    history: ['2.4.0 Takes several fields.'],
  },
  hexists: {
    summary: 'Tells whether a hash has a field.',
    complexity: 'O(1)',
    arguments: 'key#0 field',
  },
  hexpire: {
    summary: 'Makes fields of a hash expire after some seconds.',
    complexity: 'O(N) for N fields',
    arguments:
      'key#0 seconds:integer [condition(NX | XX | GT | LT)] FIELDS fields(numfields:integer field*)',
  },
  hexpireat: {
    summary: 'Makes fields of a hash expire at a time in seconds.',
    complexity: 'O(N) for N fields',
    arguments:
      'key#0 unix-time-seconds:unix-time [condition(NX | XX | GT | LT)] FIELDS fields(numfields:integer field*)',
  },
  hexpiretime: {
    summary: 'Tells at which time in seconds fields of a hash expire.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 FIELDS fields(numfields:integer field*)',
  },
  hget: {
    summary: 'Gives the value of one field of a hash.',
    complexity: 'O(1)',
    arguments: 'key#0 field',
  },
  hgetall: {
    summary: 'Gives all fields of a hash and their values.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0',
  },
  hgetdel: {
    summary: 'Gives the values of fields of a hash and removes the fields.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 FIELDS fields(numfields:integer field*)',
  },
  hgetex: {
    summary: 'Gives the values of fields of a hash and sets or takes away their expiry.',
    complexity: 'O(N) for N fields',
    arguments:
      'key#0 [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST)] FIELDS fields(numfields:integer field*)',
  },
  hincrby: {
    summary: 'Adds an integer to the one in a field of a hash; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0 field increment:integer',
  },
  hincrbyfloat: {
    summary: 'Adds a decimal number to the one in a field of a hash; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0 field increment:double',
  },
  hkeys: {
    summary: 'Lists the fields of a hash.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0',
  },
  hlen: {
    summary: 'Counts the fields of a hash.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  hmget: {
    summary: 'Gives the values of several fields of a hash.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 field*',
  },
  hmset: {
    summary: 'Sets fields of a hash.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 data(field value)*',
    deprecated: '4.0.0 HSET with several fields',
  },
  hpersist: {
    summary: 'Takes away the expiry of fields of a hash.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 FIELDS fields(numfields:integer field*)',
  },
  hpexpire: {
    summary: 'Makes fields of a hash expire after some milliseconds.',
    complexity: 'O(N) for N fields',
    arguments:
      'key#0 milliseconds:integer [condition(NX | XX | GT | LT)] FIELDS fields(numfields:integer field*)',
  },
  hpexpireat: {
    summary: 'Makes fields of a hash expire at a time in milliseconds.',
    complexity: 'O(N) for N fields',
    arguments:
      'key#0 unix-time-milliseconds:unix-time [condition(NX | XX | GT | LT)] FIELDS fields(numfields:integer field*)',
  },
  hpexpiretime: {
    summary: 'Tells at which time in milliseconds fields of a hash expire.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 FIELDS fields(numfields:integer field*)',
  },
  hpttl: {
    summary: 'Tells in how many milliseconds fields of a hash expire.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 FIELDS fields(numfields:integer field*)',
  },
  hrandfield: {
    summary: 'Gives fields of a hash by chance.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 [options(count:integer [WITHVALUES])]',
  },
  hscan: {
    summary: 'Goes through the fields of a hash, some with each call.',
    complexity: 'O(1) for a call, O(N) for all of N fields',
    arguments: 'key#0 cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOVALUES]',
  },
  hset: {
    summary: 'Sets fields of a hash, and counts those that are new.',
    complexity: 'O(1) for each field',
    arguments: 'key#0 data(field value)*',
    history: ['4.0.0 Takes several fields and values.'],
  },
  hsetex: {
    summary: 'Sets fields of a hash together with their expiry.',
    complexity: 'O(N) for N fields',
    arguments:
      'key#0 [condition(FNX | FXX)] [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL)] FIELDS fields(numfields:integer data(field value)*)',
  },
  hsetnx: {
    summary: 'Sets a field of a hash if it does not exist yet.',
    complexity: 'O(1)',
    arguments: 'key#0 field value',
  },
  hstrlen: {
    summary: 'Gives how many bytes the value of a field has.',
    complexity: 'O(1)',
    arguments: 'key#0 field',
  },
  httl: {
    summary: 'Tells in how many seconds fields of a hash expire.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0 FIELDS fields(numfields:integer field*)',
  },
  hvals: {
    summary: 'Lists the values of a hash.',
    complexity: 'O(N) for N fields',
    arguments: 'key#0',
  },
}
