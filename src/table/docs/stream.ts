// What there is to say of commands for streams.

import type { CommandDocs } from './doc.ts'

export const STREAM_DOCS: CommandDocs = {
  xack: {
    summary: 'Tells a group that entries are done with.',
    complexity: 'O(1) for each ID',
    arguments: 'key#0 group id*',
  },
  xadd: {
    summary: 'Puts an entry at the end of a stream, and may trim it.',
    complexity: 'O(1), and O(N) to trim N entries',
    arguments:
      "key#0 [NOMKSTREAM@6.2.0] [trim(strategy(MAXLEN | MINID@6.2.0) [operator(equal='=' | approximately='~')] threshold [LIMIT count:integer@6.2.0])] id-selector(auto-id='*' | id) data(field value)*",
    history: ['6.2.0 Takes NOMKSTREAM, MINID and LIMIT.', '7.0.0 An ID may be a time and a star.'],
  },
  xautoclaim: {
    summary:
      'Gives a consumer the entries that others have left unconfirmed for long, found as by a scan.',
    complexity: 'O(1) for a small COUNT',
    arguments: 'key#0 group consumer min-idle-time start [COUNT count:integer] [JUSTID]',
    history: ['7.0.0 Names the entries that were deleted meanwhile.'],
  },
  xclaim: {
    summary: 'Gives a consumer entries that another one got and has not confirmed.',
    complexity: 'O(log(N)) for N entries that are pending',
    arguments:
      'key#0 group consumer min-idle-time id* [IDLE ms:integer] [TIME unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] [FORCE] [JUSTID] [LASTID lastid]',
  },
  xdel: {
    summary: 'Deletes entries of a stream.',
    complexity: 'O(1) for each entry',
    arguments: 'key#0 id*',
  },
  xgroup: {
    summary: 'Makes, changes and removes groups of consumers.',
    complexity: 'That of the subcommand',
  },
  'xgroup|create': {
    summary: 'Makes a group that reads a stream from an ID on.',
    complexity: 'O(1)',
    arguments:
      "key#0 group id-selector(id | new-id='$') [MKSTREAM] [ENTRIESREAD entriesread:integer<entries-read>]",
    history: ['7.0.0 Takes ENTRIESREAD.'],
  },
  'xgroup|createconsumer': {
    summary: 'Adds a consumer to a group.',
    complexity: 'O(1)',
    arguments: 'key#0 group consumer',
  },
  'xgroup|delconsumer': {
    summary: 'Removes a consumer of a group, with what is pending for it.',
    complexity: 'O(1)',
    arguments: 'key#0 group consumer',
  },
  'xgroup|destroy': {
    summary: 'Removes a group.',
    complexity: 'O(N) for N entries that are pending',
    arguments: 'key#0 group',
  },
  'xgroup|help': {
    summary: 'Lists the subcommands of XGROUP.',
    complexity: 'O(1)',
  },
  'xgroup|setid': {
    summary: 'Sets from which ID on a group reads.',
    complexity: 'O(1)',
    arguments:
      "key#0 group id-selector(id | new-id='$') [ENTRIESREAD entriesread:integer<entries-read>]",
    history: ['7.0.0 Takes ENTRIESREAD.'],
  },
  xinfo: {
    summary: 'Tells what is known of streams and their groups.',
    complexity: 'That of the subcommand',
  },
  'xinfo|consumers': {
    summary: 'Lists the consumers of a group.',
    complexity: 'O(1)',
    arguments: 'key#0 group',
    history: ['7.2.0 Shows inactive, and idle counts from the last attempt.'],
  },
  'xinfo|groups': {
    summary: 'Lists the groups of a stream.',
    complexity: 'O(1)',
    arguments: 'key#0',
    history: ['7.0.0 Shows entries-read and lag.'],
  },
  'xinfo|help': {
    summary: 'Lists the subcommands of XINFO.',
    complexity: 'O(1)',
  },
  'xinfo|stream': {
    summary: 'Describes a stream.',
    complexity: 'O(1)',
    arguments: 'key#0 [full-block(FULL [COUNT count:integer])]',
    history: [
      '6.0.0 Takes FULL.',
      '7.0.0 Shows max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read and lag.',
      '7.2.0 Shows active-time, and seen-time counts from the last attempt.',
    ],
  },
  xlen: {
    summary: 'Counts the entries of a stream.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  xpending: {
    summary: 'Tells which entries a group has handed out and nobody has confirmed.',
    complexity: 'O(N) for a reply of N; O(M) for M entries looked at with IDLE',
    arguments:
      'key#0 group [filters([IDLE min-idle-time:integer@6.2.0] start end count:integer [consumer])]',
    history: ['6.2.0 Takes IDLE, and either end may be left out of the range.'],
  },
  xrange: {
    summary: 'Gives the entries from one ID to another.',
    complexity: 'O(N) for N entries',
    arguments: 'key#0 start end [COUNT count:integer]',
    history: ['6.2.0 Either end may be left out of the range.'],
  },
  xread: {
    summary:
      'Gives the entries after the IDs that are known, of several streams; may wait for some.',
    arguments: '[COUNT count:integer] [BLOCK milliseconds:integer] STREAMS streams(key#0* id*)',
  },
  xreadgroup: {
    summary: 'Gives a consumer entries that its group has not handed out yet; may wait for some.',
    complexity: 'O(M) for M entries of each stream',
    arguments:
      'GROUP group-block(group consumer) [COUNT count:integer] [BLOCK milliseconds:integer] [NOACK] STREAMS streams(key#0* id*)',
  },
  xrevrange: {
    summary: 'Gives the entries from one ID back to another.',
    complexity: 'O(N) for N entries',
    arguments: 'key#0 end start [COUNT count:integer]',
    history: ['6.2.0 Either end may be left out of the range.'],
  },
  xsetid: {
    summary: 'Sets the last ID of a stream.',
    complexity: 'O(1)',
    arguments:
      'key#0 last-id [ENTRIESADDED entries-added:integer@7.0.0] [MAXDELETEDID max-deleted-id@7.0.0]',
    history: ['7.0.0 Takes ENTRIESADDED and MAXDELETEDID.'],
  },
  xtrim: {
    summary: 'Deletes the oldest entries of a stream.',
    complexity: 'O(N) for N entries deleted',
    arguments:
      "key#0 trim(strategy(MAXLEN | MINID@6.2.0) [operator(equal='=' | approximately='~')] threshold [LIMIT count:integer@6.2.0])",
    history: ['6.2.0 Takes MINID and LIMIT.'],
  },
}
