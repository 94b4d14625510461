// Runs many `acl` subcommands in one process, which costs one start instead of many. A line of
// standard input is a folder and lists of words as JSON; a line of the answer is what each wrote
// and ended with.

import readline from 'node:readline'
import { subcommandOf } from '../../src/cli/subcommands.ts'

const write = process.stdout.write.bind(process.stdout)

async function run(words: readonly string[]): Promise<unknown> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array): boolean => {
      said[name] += String(chunk)
      return true
    }
  }
  await subcommandOf(['acl', ...words])?.()
  const err = said.stderr.replace(/^redis-tls-mock acl: /, '').trimEnd()
  return { code: process.exitCode, out: said.stdout, err }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { cwd, lists } = JSON.parse(line) as { cwd: string; lists: string[][] }
  process.chdir(cwd)
  const results: unknown[] = []
  for (const words of lists) results.push(await run(words))
  write(`${JSON.stringify(results)}\n`)
}
process.exitCode = 0
