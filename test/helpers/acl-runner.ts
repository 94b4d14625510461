// Runs many `acl` subcommands in one process, which costs one start instead of many. A line of
// standard input is a folder and lists of words as JSON; a line of the answer is what each wrote
// and ended with.

import readline from 'node:readline'
import { acl } from '../../src/cli/acl.ts'

const write = process.stdout.write.bind(process.stdout)

async function run(words: readonly string[]): Promise<unknown> {
  let out = ''
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    out += String(chunk)
    return true
  }
  try {
    return { code: await acl(words), out, err: '' }
  } catch (error) {
    return { code: 2, out, err: error instanceof Error ? error.message : String(error) }
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { cwd, lists } = JSON.parse(line) as { cwd: string; lists: string[][] }
  process.chdir(cwd)
  const results: unknown[] = []
  for (const words of lists) results.push(await run(words))
  write(`${JSON.stringify(results)}\n`)
}
