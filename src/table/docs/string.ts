// What there is to say of commands for strings: texts, arrays of bits, and HyperLogLogs.

import type { CommandDocs } from './doc.ts'

export const STRING_DOCS: CommandDocs = {
  append: {
    summary: 'Adds text to the end of a string, or makes the string.',
    complexity: 'O(1), amortised',
    arguments: 'key#0 value',
  },
  bitcount: {
    summary: 'Counts the bits that are 1 in a string.',
    complexity: 'O(N)',
    arguments: 'key#0 [range(start:integer end:integer [unit(BYTE | BIT)@7.0.0])]',
    history: ['7.0.0 Takes BYTE and BIT.'],
  },
  bitfield: {
    summary: 'Reads, sets and increments integers of any width within a string.',
    complexity: 'O(1) for each operation',
    arguments:
      'key#0 [operation(GET get-block(encoding offset:integer) | write([OVERFLOW overflow-block(WRAP | SAT | FAIL)] write-operation(SET set-block(encoding offset:integer value:integer) | INCRBY incrby-block(encoding offset:integer increment:integer))))]*',
  },
  bitfield_ro: {
    summary: 'Reads integers of any width within a string.',
    complexity: 'O(1) for each operation',
    arguments: 'key#0 [GET get-block(encoding offset:integer)]**',
  },
  bitop: {
    summary: 'Combines strings bit by bit and stores the result.',
    complexity: 'O(N)',
    arguments: 'operation(AND | OR | XOR | NOT) destkey#0 key#1*',
  },
  bitpos: {
    summary: 'Finds the first bit of a string that is 0, or 1.',
    complexity: 'O(N)',
    arguments:
      'key#0 bit:integer [range(start:integer [end-unit-block(end:integer [unit(BYTE | BIT)@7.0.0])])]',
    history: ['7.0.0 Takes BYTE and BIT.'],
  },
  decr: {
    summary: 'Takes 1 from the integer in a string; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  decrby: {
    summary: 'Takes a number from the integer in a string; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0 decrement:integer',
  },
  get: {
    summary: 'Gives the string at a key.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  getbit: {
    summary: 'Gives one bit of a string.',
    complexity: 'O(1)',
    arguments: 'key#0 offset:integer',
  },
  getdel: {
    summary: 'Gives the string at a key and deletes the key.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  getex: {
    summary: 'Gives the string at a key and sets or takes away its expiry.',
    complexity: 'O(1)',
    arguments:
      'key#0 [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST)]',
  },
  getrange: {
    summary: 'Gives a part of a string, by its first and last byte.',
    complexity: 'O(N) for a reply of N bytes',
    arguments: 'key#0 start:integer end:integer',
  },
  getset: {
    summary: 'Sets a string and gives the one that was there.',
    complexity: 'O(1)',
    arguments: 'key#0 value',
    deprecated: '6.2.0 SET with GET',
  },
  incr: {
    summary: 'Adds 1 to the integer in a string; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  incrby: {
    summary: 'Adds a number to the integer in a string; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0 increment:integer',
  },
  incrbyfloat: {
    summary: 'Adds a decimal number to the one in a string; a missing one counts as 0.',
    complexity: 'O(1)',
    arguments: 'key#0 increment:double',
  },
  lcs: {
    summary: 'Gives the longest sequence of bytes that two strings have in common.',
    complexity: 'O(N*M) for strings of N and M bytes',
    arguments: 'key1#0 key2#0 [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]',
  },
  mget: {
    summary: 'Gives the strings at several keys.',
    complexity: 'O(N) for N keys',
    arguments: 'key#0*',
  },
  mset: {
    summary: 'Sets several keys to strings, all at once.',
    complexity: 'O(N) for N keys',
    arguments: 'data(key#0 value)*',
  },
  msetnx: {
    summary: 'Sets several keys to strings if none of them exists yet.',
    complexity: 'O(N) for N keys',
    arguments: 'data(key#0 value)*',
  },
  pfadd: {
    summary: 'Counts elements in a HyperLogLog, which is made if it is missing.',
    complexity: 'O(1) for each element',
    arguments: 'key#0 [element]*',
  },
  pfcount: {
    summary: 'Estimates how many different elements HyperLogLogs have counted together.',
    complexity: 'O(1) for one key, O(N) for N keys',
    arguments: 'key#0*',
  },
  pfdebug: {
    summary: 'Shows how a HyperLogLog is made up inside.',
    complexity: 'N/A',
    arguments: 'subcommand key#0',
    flags: ['syscmd'],
  },
  pfmerge: {
    summary: 'Stores the union of HyperLogLogs in the first of them.',
    complexity: 'O(N) for N keys',
    arguments: 'destkey#0 [sourcekey#1]*',
  },
  pfselftest: {
    summary: 'Tests the HyperLogLog functions of the server.',
    complexity: 'N/A',
    flags: ['syscmd'],
  },
  psetex: {
    summary: 'Sets a string that expires after some milliseconds.',
    complexity: 'O(1)',
    arguments: 'key#0 milliseconds:integer value',
    deprecated: '2.6.12 SET with PX',
  },
  set: {
    summary: 'Sets a key to a string, whatever it held before.',
    complexity: 'O(1)',
    arguments:
      'key#0 value [condition(NX | XX)@2.6.12] [GET@6.2.0] [expiration(EX seconds:integer@2.6.12 | PX milliseconds:integer@2.6.12 | EXAT unix-time-seconds:unix-time@6.2.0 | PXAT unix-time-milliseconds:unix-time@6.2.0 | KEEPTTL@6.0.0)]',
    history: [
      '2.6.12 Takes EX, PX, NX and XX.',
      '6.0.0 Takes KEEPTTL.',
      '6.2.0 Takes GET, EXAT and PXAT.',
      '7.0.0 NX and GET go together.',
    ],
  },
  setbit: {
    summary: 'Sets one bit of a string and gives what it was.',
    complexity: 'O(1)',
    arguments: 'key#0 offset:integer value:integer',
  },
  setex: {
    summary: 'Sets a string that expires after some seconds.',
    complexity: 'O(1)',
    arguments: 'key#0 seconds:integer value',
    deprecated: '2.6.12 SET with EX',
  },
  setnx: {
    summary: 'Sets a key to a string if it does not exist yet.',
    complexity: 'O(1)',
    arguments: 'key#0 value',
    deprecated: '2.6.12 SET with NX',
  },
  setrange: {
    summary: 'Writes over a part of a string, from an offset on; it grows as needed.',
    complexity: 'O(1), or O(M) for a long text of M bytes',
    arguments: 'key#0 offset:integer value',
  },
  strlen: {
    summary: 'Gives how many bytes a string has.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  substr: {
    summary: 'Gives a part of a string, as GETRANGE does.',
    complexity: 'O(N) for a reply of N bytes',
    arguments: 'key#0 start:integer end:integer',
    deprecated: '2.0.0 GETRANGE',
  },
}
