// `redis-tls-mock help`, `--help`, `version` and `--version`: all that there is, from the table.

import { REDIS_VERSION } from '../host/version.ts'
import * as slips from '../util/suggest.ts'
import { VERSION } from '../version.ts'
import { COMMANDS, SERVER_OPTIONS } from './commands.ts'
import { tableLines } from './layout.ts'
import { UsageError } from './options.ts'
import { print } from './out.ts'

const BUILD = 'sha=00000000:0 malloc=libc bits=64 build=0000000000000000'

/** The first line is redis-server's, which scripts read. */
export const VERSION_LINES = `Redis server v=${REDIS_VERSION} ${BUILD}\nredis-tls-mock ${VERSION}\n`

/** What there is to the server's own command line. */
export const SERVER_USAGE = [
  ['redis-tls-mock', 'over TLS on port 6379, with demo certificates; says how to connect'],
  ['redis-tls-mock [FILE] [--DIRECTIVE VALUE ...] [-]', 'as redis-server; - is standard input'],
] as const

export const EXAMPLES = [
  'redis-tls-mock exec -- npm test',
  'redis-tls-mock --port 7777 --requirepass secret',
  'redis-tls-mock --tls-port auto --ready-file redis.json',
  'redis-tls-mock redis.conf --loglevel verbose',
] as const

export const COLOURS =
  'On a terminal results are in colour; NO_COLOR=1 is without, FORCE_COLOR=1 always with.'

/** All that there is. */
export function showHelp(): number {
  return print(helpText())
}

/** Resolves to the exit code. */
export async function version(words: readonly string[]): Promise<number> {
  if (words.some(isHelp)) return print('Usage: redis-tls-mock version\n')
  return print(VERSION_LINES)
}

/** What there is of a group, or what is wrong with a word after its name. */
export async function groupHelp(group: string, word: string): Promise<number> {
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${group} `))
  if (word === '' || isHelp(word)) {
    const rows = members.map(({ name, usage, what }, i) => [
      `${i === 0 ? 'Usage:' : '      '} redis-tls-mock ${name} ${usage}`.trimEnd(),
      what,
    ])
    return print(`${tableLines(rows).join('\n')}\n\nEach has --help.\n`)
  }
  const names = members.map(({ name }) => name.slice(group.length + 1))
  const near = slips.suggest(word, names)
  const hint = near === undefined ? '' : `Did you mean '${group} ${near}'? `
  throw new UsageError(`There is no '${group} ${word}'. ${hint}There are: ${names.join(', ')}`)
}

export function isHelp(word: string): boolean {
  return word === 'help' || word === '--help' || word === '-h'
}

/** What to say of a first word that is no command. */
export function noSuch(word: string): string {
  const names = COMMANDS.map(({ name }) => name)
  const groups = names.map(name => name.split(' ', 1)[0] ?? '')
  // Who leaves the group out means its member.
  const members = new Map(names.map(name => [name.split(' ').at(-1) ?? '', name]))
  const near = slips.suggest(word, new Set([...groups, ...members.keys()]))
  const meant = near === undefined || groups.includes(near) ? near : members.get(near)
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  return `There is no command '${word}'.${hint} See redis-tls-mock --help`
}

function helpText(): string {
  const blocks: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ['A server', SERVER_USAGE],
    ['Commands', COMMANDS.map(({ name, usage, what }) => [`${name} ${usage}`.trimEnd(), what])],
    [
      'Options of the server, beside every directive of redis.conf',
      SERVER_OPTIONS.map(({ name, value, what }) => [`${name} ${value}`.trimEnd(), what]),
    ],
    ['Examples', EXAMPLES.map(line => [line])],
  ]
  return [
    `redis-tls-mock ${VERSION}: an in-memory Redis ${REDIS_VERSION} for tests, TLS first\n`,
    ...blocks.map(([title, rows]) => `\n${title}:\n${indented(rows)}`),
    '\nEach command has --help. The server listens on the loopback interface only, unless `bind`',
    `\nsays otherwise.\n${COLOURS}\n`,
  ].join('')
}

function indented(rows: readonly (readonly string[])[]): string {
  return tableLines(rows)
    .map(line => `  ${line}\n`)
    .join('')
}
