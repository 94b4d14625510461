// Requests of which words are only sizes, up to more than Redis takes: their bytes are made piece by
// piece, out of one block of letters, where the encoder of src/ would want the words themselves.

import type { Duplex } from 'node:stream'

/** A word, or how many bytes of 'a' it has. */
export type SizedWord = string | number
export type Sized = readonly SizedWord[]

const MB = 1024 * 1024
const LETTERS = Buffer.alloc(MB, 'a')

export function chunksOf(request: Sized): Buffer[] {
  const chunks: Buffer[] = []
  let text = `*${request.length}\r\n`
  const flush = (): void => {
    chunks.push(Buffer.from(text, 'latin1'))
    text = ''
  }
  for (const word of request) {
    text += `$${typeof word === 'number' ? word : word.length}\r\n`
    if (typeof word === 'number') {
      flush()
      for (let left = word; left > 0; left -= MB) {
        chunks.push(left < MB ? LETTERS.subarray(0, left) : LETTERS)
      }
    } else {
      text += word
    }
    text += '\r\n'
    if (text.length > MB) flush()
  }
  flush()
  return chunks
}

/** Writes at the pace of the other side, until it hangs up. */
export async function writeAll(socket: Duplex, chunks: readonly Buffer[]): Promise<void> {
  for (const chunk of chunks) {
    if (socket.destroyed) return
    if (socket.write(chunk)) continue
    await new Promise<void>(resolve => {
      const go = (): void => {
        socket.off('drain', go).off('close', go)
        resolve()
      }
      socket.on('drain', go).on('close', go)
    })
  }
}
