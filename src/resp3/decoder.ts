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

/** The reply that starts at a position, or undefined if it is not complete yet. */
export function decodeReply(bytes: Buffer, start = 0): Decoded | undefined {
  const cr = bytes.indexOf('\r\n', start, 'latin1')
  if (cr < 0) return undefined
  const line = bytes.toString('latin1', start + 1, cr)
  const end = cr + 2
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '+':
      return { reply: { type: 'simple', text: line }, end }
    case '-':
      return { reply: { type: 'error', text: line }, end }
    case ':':
      return { reply: { type: 'integer', value: BigInt(line) }, end }
    case '(':
      return { reply: { type: 'big', text: line }, end }
    case ',':
      return { reply: { type: 'double', value: readDouble(line) }, end }
    case '#':
      return { reply: { type: 'boolean', value: line === 't' }, end }
    case '_':
      return { reply: { type: 'null' }, end }
    case '$':
    case '=':
      return decodeBulk(bytes, start, readLength(line), end)
    case '*':
    case '~':
    case '>':
      return decodeItems(bytes, start, readLength(line), end)
    case '%':
    case '|':
      return decodePairs(bytes, start, readLength(line), end)
    default:
      throw new Error(`Not a reply: ${bytes.toString('latin1', start, Math.min(cr, start + 40))}`)
  }
}

function readLength(line: string): number {
  if (!/^(-1|\d+)$/.test(line)) throw new Error(`Not a length: ${line}`)
  return Number(line)
}

function readDouble(line: string): number {
  if (line === 'inf') return Number.POSITIVE_INFINITY
  if (line === '-inf') return Number.NEGATIVE_INFINITY
  return Number(line)
}

function decodeBulk(bytes: Buffer, start: number, length: number, at: number): Decoded | undefined {
  if (length === -1) return { reply: { type: 'null' }, end: at }
  const end = at + length
  if (bytes.length < end + 2) return undefined
  if (bytes[end] !== 13 || bytes[end + 1] !== 10) throw new Error('Bulk string without its end')
  const text = bytes.toString('latin1', at, end)
  const reply: Reply =
    bytes[start] === 61
      ? { type: 'verbatim', format: text.slice(0, 3), text: text.slice(4) }
      : { type: 'bulk', text }
  return { reply, end: end + 2 }
}

function decodeItems(
  bytes: Buffer,
  start: number,
  length: number,
  from: number,
): Decoded | undefined {
  if (length === -1) return { reply: { type: 'nullArray' }, end: from }
  const type = bytes[start] === 42 ? 'array' : bytes[start] === 126 ? 'set' : 'push'
  const items: Reply[] = []
  let at = from
  for (let i = 0; i < length; i++) {
    const item = decodeReply(bytes, at)
    if (item === undefined) return undefined
    items.push(item.reply)
    at = item.end
  }
  return { reply: { type, items }, end: at }
}

function decodePairs(
  bytes: Buffer,
  start: number,
  length: number,
  from: number,
): Decoded | undefined {
  const type = bytes[start] === 37 ? 'map' : 'attribute'
  const pairs: (readonly [Reply, Reply])[] = []
  let at = from
  for (let i = 0; i < length; i++) {
    const key = decodeReply(bytes, at)
    const value = key && decodeReply(bytes, key.end)
    if (key === undefined || value === undefined) return undefined
    pairs.push([key.reply, value.reply])
    at = value.end
  }
  return { reply: { type, pairs }, end: at }
}
