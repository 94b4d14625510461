// `redis-tls-mock completion`: what a shell has to know to complete command lines of the program.

import { PARAMETERS } from '../host/config/parameters.ts'
import { PROFILES } from '../testing/tls/profiles.ts'
import { serverOptions, type WholeCommand } from './commands.ts'
import { type CommandPlace, SCRIPTS, type Wanted } from './completion-scripts.ts'
import { HELP, type Option, type OptionTable, readOptions, UsageError } from './options.ts'
import { print, printScript } from './out.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

const COMPLETION_USAGE = `Usage: redis-tls-mock completion ${SHELLS.join('|')}

Writes a script by which the shell completes commands, options, profiles and files:

  source <(redis-tls-mock completion bash)       in ~/.bashrc
  source <(redis-tls-mock completion zsh)        in ~/.zshrc, behind compinit
  redis-tls-mock completion fish | source        in ~/.config/fish/config.fish
`

/** Resolves to the exit code. */
export async function completionFor(
  words: readonly string[],
  commands: readonly WholeCommand[],
): Promise<number> {
  const { values, rest } = readOptions(words, HELP)
  if (values.help) return print(COMPLETION_USAGE)
  const [name] = rest
  const shell = SHELLS.find(known => known === name)
  if (shell === undefined || rest.length > 1) {
    throw new UsageError(`Which shell? One of ${SHELLS.join(', ')}`)
  }
  return printScript(SCRIPTS[shell](placesOf(commands)))
}

/** The server itself, the groups, and the commands. */
function placesOf(commands: readonly WholeCommand[]): readonly CommandPlace[] {
  const groups = new Map<string, WholeCommand[]>()
  for (const command of commands) {
    const [group = '', member] = command.name.split(' ')
    if (member === undefined) continue
    groups.set(group, [...(groups.get(group) ?? []), command])
  }
  const firsts = commands
    .filter(({ name }) => !name.includes(' '))
    .map(({ name, what }) => ({ name, what }))
  const heads = Array.from(groups, ([name, members]) => ({
    name,
    what: members.map(member => member.name.slice(name.length + 1)).join(', '),
  }))
  const starts = [...firsts, ...heads]
  const server = { ...directives(), ...serverOptions(), ...OWN }
  return [
    { words: [], options: rows(server), next: starts, takesFiles: true },
    ...Array.from(groups, ([name, members]) => ({
      words: [name],
      options: rows(HELP_ONLY),
      next: members.map(member => ({ ...member, name: member.name.slice(name.length + 1) })),
      takesFiles: false,
    })),
    ...commands.map(({ name, usage, options }) => ({
      words: name.split(' '),
      options: rows({ ...options, ...HELP_ONLY }),
      next: name === 'help' ? starts : choicesIn(usage),
      takesFiles: /FILE|TABLE|BEFORE|COMMAND$/.test(usage) && name !== 'help',
    })),
  ]
}

const HELP_ONLY: OptionTable = { help: { type: 'boolean', what: 'all that it takes' } }
const OWN: OptionTable = {
  help: { type: 'boolean', what: 'all that there is' },
  version: { type: 'boolean', what: 'which version this is' },
}

/** Everything that stands in redis.conf. */
function directives(): OptionTable {
  const names = Object.keys(PARAMETERS)
  return Object.fromEntries(names.map(name => [name, { type: 'string', value: 'VALUE', what: '' }]))
}

function choicesIn(usage: string): CommandPlace['next'] {
  if (!/^\w+(\|\w+)+$/.test(usage)) return []
  return usage.split('|').map(name => ({ name, what: '' }))
}

function rows(options: OptionTable): CommandPlace['options'] {
  return Object.entries(options).flatMap(([name, option]) =>
    option.what === undefined ? [] : [{ name, what: option.what, wants: wantedBy(option) }],
  )
}

function wantedBy({ type, value = '', words }: Option): Wanted | undefined {
  if (type === 'boolean') return undefined
  const isList = value.endsWith(',...')
  if (words !== undefined) return { kind: isList ? 'list' : 'words', words }
  if (value === 'PROFILE') return { kind: 'words', words: PROFILES.map(({ name }) => name) }
  if (/^FILE\b/.test(value)) return { kind: 'files', words: [] }
  return { kind: value === 'DIR' ? 'folders' : 'anything', words: [] }
}
