// What a command line asks for: one of the program's commands, or a server. Each command is loaded
// when it is called, so that a server starts as fast as without them. A configuration file of such
// a name is given as ./certs.

import {
  COMMANDS,
  isMisspelt,
  type ProgramCommandName,
  SERVER_OPTIONS,
  serverOptions,
  type WholeCommand,
} from './commands.ts'
import type { OptionTable } from './options.ts'

/** Resolves to the exit code. */
type Run = (words: readonly string[]) => Promise<number>

interface Loaded {
  readonly run: Run
  /** Undefined if it takes none. */
  readonly options?: OptionTable
}

const LOADS: { readonly [Name in ProgramCommandName]: () => Promise<Loaded> } = {
  exec: async () => ({ run: (await import('./exec.ts')).exec, options: serverOptions() }),
  'acl explain': async () => {
    const { aclExplain: run, EXPLAIN_OPTIONS: options } = await import('./acl-explain.ts')
    return { run, options }
  },
  'acl lint': async () => {
    const { aclLint: run, LINT_OPTIONS: options } = await import('./acl-lint.ts')
    return { run, options }
  },
  'acl test': async () => {
    const { aclTest: run, TEST_OPTIONS: options } = await import('./acl-test.ts')
    return { run, options }
  },
  'acl matrix': async () => {
    const { aclMatrix: run, MATRIX_OPTIONS: options } = await import('./acl-matrix.ts')
    return { run, options }
  },
  'acl diff': async () => {
    const { aclDiff: run, DIFF_OPTIONS: options } = await import('./acl-diff.ts')
    return { run, options }
  },
  'acl learn': async () => {
    const { aclLearn: run, LEARN_OPTIONS: options } = await import('./acl-learn.ts')
    return { run, options }
  },
  'acl repl': async () => {
    const { aclRepl: run, REPL_OPTIONS: options } = await import('./acl-repl.ts')
    return { run, options }
  },
  'tls check': async () => {
    const { tlsCheck: run, CHECK_OPTIONS: options } = await import('./tls-check.ts')
    return { run, options }
  },
  'tls explain': async () => {
    const { tlsExplain: run, EXPLAIN_OPTIONS: options } = await import('./tls-explain.ts')
    return { run, options }
  },
  certs: async () => {
    const { certs: run, CERTS_OPTIONS: options } = await import('./certs.ts')
    return { run, options }
  },
  lab: async () => {
    const { lab: run, LAB_OPTIONS: options } = await import('./lab.ts')
    return { run, options }
  },
  'tls profiles': async () => ({ run: (await import('./tls-profiles.ts')).tlsProfiles }),
  help: async () => ({ run: helpWith }),
  completion: async () => {
    const { completionFor } = await import('./completion.ts')
    return { run: async words => completionFor(words, await allCommands()) }
  },
  version: async () => ({ run: (await import('./help.ts')).version }),
}

/** Every command, with the options that it takes. */
export async function allCommands(): Promise<readonly WholeCommand[]> {
  const loaded = COMMANDS.map(async command => {
    const { options = {} } = await LOADS[command.name]()
    return { ...command, options }
  })
  return Promise.all(loaded)
}

async function run(name: ProgramCommandName, words: readonly string[]): Promise<number> {
  return (await LOADS[name]()).run(words)
}

/** What words mean that begin with a command, or with the name of a group of them. */
interface Subcommand {
  readonly name: string
  readonly run: () => Promise<number>
}

/** Undefined if they begin with no such thing. */
function commandOf([first = '', ...rest]: readonly string[]): Subcommand | undefined {
  const command = COMMANDS.find(({ name }) => name === first)
  if (command !== undefined) return { name: first, run: () => run(command.name, rest) }
  if (first === '' || !COMMANDS.some(({ name }) => name.startsWith(`${first} `))) return undefined
  const [word = '', ...others] = rest
  const member = COMMANDS.find(({ name }) => name === `${first} ${word}`)
  return {
    name: first,
    run: async () => {
      if (member !== undefined) return run(member.name, others)
      return (await import('./help.ts')).groupHelp(first, word)
    },
  }
}

async function helpWith(words: readonly string[]): Promise<number> {
  const { isHelp, showHelp } = await import('./help.ts')
  const asked = words.filter(word => !isHelp(word))
  const [first] = asked
  if (first === undefined) return showHelp()
  const found = commandOf([...asked, '--help'])
  return found === undefined ? refuse(first) : found.run()
}

/** What the command line asks for, or undefined if that is a server like any other. */
export function subcommandOf(words: readonly string[]): (() => Promise<void>) | undefined {
  const found = commandOf(words) ?? standingFor(words)
  return found && (() => finish(found))
}

function standingFor(words: readonly string[]): Subcommand | undefined {
  const [word = ''] = words
  if (word === '-h' || word === '--help') {
    return { name: 'help', run: () => helpWith(words) }
  }
  if (word === '-v' || word === '--version') {
    return { name: 'version', run: async () => (await import('./help.ts')).version([]) }
  }
  if (isMisspelt(word)) return { name: '', run: () => refuse(word) }
  const own = words.find(isOwn)
  if (own === undefined && words.length > 0) return undefined
  return { name: own ?? '', run: async () => (await import('./serve.ts')).serveMore(words) }
}

async function refuse(word: string): Promise<number> {
  const [{ noSuch }, { UsageError }] = await Promise.all([
    import('./help.ts'),
    import('./options.ts'),
  ])
  throw new UsageError(noSuch(word))
}

const OWN: ReadonlySet<string> = new Set(SERVER_OPTIONS.map(({ name }) => name))

/** Whether it may be an option that redis-server has not; a port is one if it says `auto`. */
function isOwn(word: string, i: number, words: readonly string[]): boolean {
  const name = word.toLowerCase()
  return OWN.has(name) && (!name.endsWith('port') || words[i + 1] === 'auto')
}

/** Runs to its exit code; an error is told in one line. */
async function finish({ name, run }: Subcommand): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const { say } = await import('./out.ts')
    say(`${['redis-tls-mock', name].join(' ').trimEnd()}: ${text}`)
    process.exitCode = 2
  }
}
