// What there is to say of commands for the server as a whole.

import type { CommandDocs } from './doc.ts'

export const SERVER_DOCS: CommandDocs = {
  acl: {
    summary: 'Shows and changes users and their rights.',
    complexity: 'That of the subcommand',
  },
  'acl|cat': {
    summary: 'Lists the categories, or the commands in one of them.',
    complexity: 'O(1)',
    arguments: '[category]',
  },
  'acl|deluser': {
    summary: 'Deletes users and ends their connections.',
    complexity: 'O(1), amortised',
    arguments: 'username*',
  },
  'acl|dryrun': {
    summary: 'Tells whether a user may run a command, without running it.',
    complexity: 'O(1)',
    arguments: 'username command [arg]*',
  },
  'acl|genpass': {
    summary: 'Makes up a password that nobody can guess.',
    complexity: 'O(1)',
    arguments: '[bits:integer]',
  },
  'acl|getuser': {
    summary: 'Shows the rules of one user.',
    complexity: 'O(N) for N rules',
    arguments: 'username',
    history: [
      '6.2.0 Shows channels.',
      '7.0.0 Shows selectors; keys and channels are shown as rules.',
    ],
  },
  'acl|help': {
    summary: 'Lists the subcommands of ACL.',
    complexity: 'O(1)',
  },
  'acl|list': {
    summary: 'Shows the users as lines of an ACL file.',
    complexity: 'O(N) for N users',
  },
  'acl|load': {
    summary: 'Takes the users from the ACL file.',
    complexity: 'O(N) for N users',
  },
  'acl|log': {
    summary: 'Shows which requests were refused, or forgets them.',
    complexity: 'O(N) for N entries',
    arguments: '[operation(count:integer | RESET)]',
    history: ["7.2.0 Shows an entry's ID and when it was made and last changed."],
  },
  'acl|save': {
    summary: 'Writes the users to the ACL file.',
    complexity: 'O(N) for N users',
  },
  'acl|setuser': {
    summary: 'Makes a user, or changes one, by rules.',
    complexity: 'O(N) for N rules',
    arguments: 'username [rule]*',
    history: [
      '6.2.0 Takes channels.',
      '7.0.0 Takes selectors, and keys that may only be read or written.',
    ],
  },
  'acl|users': {
    summary: 'Lists the names of the users.',
    complexity: 'O(N) for N users',
  },
  'acl|whoami': {
    summary: 'Tells as which user this connection is logged in.',
    complexity: 'O(1)',
  },
  bgrewriteaof: {
    summary: 'Writes a new, shorter append-only file in the background.',
    complexity: 'O(1)',
  },
  bgsave: {
    summary: 'Saves the data to a file in the background.',
    complexity: 'O(1)',
    arguments: '[SCHEDULE@3.2.2]',
    history: ['3.2.2 Takes SCHEDULE.'],
  },
  command: {
    summary: 'Describes all commands.',
    complexity: 'O(N) for N commands',
  },
  'command|count': {
    summary: 'Counts the commands.',
    complexity: 'O(1)',
  },
  'command|docs': {
    summary: 'Documents commands: what they do, and what they take.',
    complexity: 'O(N) for N commands',
    arguments: '[command-name]*',
  },
  'command|getkeys': {
    summary: 'Tells which words of a command are keys.',
    complexity: 'O(N) for N words',
    arguments: 'command [arg]*',
  },
  'command|getkeysandflags': {
    summary: 'Tells which words of a command are keys, and what is done to them.',
    complexity: 'O(N) for N words',
    arguments: 'command [arg]*',
  },
  'command|help': {
    summary: 'Lists the subcommands of COMMAND.',
    complexity: 'O(1)',
  },
  'command|info': {
    summary: 'Describes some commands, or all.',
    complexity: 'O(N) for N commands',
    arguments: '[command-name]*',
    history: ['7.0.0 May be sent alone, for all commands.'],
  },
  'command|list': {
    summary: 'Lists the names of commands.',
    complexity: 'O(N) for N commands',
    arguments:
      '[FILTERBY filterby(MODULE module-name | ACLCAT category | PATTERN pattern:pattern)]',
  },
  config: {
    summary: 'Shows and changes settings.',
    complexity: 'That of the subcommand',
  },
  'config|get': {
    summary: 'Shows the settings that match patterns.',
    complexity: 'O(N) for N patterns',
    arguments: 'parameter*',
    history: ['7.0.0 Takes several patterns.'],
  },
  'config|help': {
    summary: 'Lists the subcommands of CONFIG.',
    complexity: 'O(1)',
  },
  'config|resetstat': {
    summary: 'Sets the counters of INFO back to 0.',
    complexity: 'O(1)',
  },
  'config|rewrite': {
    summary: 'Writes the settings to the configuration file.',
    complexity: 'O(1)',
  },
  'config|set': {
    summary: 'Changes settings.',
    complexity: 'O(N) for N settings',
    arguments: 'data(parameter value)*',
    history: ['7.0.0 Takes several settings.'],
  },
  dbsize: {
    summary: 'Counts the keys of the database.',
    complexity: 'O(1)',
  },
  failover: {
    summary: 'Makes a replica take the place of this primary.',
    complexity: 'O(1)',
    arguments: '[TO target(host port:integer [FORCE])] [ABORT] [TIMEOUT milliseconds:integer]',
  },
  flushall: {
    summary: 'Deletes all keys of all databases.',
    complexity: 'O(N) for N keys',
    arguments: '[flush-type(ASYNC@4.0.0 | SYNC@6.2.0)]',
    history: ['4.0.0 Takes ASYNC.', '6.2.0 Takes SYNC.'],
  },
  flushdb: {
    summary: 'Deletes all keys of the database.',
    complexity: 'O(N) for N keys',
    arguments: '[flush-type(ASYNC@4.0.0 | SYNC@6.2.0)]',
    history: ['4.0.0 Takes ASYNC.', '6.2.0 Takes SYNC.'],
  },
  info: {
    summary: 'Reports on the state of the server, and its counters.',
    complexity: 'O(1)',
    arguments: '[section]*',
    history: ['7.0.0 Takes several sections.'],
  },
  lastsave: {
    summary: 'Tells when the data was last saved.',
    complexity: 'O(1)',
  },
  lolwut: {
    summary: 'Draws a picture, and tells the version.',
    arguments: '[VERSION version:integer]',
  },
  psync: {
    summary: 'Is how a replica asks for the data and what follows.',
    arguments: 'replicationid offset:integer',
  },
  replconf: {
    summary: 'Is how a replica tells its primary about itself.',
    complexity: 'O(1)',
    flags: ['syscmd'],
  },
  replicaof: {
    summary: 'Makes the server a replica of another, or a primary again.',
    complexity: 'O(1)',
    arguments: 'args(host-port(host port:integer) | no-one(NO ONE))',
  },
  role: {
    summary: 'Tells whether the server is a primary or a replica.',
    complexity: 'O(1)',
  },
  save: {
    summary: 'Saves the data to a file while everybody waits.',
    complexity: 'O(N) for N keys',
  },
  shutdown: {
    summary: 'Ends the server, and may save the data first.',
    complexity: 'O(N) for N keys to save, else O(1)',
    arguments: '[save-selector(NOSAVE | SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]',
    history: ['7.0.0 Takes NOW, FORCE and ABORT.'],
  },
  slaveof: {
    summary: 'Makes the server a replica of another, or a primary again.',
    complexity: 'O(1)',
    arguments: 'args(host-port(host port:integer) | no-one(NO ONE))',
    deprecated: '5.0.0 REPLICAOF',
  },
  swapdb: {
    summary: 'Exchanges two databases.',
    complexity: 'O(N) for N clients that watch keys or wait for them',
    arguments: 'index1:integer index2:integer',
  },
  sync: {
    summary: 'Is how old replicas ask for the data.',
  },
  time: {
    summary: 'Tells the time of the server.',
    complexity: 'O(1)',
  },
}
