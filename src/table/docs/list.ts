// What there is to say of commands for lists.

import type { CommandDocs } from './doc.ts'

export const LIST_DOCS: CommandDocs = {
  blmove: {
    summary: 'Moves an element from one list to another; waits for one.',
    complexity: 'O(1)',
    arguments:
      'source#0 destination#1 wherefrom(LEFT | RIGHT) whereto(LEFT | RIGHT) timeout:double',
  },
  blmpop: {
    summary: 'Takes elements from the first list that has some; waits for one.',
    complexity: 'O(N+M) for N keys and M elements',
    arguments: 'timeout:double numkeys:integer key#0* where(LEFT | RIGHT) [COUNT count:integer]',
  },
  blpop: {
    summary: 'Takes the first element of the first list that has one; waits for it.',
    complexity: 'O(N) for N keys',
    arguments: 'key#0* timeout:double',
    history: ['6.0.0 The timeout may be a fraction.'],
  },
  brpop: {
    summary: 'Takes the last element of the first list that has one; waits for it.',
    complexity: 'O(N) for N keys',
    arguments: 'key#0* timeout:double',
    history: ['6.0.0 The timeout may be a fraction.'],
  },
  brpoplpush: {
    summary: 'Moves the last element of one list to the front of another; waits for one.',
    complexity: 'O(1)',
    arguments: 'source#0 destination#1 timeout:double',
    deprecated: '6.2.0 BLMOVE with RIGHT and LEFT',
    history: ['6.0.0 The timeout may be a fraction.'],
  },
  lindex: {
    summary: 'Gives the element of a list at an index.',
    complexity: 'O(N) for N elements up to it; O(1) at either end',
    arguments: 'key#0 index:integer',
  },
  linsert: {
    summary: 'Puts an element before or after another one of a list.',
    complexity: 'O(N) for N elements up to the other one',
    arguments: 'key#0 where(BEFORE | AFTER) pivot element',
  },
  llen: {
    summary: 'Counts the elements of a list.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  lmove: {
    summary: 'Moves an element from one end of a list to an end of another.',
    complexity: 'O(1)',
    arguments: 'source#0 destination#1 wherefrom(LEFT | RIGHT) whereto(LEFT | RIGHT)',
  },
  lmpop: {
    summary: 'Takes elements from the first list that has some.',
    complexity: 'O(N+M) for N keys and M elements',
    arguments: 'numkeys:integer key#0* where(LEFT | RIGHT) [COUNT count:integer]',
  },
  lpop: {
    summary: 'Takes elements from the front of a list.',
    complexity: 'O(N) for N elements',
    arguments: 'key#0 [count:integer@6.2.0]',
    history: ['6.2.0 Takes a count.'],
  },
  lpos: {
    summary: 'Tells at which indexes of a list an element is.',
    complexity: 'O(N) for N elements',
    arguments: 'key#0 element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]',
  },
  lpush: {
    summary: 'Puts elements at the front of a list.',
    complexity: 'O(1) for each element',
    arguments: 'key#0 element*',
    history: ['2.4.0 Takes several elements.'],
  },
  lpushx: {
    summary: 'Puts elements at the front of a list that exists already.',
    complexity: 'O(1) for each element',
    arguments: 'key#0 element*',
    history: ['4.0.0 Takes several elements.'],
  },
  lrange: {
    summary: 'Gives the elements of a list from one index to another.',
    complexity: 'O(S+N) for N elements that begin S from an end',
    arguments: 'key#0 start:integer stop:integer',
  },
  lrem: {
    summary: 'Removes elements of a list that equal a value.',
    complexity: 'O(N+M) for N elements of which M are removed',
    arguments: 'key#0 count:integer element',
  },
  lset: {
    summary: 'Replaces the element of a list at an index.',
    complexity: 'O(N) for N elements; O(1) at either end',
    arguments: 'key#0 index:integer element',
  },
  ltrim: {
    summary: 'Cuts a list down to a range of indexes.',
    complexity: 'O(N) for N elements removed',
    arguments: 'key#0 start:integer stop:integer',
  },
  rpop: {
    summary: 'Takes elements from the end of a list.',
    complexity: 'O(N) for N elements',
    arguments: 'key#0 [count:integer@6.2.0]',
    history: ['6.2.0 Takes a count.'],
  },
  rpoplpush: {
    summary: 'Moves the last element of one list to the front of another.',
    complexity: 'O(1)',
    arguments: 'source#0 destination#1',
    deprecated: '6.2.0 LMOVE with RIGHT and LEFT',
  },
  rpush: {
    summary: 'Puts elements at the end of a list.',
    complexity: 'O(1) for each element',
    arguments: 'key#0 element*',
    history: ['2.4.0 Takes several elements.'],
  },
  rpushx: {
    summary: 'Puts elements at the end of a list that exists already.',
    complexity: 'O(1) for each element',
    arguments: 'key#0 element*',
    history: ['4.0.0 Takes several elements.'],
  },
}
