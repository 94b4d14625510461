// What a command line asks for: one of the program's commands, or a server. Each command is loaded
// when it is called, so that a server starts as fast as without them. A configuration file of such
// a name is given as ./certs.

import { COMMANDS, isMisspelt, type ProgramCommandName, SERVER_OPTIONS } from './commands.ts'

/** Resolves to the exit code. */
type Run = (words: readonly string[]) => Promise<number>

const RUNS: { readonly [Name in ProgramCommandName]: Run } = {
  exec: async words => (await import('./exec.ts')).exec(words),
  'acl explain': async words => (await import('./acl-explain.ts')).aclExplain(words),
  'acl lint': async words => (await import('./acl-lint.ts')).aclLint(words),
  'acl test': async words => (await import('./acl-test.ts')).aclTest(words),
  'acl matrix': async words => (await import('./acl-matrix.ts')).aclMatrix(words),
  'acl diff': async words => (await import('./acl-diff.ts')).aclDiff(words),
  'acl learn': async words => (await import('./acl-learn.ts')).aclLearn(words),
  'acl repl': async words => (await import('./acl-repl.ts')).aclRepl(words),
  'tls check': async words => (await import('./tls-check.ts')).tlsCheck(words),
  'tls explain': async words => (await import('./tls-explain.ts')).tlsExplain(words),
  'tls profiles': async words => (await import('./tls-profiles.ts')).tlsProfiles(words),
  certs: async words => (await import('./certs.ts')).certs(words),
  lab: async words => (await import('./lab.ts')).lab(words),
  help: async words => helpWith(words),
  version: async words => (await import('./help.ts')).version(words),
}

/** What words mean that begin with a command, or with the name of a group of them. */
interface Subcommand {
  readonly name: string
  readonly run: () => Promise<number>
}

/** Undefined if they begin with no such thing. */
function commandOf([first = '', ...rest]: readonly string[]): Subcommand | undefined {
  const command = COMMANDS.find(({ name }) => name === first)
  if (command !== undefined) return { name: first, run: () => RUNS[command.name](rest) }
  if (first === '' || !COMMANDS.some(({ name }) => name.startsWith(`${first} `))) return undefined
  const [word = '', ...others] = rest
  const member = COMMANDS.find(({ name }) => name === `${first} ${word}`)
  return {
    name: first,
    run: async () => {
      if (member !== undefined) return RUNS[member.name](others)
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
