// What there is to say of commands for sets.

import type { CommandDocs } from './doc.ts'

export const SET_DOCS: CommandDocs = {
  sadd: {
    summary: 'Puts members into a set, and counts those that are new.',
    complexity: 'O(1) for each member',
    arguments: 'key#0 member*',
    history: ['2.4.0 Takes several members.'],
  },
  scard: {
    summary: 'Counts the members of a set.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  sdiff: {
    summary: 'Gives the members of the first set that are in none of the others.',
    complexity: 'O(N) for N members in all sets',
    arguments: 'key#0*',
  },
  sdiffstore: {
    summary: 'Stores the members of the first set that are in none of the others.',
    complexity: 'O(N) for N members in all sets',
    arguments: 'destination#0 key#1*',
  },
  sinter: {
    summary: 'Gives the members that all sets have.',
    complexity: 'O(N*M) for M sets, the smallest of N members',
    arguments: 'key#0*',
  },
  sintercard: {
    summary: 'Counts the members that all sets have.',
    complexity: 'O(N*M) for M sets, the smallest of N members',
    arguments: 'numkeys:integer key#0* [LIMIT limit:integer]',
  },
  sinterstore: {
    summary: 'Stores the members that all sets have.',
    complexity: 'O(N*M) for M sets, the smallest of N members',
    arguments: 'destination#0 key#1*',
  },
  sismember: {
    summary: 'Tells whether a set has a member.',
    complexity: 'O(1)',
    arguments: 'key#0 member',
  },
  smembers: {
    summary: 'Gives all members of a set.',
    complexity: 'O(N) for N members',
    arguments: 'key#0',
  },
  smismember: {
    summary: 'Tells of each of several members whether a set has it.',
    complexity: 'O(N) for N members',
    arguments: 'key#0 member*',
  },
  smove: {
    summary: 'Takes a member out of one set and puts it into another.',
    complexity: 'O(1)',
    arguments: 'source#0 destination#1 member',
  },
  spop: {
    summary: 'Takes members out of a set by chance.',
    complexity: 'O(1), or O(N) for a count of N',
    arguments: 'key#0 [count:integer@3.2.0]',
    history: ['3.2.0 Takes a count.'],
  },
  srandmember: {
    summary: 'Gives members of a set by chance.',
    complexity: 'O(1), or O(N) for a count of N',
    arguments: 'key#0 [count:integer@2.6.0]',
    history: ['2.6.0 Takes a count.'],
  },
  srem: {
    summary: 'Removes members of a set; without members the key goes too.',
    complexity: 'O(N) for N members',
    arguments: 'key#0 member*',
    history: ['2.4.0 Takes several members.'],
  },
  sscan: {
    summary: 'Goes through the members of a set, some with each call.',
    complexity: 'O(1) for a call, O(N) for all of N members',
    arguments: 'key#0 cursor:integer [MATCH pattern:pattern] [COUNT count:integer]',
  },
  sunion: {
    summary: 'Gives the members that any of the sets has.',
    complexity: 'O(N) for N members in all sets',
    arguments: 'key#0*',
  },
  sunionstore: {
    summary: 'Stores the members that any of the sets has.',
    complexity: 'O(N) for N members in all sets',
    arguments: 'destination#0 key#1*',
  },
}
