// Replies as redis-cli shows them.

import type { Reply } from '../resp3/decoder.ts'
import { quoted, toText } from '../util/bytes.ts'

export function replyText(reply: Reply): string {
  return linesOf(reply).join('\n')
}

function linesOf(reply: Reply): string[] {
  switch (reply.type) {
    case 'simple':
      return [toText(reply.text)]
    case 'error':
      return [`(error) ${toText(reply.text)}`]
    case 'integer':
      return [`(integer) ${reply.value}`]
    case 'double':
      return [`(double) ${reply.value}`]
    case 'boolean':
      return [`(${reply.value})`]
    case 'null':
    case 'nullArray':
      return ['(nil)']
    case 'bulk':
    case 'big':
      return [quoted(reply.text)]
    case 'verbatim':
      return toText(reply.text).split('\n')
    case 'array':
    case 'set':
    case 'push':
      return listLines(reply.items.map(linesOf), ')')
    case 'map':
    case 'attribute':
      return pairLines(reply.pairs)
  }
}

function listLines(items: readonly string[][], mark: string): string[] {
  if (items.length === 0) return ['(empty array)']
  const width = String(items.length).length
  return items.flatMap((lines, i) => {
    const prefix = `${String(i + 1).padStart(width)}${mark} `
    return lines.map((line, j) => (j === 0 ? prefix : ' '.repeat(prefix.length)) + line)
  })
}

function pairLines(pairs: readonly (readonly [Reply, Reply])[]): string[] {
  if (pairs.length === 0) return ['(empty hash)']
  return pairs.flatMap(([key, value], i) => {
    const prefix = `${i + 1}# ${linesOf(key).join(' ')} => `
    return linesOf(value).map((line, j) => (j === 0 ? prefix : '   ') + line)
  })
}
