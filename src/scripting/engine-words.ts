// What the engine's binary is told before and with a script, as it reads it: counts, words with
// their lengths, and the members of the redis table, all little-endian.

import type { NativeFunction } from './lua-stack.ts'

/** What the redis table is to have. */
export interface Members {
  readonly functions: Readonly<Record<string, NativeFunction>>
  readonly constants: Readonly<Record<string, number | string>>
}

// A count, then every word with its length, all little-endian.
export function encodedSize(words: readonly string[]): number {
  let size = 4
  for (const word of words) size += 4 + word.length
  return size
}

export function writeWords(words: readonly string[], out: Buffer, start: number): void {
  let at = out.writeUInt32LE(words.length, start)
  for (const word of words) {
    at = out.writeUInt32LE(word.length, at)
    at += out.write(word, at, 'latin1')
  }
}

// Constants, and for each function a closure that does nothing (kind 1, no value).
export function encodeMembers({ functions, constants }: Members): Buffer {
  const members: Buffer[] = []
  for (const name of Object.keys(functions)) members.push(member(name, Buffer.from([1, 0])))
  for (const [name, value] of Object.entries(constants)) {
    const encoded = Buffer.alloc(typeof value === 'number' ? 10 : 6 + value.length)
    encoded[1] = typeof value === 'number' ? 2 : 3
    if (typeof value === 'number') encoded.writeDoubleLE(value, 2)
    else {
      encoded.writeUInt32LE(value.length, 2)
      encoded.write(value, 6, 'latin1')
    }
    members.push(member(name, encoded))
  }
  const count = Buffer.alloc(4)
  count.writeUInt32LE(members.length)
  return Buffer.concat([count, ...members])
}

function member(name: string, value: Buffer): Buffer {
  const head = Buffer.alloc(4 + name.length)
  head.writeUInt32LE(name.length)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, value])
}
