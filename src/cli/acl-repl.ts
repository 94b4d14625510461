// `redis-tls-mock acl repl`: try rules out, line by line, and solve exercises. With a terminal it
// completes and remembers lines; from a pipe it reads them and ends.

import readline from 'node:readline'
import { readAclPolicy } from '../policy/policy.ts'
import { Workbench } from '../practice/workbench.ts'
import { fromText } from '../util/bytes.ts'
import { printableByteLines, printableBytes } from '../util/printable.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { print } from './out.ts'
import { readFileSource } from './policy-file.ts'
import { completions } from './repl-completion.ts'
import { Session } from './repl-session.ts'
import { readState, writeState } from './repl-state.ts'

export const REPL_OPTIONS = {
  file: {
    type: 'string',
    value: 'FILE',
    what: 'start with the users of this ACL file or redis.conf, which may also stand alone',
  },
  ...HELP,
} as const satisfies OptionTable

const REPL_USAGE = `Usage: redis-tls-mock acl repl [FILE]

Reads lines: ACL SETUSER and ACL DELUSER change users, any other command is judged for the current
user, and \\help shows the rest, among it a dozen exercises. Nothing is run. Progress and history
are kept in $XDG_STATE_HOME/redis-tls-mock; lines with passwords are not.

${optionLines(REPL_OPTIONS)}`

/** Resolves to the exit code. */
export async function aclRepl(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, REPL_OPTIONS)
  if (values.help) return print(REPL_USAGE)
  const [file, ...others] = values.file === undefined ? rest : [values.file, ...rest]
  if (others.length > 0) throw new UsageError('One file only')
  const bench = new Workbench()
  bench.load(file === undefined ? readAclPolicy('') : readFile(file))
  const session = new Session(bench, new Set(lines('progress')), solved => {
    writeState('progress', [...solved])
  })
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const reader = readline.createInterface({
    input: process.stdin,
    ...(isTerminal && {
      output: process.stdout,
      history: lines('history').toReversed(),
      completer: (line: string) => completions(line, bench),
    }),
  })
  const kept: string[] = lines('history')
  const ask = (): void => {
    if (!isTerminal) return
    reader.setPrompt(`${printableBytes(bench.current)}> `)
    reader.prompt()
  }
  if (isTerminal)
    print('ACL rules, tried out. \\help shows what there is, \\exercises the exercises.\n')
  ask()
  for await (const line of reader) {
    if (line.trim() !== '' && !hasSecret(line)) kept.push(line)
    print(printableByteLines(session.enter(fromText(line.trim()))))
    if (session.isOver) break
    ask()
  }
  reader.close()
  if (isTerminal) writeState('history', kept.slice(-HISTORY_MAX))
  return 0
}

const HISTORY_MAX = 500

function readFile(file: string) {
  const { policy } = readFileSource(file)
  const [problem] = policy.problems
  if (problem === undefined) return policy
  throw new UsageError(
    `${printableBytes(problem.file ?? fromText(file))}:${problem.line}:${problem.column}: ${printableBytes(problem.message)}`,
  )
}

function lines(name: string): string[] {
  return readState(name)
    .split('\n')
    .filter(line => line !== '')
}

/** Passwords and hashes stand behind > < # and !, and in AUTH and HELLO. */
function hasSecret(line: string): boolean {
  return /(?:^|[\s("'])[><#!]|^\s*(?:auth|hello|config|migrate)\b/i.test(line)
}
