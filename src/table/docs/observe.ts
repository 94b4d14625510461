// What there is to say of commands for how the server is doing.

import type { CommandDocs } from './doc.ts'

export const OBSERVE_DOCS: CommandDocs = {
  debug: {
    summary: 'Helps to find faults of the server.',
    complexity: 'That of the subcommand',
    flags: ['syscmd'],
  },
  latency: {
    summary: 'Tells what took the server long.',
    complexity: 'That of the subcommand',
  },
  'latency|doctor': {
    summary: 'Reports on what took long, in sentences.',
    complexity: 'O(1)',
  },
  'latency|graph': {
    summary: 'Draws a graph of one kind of event.',
    complexity: 'O(1)',
    arguments: 'event',
  },
  'latency|help': {
    summary: 'Lists the subcommands of LATENCY.',
    complexity: 'O(1)',
  },
  'latency|histogram': {
    summary: 'Tells how the times of commands are distributed.',
    complexity: 'O(N) for N commands',
    arguments: '[command]*',
  },
  'latency|history': {
    summary: 'Gives the times of one kind of event.',
    complexity: 'O(1)',
    arguments: 'event',
  },
  'latency|latest': {
    summary: 'Gives the last and the longest time of each kind of event.',
    complexity: 'O(1)',
  },
  'latency|reset': {
    summary: 'Forgets the times of some kinds of events, or of all.',
    complexity: 'O(1)',
    arguments: '[event]*',
  },
  memory: {
    summary: 'Tells what takes memory.',
    complexity: 'That of the subcommand',
  },
  'memory|doctor': {
    summary: 'Reports on the use of memory, in sentences.',
    complexity: 'O(1)',
  },
  'memory|help': {
    summary: 'Lists the subcommands of MEMORY.',
    complexity: 'O(1)',
  },
  'memory|malloc-stats': {
    summary: 'Shows the counters of the allocator.',
    complexity: 'Slow where much is allocated',
  },
  'memory|purge': {
    summary: 'Asks the allocator to give memory back.',
    complexity: 'Slow where much is allocated',
  },
  'memory|stats': {
    summary: 'Shows what takes how much memory.',
    complexity: 'O(1)',
  },
  'memory|usage': {
    summary: 'Estimates the memory that a key and its value take.',
    complexity: 'O(N) for N elements looked at',
    arguments: 'key#0 [SAMPLES count:integer]',
  },
  module: {
    summary: 'Loads, lists and removes modules.',
    complexity: 'That of the subcommand',
  },
  'module|help': {
    summary: 'Lists the subcommands of MODULE.',
    complexity: 'O(1)',
  },
  'module|list': {
    summary: 'Lists the modules that are loaded.',
    complexity: 'O(N) for N modules',
  },
  'module|load': {
    summary: 'Loads a module from a file.',
    complexity: 'O(1)',
    arguments: 'path [arg]*',
  },
  'module|loadex': {
    summary: 'Loads a module from a file, with settings of its own.',
    complexity: 'O(1)',
    arguments: 'path [CONFIG configs(name value)]** [ARGS args]*',
  },
  'module|unload': {
    summary: 'Removes a module.',
    complexity: 'O(1)',
    arguments: 'name',
  },
  monitor: {
    summary: 'Shows this connection every command as it is run.',
  },
  slowlog: {
    summary: 'Shows the commands that took long.',
    complexity: 'That of the subcommand',
  },
  'slowlog|get': {
    summary: 'Gives the newest entries of the slow log.',
    complexity: 'O(N) for N entries',
    arguments: '[count:integer]',
    history: ['4.0.0 Shows the address and name of the client.'],
  },
  'slowlog|help': {
    summary: 'Lists the subcommands of SLOWLOG.',
    complexity: 'O(1)',
  },
  'slowlog|len': {
    summary: 'Counts the entries of the slow log.',
    complexity: 'O(1)',
  },
  'slowlog|reset': {
    summary: 'Empties the slow log.',
    complexity: 'O(N) for N entries',
  },
}
