// What the program can do beside being a server: the one table, of which the help, the completion
// of shells and the manual are made. How each is run is in subcommands.ts.

import { existsSync } from 'node:fs'
import type { OptionTable } from './options.ts'

export interface ProgramCommand {
  /** One word, or a group and a word: `acl lint`. */
  readonly name: string
  /** What may follow the name. */
  readonly usage: string
  readonly what: string
}

export const COMMANDS = [
  {
    name: 'exec',
    usage: '[OPTION ...] -- COMMAND',
    what: 'run a program beside a server of its own, which it finds in REDIS_URL',
  },
  {
    name: 'acl explain',
    usage: '--user NAME -- COMMAND',
    what: 'may a user run a command, by which rule, and what it lacks',
  },
  {
    name: 'acl lint',
    usage: 'FILE ...',
    what: 'dangerous, useless and unintended rules',
  },
  {
    name: 'acl test',
    usage: 'FILE ...',
    what: 'tables of what users may and may not do',
  },
  {
    name: 'acl matrix',
    usage: 'FILE',
    what: 'users by commands or categories',
  },
  {
    name: 'acl diff',
    usage: 'BEFORE AFTER',
    what: 'what each user gained and lost',
  },
  {
    name: 'acl learn',
    usage: '-- COMMAND',
    what: 'the least rights that an application needs',
  },
  {
    name: 'acl repl',
    usage: '[FILE]',
    what: 'try rules out line by line, and solve exercises',
  },
  {
    name: 'tls check',
    usage: '[OPTION ...] -- COMMAND',
    what: 'play TLS faults to a program, and judge what it does',
  },
  {
    name: 'tls explain',
    usage: 'URL ...',
    what: 'why a server cannot be reached, step by step',
  },
  {
    name: 'tls profiles',
    usage: '',
    what: 'the TLS faults that there are',
  },
  {
    name: 'certs',
    usage: '[OPTION ...]',
    what: 'an authority for tests, and certificates that it signs',
  },
  {
    name: 'lab',
    usage: '[FILE]',
    what: 'a page to practise ACL rules on, with a server of its own',
  },
  {
    name: 'help',
    usage: '[COMMAND]',
    what: 'this list, or all that a command takes',
  },
  {
    name: 'completion',
    usage: 'bash|zsh|fish',
    what: 'a script by which a shell completes commands and options',
  },
  {
    name: 'version',
    usage: '',
    what: 'which version this is, and which Redis it stands for',
  },
] as const satisfies readonly ProgramCommand[]

/** With the options that it takes, without the dashes. */
export interface WholeCommand extends ProgramCommand {
  readonly options: OptionTable
}

export type ProgramCommandName = (typeof COMMANDS)[number]['name']

/** A first word that can only be a command's: files have a slash or a dot in it, or are there. */
export function isMisspelt(word: string): boolean {
  return /^[^-]/.test(word) && !/[./]/.test(word) && !existsSync(word)
}

/** Options of the server that redis-server has not. */
export interface ServerOption {
  readonly name: string
  /** What follows it: nothing, words to choose from, or a word that says what is wanted. */
  readonly value: string
  readonly what: string
}

export const SERVER_OPTIONS: readonly ServerOption[] = [
  {
    name: '--port',
    value: 'auto',
    what: 'any free port (0 means none, as in Redis); see --ready-file',
  },
  {
    name: '--tls-port',
    value: 'auto',
    what: 'the same over TLS; the demo certificates will do',
  },
  {
    name: '--ready-file',
    value: 'FILE',
    what: 'written when the server listens: JSON with host, port, url, pid, tls',
  },
  {
    name: '--json',
    value: '',
    what: 'that JSON as one line on standard output; the log goes to standard error',
  },
  {
    name: '--tls-profile',
    value: 'PROFILE',
    what: 'a TLS fault, or valid: see tls profiles',
  },
  {
    name: '--tls-host',
    value: 'NAME,...',
    what: 'what its certificate is for, beside localhost: names of containers, addresses',
  },
  {
    name: '--tls-profile-dir',
    value: 'DIR',
    what: 'where clients find their certificate and key (default: a temporary folder)',
  },
  {
    name: '--mock-command',
    value: '',
    what: 'knows MOCK: tests in any language move its clock, break it and look into it',
  },
  {
    name: '--replicas',
    value: 'N',
    what: 'so many replicas beside it, in sync, on free ports, which the JSON names too',
  },
  {
    name: '--rdb-version',
    value: '10|11|12',
    what: 'writes RDB files and DUMP payloads for Redis 7.0, 7.2 or 7.4 (default: 12, of 7.4)',
  },
]

/** The same as commands have them. */
export function serverOptions(): OptionTable {
  const options = SERVER_OPTIONS.map(({ name, value, what }) => {
    const type = value === '' ? 'boolean' : 'string'
    const words = value === 'auto' ? { words: [value] } : {}
    return [name.slice(2), { type, value, ...words, what }] as const
  })
  return Object.fromEntries(options)
}
