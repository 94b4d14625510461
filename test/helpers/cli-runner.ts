// Runs many subcommands of the program in one process, which costs one start instead of many. A line
// of standard input is a list of words as JSON; a line of the answer is all that was written, to
// wherever a terminal may be, in base64, and the exit code.

import readline from 'node:readline'
import { subcommandOf } from '../../src/cli/subcommands.ts'

const write = process.stdout.write.bind(process.stdout)

function capture(): Buffer[] {
  const chunks: Buffer[] = []
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk: string | Uint8Array): boolean => {
      chunks.push(Buffer.from(chunk as string))
      return true
    }
  }
  return chunks
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const chunks = capture()
  await subcommandOf(JSON.parse(line))?.()
  const said = Buffer.concat(chunks).toString('base64')
  write(`${JSON.stringify({ said, code: process.exitCode ?? 0 })}\n`)
}
process.exitCode = 0
