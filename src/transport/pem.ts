// PEM as OpenSSL reads it: what begins a block and ends it, which blanks and bytes do not matter,
// and what is wrong with it, in OpenSSL's words. A file is read by lines as C reads them, so that a
// zero ends a line, or at its beginning the file.

/** Why a text is no PEM, as OpenSSL says it. */
export class PemError extends Error {
  override readonly name = 'PemError'
}

export interface PemBlock {
  /** 'CERTIFICATE'. */
  readonly label: string
  /** What stands before the data of keys that are encrypted in the old way; mostly ''. */
  readonly header: string
  readonly der: Buffer
}

export const PEM_REASON = {
  badBase64: 'error:04800064:PEM routines::bad base64 decode',
  badEnd: 'error:04800066:PEM routines::bad end line',
  badPassword: 'error:04800068:PEM routines::bad password read',
  notProcType: 'error:0480006B:PEM routines::not proc type',
  noStart: 'error:0480006C:PEM routines::no start line',
  noData: 'error:05880009:x509 certificate routines::PEM lib',
} as const

const BEGIN = '-----BEGIN '
const END = '-----END '
const TAIL = '-----'

/** What begins a file of UTF-8 in some editors, as latin1. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/** C reads so many characters of a line at once. */
const LINE_MAX = 254

/**
 * One block after the other, whatever it is; what stands between blocks is nothing.
 *
 * @param text latin1
 * @throws PemError once it comes to what is wrong
 */
export function* blocksIn(text: string): Generator<PemBlock, void, undefined> {
  const lines = linesOf(text)
  let isFirst = true
  for (let at = 0; at < lines.length; at++) {
    const line = trimmed(isFirst ? unmarked(lines[at]) : lines[at])
    isFirst = !line.startsWith(BEGIN) ? false : line.endsWith(TAIL)
    if (!isFirst) continue
    const label = line.slice(BEGIN.length, -TAIL.length)
    const { header, data, end } = bodyAt(lines, at + 1, `${END}${label}${TAIL}`)
    yield { label, header, der: decoded(data) }
    at = end
  }
}

interface Body {
  readonly header: string
  readonly data: string
  /** The line that ends it. */
  readonly end: number
}

function bodyAt(lines: readonly string[], start: number, last: string): Body {
  // A blank line parts a header from the data; where none comes, all was data.
  let before = ''
  let after: string | undefined
  let hasColon = false
  let wasCut = false
  let isOver = false
  for (let at = start; at < lines.length; at++) {
    const read = lines[at] ?? ''
    const line = trimmed(read)
    const isCut = read.length === LINE_MAX && !read.endsWith('\n')
    if (after === undefined) hasColon ||= read.includes(':')
    if (line === '') {
      if (!wasCut && after !== undefined) break
      if (!wasCut) after = ''
    } else if (line.startsWith(END)) {
      if (line !== last) break
      const isAllData = after === undefined && !hasColon
      return isAllData
        ? { header: '', data: before, end: at }
        : { header: before, data: after ?? '', end: at }
    } else if (isOver) {
      break
    } else if (after === undefined) {
      before += `${line}\n`
    } else {
      after += `${line}\n`
      if (line.length > DATA_MAX) throw new PemError(PEM_REASON.badEnd)
      isOver = line.length < DATA_MAX
    }
    wasCut = isCut
  }
  throw new PemError(PEM_REASON.badEnd)
}

/** After a header each line has so many characters, but for the last one. */
const DATA_MAX = 64

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function decoded(data: string): Buffer {
  const digits = data.replace(/\s+/g, '')
  if (digits.length % 4 !== 0 || !BASE64.test(digits)) throw new PemError(PEM_REASON.badBase64)
  if (digits === '') throw new PemError(PEM_REASON.noData)
  return Buffer.from(digits, 'base64')
}

function linesOf(text: string): string[] {
  const lines: string[] = []
  for (const [line] of text.matchAll(/[^\n]{0,253}\n|[^\n]{1,254}/g)) {
    const zero = line.indexOf('\0')
    if (zero === 0) break
    lines.push(zero < 0 ? line : line.slice(0, zero))
  }
  return lines
}

function unmarked(line = ''): string {
  return line.startsWith(BYTE_ORDER_MARK) ? line.slice(BYTE_ORDER_MARK.length) : line
}

/** What OpenSSL takes for blank at the end of a line: bytes above 127 are negative to it. */
function trimmed(line = ''): string {
  return line.replace(/[^!-\x7f]+$/, '')
}

/**
 * What OpenSSL would read of such a file, for what is given to it as bytes.
 * @param skipsZeros as its reader of keys, which goes on until a block begins
 */
export function asRead(bytes: Buffer, skipsZeros = false): Buffer {
  if (!bytes.includes(0)) return bytes
  const begin = skipsZeros ? Math.max(0, bytes.indexOf(BEGIN)) : 0
  const lines = linesOf(bytes.toString('latin1', begin))
  const ended = lines.map(line => (line.endsWith('\n') ? line : `${line}\n`))
  return Buffer.from(ended.join(''), 'latin1')
}

/** A block as a text that every reader takes. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`${BEGIN}${label}${TAIL}`, ...lines, `${END}${label}${TAIL}`, ''].join('\n')
}
