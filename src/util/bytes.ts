// Bytes are binary strings: one character a byte, latin1. ===, <, Map and Set then compare bytes,
// and every one of the 256 values stays distinct.

const UPPER = /[a-z]/
const LOWER = /[A-Z]/

/** ASCII upper case only: toUpperCase() would change bytes above 0x7f. */
export function upperCase(s: string): string {
  if (!UPPER.test(s)) return s
  let out = ''
  for (let i = 0; i < s.length; i++) {
    const code = s.charCodeAt(i)
    out += code >= 97 && code <= 122 ? String.fromCharCode(code - 32) : s[i]
  }
  return out
}

/** ASCII lower case only. */
export function lowerCase(s: string): string {
  if (!LOWER.test(s)) return s
  let out = ''
  for (let i = 0; i < s.length; i++) {
    const code = s.charCodeAt(i)
    out += code >= 65 && code <= 90 ? String.fromCharCode(code + 32) : s[i]
  }
  return out
}

export function equalsIgnoringCase(a: string, b: string): boolean {
  return a.length === b.length && lowerCase(a) === lowerCase(b)
}

/** -1, 0 or 1, bytewise. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function toBuffer(s: string): Buffer {
  return Buffer.from(s, 'latin1')
}

export function fromBuffer(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Text from outside (an option, a file name) to the bytes that a client would send for it. */
export function fromText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

export function toText(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8')
}

/** The same in every encoding. */
function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text)
}

const NOT_ASCII = /[^\0-\x7f]/

/** What C would take for the whole string. */
export function upToNul(text: string): string {
  const nul = text.indexOf('\0')
  return nul < 0 ? text : text.slice(0, nul)
}

/** A byte string in double quotes, every unprintable byte escaped, as Redis logs and reports it. */
export function quoted(s: string): string {
  let out = '"'
  for (let i = 0; i < s.length; i++) {
    const code = s.charCodeAt(i)
    const escaped = ESCAPES.get(code)
    if (escaped !== undefined) out += escaped
    else if (code >= 32 && code < 127) out += s[i]
    else out += `\\x${code.toString(16).padStart(2, '0')}`
  }
  return `${out}"`
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [34, '\\"'],
  [92, '\\\\'],
  [10, '\\n'],
  [13, '\\r'],
  [9, '\\t'],
  [7, '\\a'],
  [8, '\\b'],
])
