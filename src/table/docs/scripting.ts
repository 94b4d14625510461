// What there is to say of commands for scripts, functions and transactions.

import type { CommandDocs } from './doc.ts'

export const SCRIPTING_DOCS: CommandDocs = {
  discard: {
    summary: 'Throws the queued commands away and ends the transaction.',
    complexity: 'O(N) for N queued commands',
  },
  eval: {
    summary: 'Runs a Lua script.',
    complexity: 'That of the script',
    arguments: 'script numkeys:integer [key#0]* [arg]*',
  },
  eval_ro: {
    summary: 'Runs a Lua script that may not write.',
    complexity: 'That of the script',
    arguments: 'script numkeys:integer [key#0]* [arg]*',
  },
  evalsha: {
    summary: 'Runs a Lua script that the server knows by its SHA-1.',
    complexity: 'That of the script',
    arguments: 'sha1 numkeys:integer [key#0]* [arg]*',
  },
  evalsha_ro: {
    summary: 'Runs a Lua script that the server knows by its SHA-1, and that may not write.',
    complexity: 'That of the script',
    arguments: 'sha1 numkeys:integer [key#0]* [arg]*',
  },
  exec: {
    summary: 'Runs the queued commands, and nothing else between them.',
    complexity: 'That of the commands',
  },
  fcall: {
    summary: 'Calls a function of a loaded library.',
    complexity: 'That of the function',
    arguments: 'function numkeys:integer [key#0]* [arg]*',
  },
  fcall_ro: {
    summary: 'Calls a function of a loaded library, which may not write.',
    complexity: 'That of the function',
    arguments: 'function numkeys:integer [key#0]* [arg]*',
  },
  function: {
    summary: 'Loads, lists and removes libraries of functions.',
    complexity: 'That of the subcommand',
  },
  'function|delete': {
    summary: 'Removes a library with its functions.',
    complexity: 'O(1)',
    arguments: 'library-name',
  },
  'function|dump': {
    summary: 'Gives all libraries in a form that FUNCTION RESTORE understands.',
    complexity: 'O(N) for N functions',
  },
  'function|flush': {
    summary: 'Removes all libraries.',
    complexity: 'O(N) for N functions',
    arguments: '[flush-type(ASYNC | SYNC)]',
  },
  'function|help': {
    summary: 'Lists the subcommands of FUNCTION.',
    complexity: 'O(1)',
  },
  'function|kill': {
    summary: 'Stops the function that is running.',
    complexity: 'O(1)',
  },
  'function|list': {
    summary: 'Describes the libraries and their functions.',
    complexity: 'O(N) for N functions',
    arguments: '[LIBRARYNAME library-name-pattern] [WITHCODE]',
  },
  'function|load': {
    summary: 'Loads a library.',
    complexity: 'O(1), and the time to compile it',
    arguments: '[REPLACE] function-code',
  },
  'function|restore': {
    summary: 'Loads the libraries that FUNCTION DUMP gave.',
    complexity: 'O(N) for N functions',
    arguments: 'serialized-value [policy(FLUSH | APPEND | REPLACE)]',
  },
  'function|stats': {
    summary: 'Tells which function is running, and what the engines hold.',
    complexity: 'O(1)',
  },
  multi: {
    summary: 'Begins a transaction: commands are queued from now on.',
    complexity: 'O(1)',
  },
  script: {
    summary: 'Loads, finds and stops Lua scripts.',
    complexity: 'That of the subcommand',
  },
  'script|debug': {
    summary: 'Turns the debugger of scripts on or off.',
    complexity: 'O(1)',
    arguments: 'mode(YES | SYNC | NO)',
  },
  'script|exists': {
    summary: 'Tells of scripts, by their SHA-1, whether the server knows them.',
    complexity: 'O(N) for N scripts',
    arguments: 'sha1*',
  },
  'script|flush': {
    summary: 'Forgets all scripts.',
    complexity: 'O(N) for N scripts',
    arguments: '[flush-type(ASYNC | SYNC)@6.2.0]',
    history: ['6.2.0 Takes ASYNC and SYNC.'],
  },
  'script|help': {
    summary: 'Lists the subcommands of SCRIPT.',
    complexity: 'O(1)',
  },
  'script|kill': {
    summary: 'Stops the script that is running.',
    complexity: 'O(1)',
  },
  'script|load': {
    summary: 'Makes a script known, and gives its SHA-1.',
    complexity: 'O(N) for a script of N bytes',
    arguments: 'script',
  },
  unwatch: {
    summary: 'Takes back all WATCHes of this connection.',
    complexity: 'O(1)',
  },
  watch: {
    summary: 'Makes the next EXEC fail if one of the keys changes before it.',
    complexity: 'O(1) for each key',
    arguments: 'key#0*',
  },
}
