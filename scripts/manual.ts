// Writes the manual page, from the tables that the help is made of. `npm run readme`; a test checks
// that it was run.

import fs from 'node:fs'
import type { WholeCommand } from '../src/cli/commands.ts'
import { serverOptions } from '../src/cli/commands.ts'
import { COLOURS, EXAMPLES, SERVER_USAGE } from '../src/cli/help.ts'
import type { OptionTable } from '../src/cli/options.ts'
import { allCommands } from '../src/cli/subcommands.ts'
import { VERSION } from '../src/version.ts'

const MANUAL = new URL('../src/docs/redis-tls-mock.1', import.meta.url)

export async function manual(): Promise<string> {
  const commands = await allCommands()
  const { description } = JSON.parse(
    fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  )
  return [
    `.TH REDIS-TLS-MOCK 1 "" "redis-tls-mock ${VERSION}" "User Commands"`,
    '.SH NAME',
    `redis\\-tls\\-mock \\- ${escaped(description)}`,
    '.SH SYNOPSIS',
    ...SERVER_USAGE.flatMap(([usage]) => [`.B ${escaped(usage)}`, '.br']),
    '.B redis\\-tls\\-mock',
    '.I COMMAND',
    '[\\fIOPTION\\fR ...]',
    '.SH DESCRIPTION',
    ...SERVER_USAGE.flatMap(([usage, what]) => tagged(usage, what)),
    '.SH OPTIONS OF THE SERVER',
    'Beside every directive of redis.conf:',
    ...optionsOf(serverOptions()),
    '.SH COMMANDS',
    ...commands.flatMap(ofCommand),
    '.SH ENVIRONMENT',
    escaped(COLOURS),
    '.SH EXAMPLES',
    '.nf',
    ...EXAMPLES.map(escaped),
    '.fi',
    '',
  ].join('\n')
}

function ofCommand({ name, usage, what, options }: WholeCommand): string[] {
  return [
    `.SS ${escaped(`${name} ${usage}`.trimEnd())}`,
    escaped(`${what[0]?.toUpperCase()}${what.slice(1)}.`),
    ...(name === 'exec' ? ['The options are those of the server.'] : optionsOf(options)),
  ]
}

function optionsOf(options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, { value = '', what }]) =>
    what === undefined ? [] : tagged(`--${name}`, what, value),
  )
}

function tagged(name: string, what: string, value = ''): string[] {
  const shown = value === '' ? '' : ` \\fI${escaped(value)}\\fR`
  return ['.TP', `\\fB${escaped(name)}\\fR${shown}`, escaped(what)]
}

/** A line begins with no request, and dashes can be copied. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&')
}

if (process.argv[1]?.endsWith('manual.ts')) {
  fs.mkdirSync(new URL('.', MANUAL), { recursive: true })
  fs.writeFileSync(MANUAL, await manual())
}
