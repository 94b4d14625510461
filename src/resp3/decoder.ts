// Replies back into values: for scripts, which see the replies of the commands they call, and for
// tests, which must tell every RESP type apart. Strict: what is not exactly one well-formed reply
// is an error.

export type Reply =
  | { readonly type: 'simple' | 'error' | 'bulk' | 'big'; readonly text: string }
  | { readonly type: 'verbatim'; readonly text: string; readonly format: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' | 'nullArray' }
  | { readonly type: 'array' | 'set' | 'push'; readonly items: readonly Reply[] }
  | { readonly type: 'map' | 'attribute'; readonly pairs: readonly (readonly [Reply, Reply])[] }

export interface Decoded {
  readonly reply: Reply
  /** Position after the reply. */
  readonly end: number
}

const INTEGER = /^-?\d+$/
const DOUBLE = /^(-?inf|nan|-?\d+(\.\d+)?(e[+-]?\d+)?)$/
const FORMAT_LENGTH = 3
const AGGREGATES = { '*': 'array', '~': 'set', '>': 'push' } as const

/** The reply that starts at a position, or undefined if it is not complete yet. */
export function decodeReply(bytes: Buffer, start = 0): Decoded | undefined {
  const lf = bytes.indexOf(10, start)
  if (lf < 0) return undefined
  const line = bytes.toString('latin1', start + 1, lf - 1)
  const type = String.fromCharCode(bytes[start] ?? 0)
  if (bytes[lf - 1] !== 13 || lf - 1 === start || line.includes('\r')) throw notAReply(type, line)
  const end = lf + 1
  switch (type) {
    case '$':
    case '=':
      return decodeBulk(bytes, type, readLength(line, type === '$'), end)
    case '*':
    case '~':
    case '>':
      return decodeItems(bytes, type, readLength(line, type === '*'), end)
    case '%':
    case '|':
      return decodePairs(bytes, type, readLength(line, false), end)
    default:
      return { reply: decodeLine(type, line), end }
  }
}

function notAReply(type: string, line: string): Error {
  return new Error(`Not a reply: ${JSON.stringify(`${type}${line.slice(0, 40)}`)}`)
}

function decodeLine(type: string, line: string): Reply {
  switch (type) {
    case '+':
      return { type: 'simple', text: line }
    case '-':
      return { type: 'error', text: line }
    case ':':
      if (INTEGER.test(line)) return { type: 'integer', value: BigInt(line) }
      break
    case '(':
      if (INTEGER.test(line)) return { type: 'big', text: line }
      break
    case ',':
      if (DOUBLE.test(line)) return { type: 'double', value: readDouble(line) }
      break
    case '#':
      if (line === 't' || line === 'f') return { type: 'boolean', value: line === 't' }
      break
    case '_':
      if (line === '') return { type: 'null' }
      break
  }
  throw notAReply(type, line)
}

/** A length; -1 only where it may stand for null. */
function readLength(line: string, mayBeNull: boolean): number {
  if (/^\d{1,10}$/.test(line) || (mayBeNull && line === '-1')) return Number(line)
  throw new Error(`Not a length: ${line.slice(0, 40)}`)
}

function readDouble(line: string): number {
  if (line === 'inf') return Number.POSITIVE_INFINITY
  if (line === '-inf') return Number.NEGATIVE_INFINITY
  return Number(line)
}

function decodeBulk(
  bytes: Buffer,
  type: '$' | '=',
  length: number,
  at: number,
): Decoded | undefined {
  if (length === -1) return { reply: { type: 'null' }, end: at }
  const end = at + length
  if (bytes.length < end + 2) return undefined
  if (bytes[end] !== 13 || bytes[end + 1] !== 10) throw new Error('Bulk string without its end')
  const text = bytes.toString('latin1', at, end)
  if (type === '$') return { reply: { type: 'bulk', text }, end: end + 2 }
  if (text[FORMAT_LENGTH] !== ':') throw notAReply(type, text)
  const format = text.slice(0, FORMAT_LENGTH)
  return { reply: { type: 'verbatim', format, text: text.slice(FORMAT_LENGTH + 1) }, end: end + 2 }
}

function decodeItems(
  bytes: Buffer,
  type: '*' | '~' | '>',
  length: number,
  from: number,
): Decoded | undefined {
  if (length === -1) return { reply: { type: 'nullArray' }, end: from }
  const items: Reply[] = []
  let at = from
  for (let i = 0; i < length; i++) {
    const item = decodeReply(bytes, at)
    if (item === undefined) return undefined
    items.push(item.reply)
    at = item.end
  }
  return { reply: { type: AGGREGATES[type], items }, end: at }
}

function decodePairs(
  bytes: Buffer,
  type: '%' | '|',
  length: number,
  from: number,
): Decoded | undefined {
  const pairs: (readonly [Reply, Reply])[] = []
  let at = from
  for (let i = 0; i < length; i++) {
    const key = decodeReply(bytes, at)
    const value = key && decodeReply(bytes, key.end)
    if (key === undefined || value === undefined) return undefined
    pairs.push([key.reply, value.reply])
    at = value.end
  }
  return { reply: { type: type === '%' ? 'map' : 'attribute', pairs }, end: at }
}
