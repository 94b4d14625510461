// Many commands in one write: comparisons with a real server ask thousands of questions a test.

import type { Reply } from '../../src/resp3/decoder.ts'
import { encode, type Wire } from './wire.ts'

export async function pipeline(
  wire: Wire,
  commands: readonly (readonly string[])[],
): Promise<Reply[]> {
  wire.write(encode(...commands))
  const answers = await Promise.all(commands.map(() => wire.next()))
  return answers.map(({ reply }) => reply)
}
