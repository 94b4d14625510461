// `redis-tls-mock acl …`: the subcommands about ACL rules. Each is loaded when it is called.

import { UsageError } from './options.ts'
import { print } from './out.ts'

interface AclCommand {
  readonly usage: string
  readonly what: string
  /** Resolves to the exit code. */
  readonly run: (words: readonly string[]) => Promise<number>
}

const COMMANDS: ReadonlyMap<string, AclCommand> = new Map<string, AclCommand>([
  [
    'explain',
    {
      usage: '--user NAME -- COMMAND',
      what: 'may a user run a command, by which rule, and what it lacks',
      run: async words => (await import('./acl-explain.ts')).aclExplain(words),
    },
  ],
  [
    'lint',
    {
      usage: 'FILE ...',
      what: 'dangerous, useless and unintended rules',
      run: async words => (await import('./acl-lint.ts')).aclLint(words),
    },
  ],
  [
    'test',
    {
      usage: 'FILE ...',
      what: 'tables of what users may and may not do',
      run: async words => (await import('./acl-test.ts')).aclTest(words),
    },
  ],
  [
    'matrix',
    {
      usage: 'FILE',
      what: 'users by commands or categories',
      run: async words => (await import('./acl-matrix.ts')).aclMatrix(words),
    },
  ],
  [
    'diff',
    {
      usage: 'BEFORE AFTER',
      what: 'what each user gained and lost',
      run: async words => (await import('./acl-diff.ts')).aclDiff(words),
    },
  ],
  [
    'learn',
    {
      usage: '-- COMMAND',
      what: 'the least rights that an application needs',
      run: async words => (await import('./acl-learn.ts')).aclLearn(words),
    },
  ],
  [
    'repl',
    {
      usage: '[--file FILE]',
      what: 'try rules out line by line, and solve exercises',
      run: async words => (await import('./acl-repl.ts')).aclRepl(words),
    },
  ],
])

/** Resolves to the exit code. */
export async function acl([name, ...words]: readonly string[]): Promise<number> {
  if (name === undefined || name === '-h' || name === '--help' || name === 'help') {
    return print(usage())
  }
  const command = COMMANDS.get(name)
  if (command !== undefined) return command.run(words)
  throw new UsageError(`There is no 'acl ${name}'. There are: ${[...COMMANDS.keys()].join(', ')}`)
}

function usage(): string {
  const lines = [...COMMANDS].map(([name, { usage, what }], i) => {
    const head = i === 0 ? 'Usage: ' : '       '
    return `${head}${`redis-tls-mock acl ${name} ${usage}`.padEnd(53)}  ${what}\n`
  })
  return `${lines.join('')}\nEach has --help.\n`
}
