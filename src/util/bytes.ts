// Bytes are binary strings: one character a byte, latin1. ===, <, Map and Set then compare bytes,
// and every one of the 256 values stays distinct.

import { lazy } from './lazy.ts'

const UPPER = /[a-z]/
const LOWER = /[A-Z]/

/** ASCII upper case only: toUpperCase() would change bytes above 0x7f. */
export function upperCase(s: string): string {
  return UPPER.test(s) ? inCase(s, 97, 122) : s
}

/** ASCII lower case only. */
export function lowerCase(s: string): string {
  return LOWER.test(s) ? inCase(s, 65, 90) : s
}

/** Up to here a loop over characters beats a buffer. */
const SHORT = 32

/** With the letters between two codes in the other case. */
function inCase(s: string, first: number, last: number): string {
  if (s.length > SHORT) return bytesInCase(Buffer.from(s, 'latin1'), first, last)
  let out = ''
  for (let i = 0; i < s.length; i++) {
    const code = s.charCodeAt(i)
    out += code >= first && code <= last ? String.fromCharCode(code ^ 32) : s[i]
  }
  return out
}

function bytesInCase(bytes: Buffer, first: number, last: number): string {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte >= first && byte <= last) bytes[i] = byte ^ 32
  }
  return bytes.toString('latin1')
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

/** Copies bytes from one block to another; returns where they end. */
export function copyBytes(
  from: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number {
  if (end - start > SHORT) return at + from.copy(out, at, start, end)
  let to = at
  for (let i = start; i < end; i++) out[to++] = from[i] ?? 0
  return to
}

/** Writes the bytes of a text into a block; returns where they end. */
export function writeBytes(text: string, out: Buffer, at: number): number {
  const { length } = text
  if (length > SHORT) return at + out.write(text, at, 'latin1')
  for (let i = 0; i < length; i++) out[at + i] = text.charCodeAt(i)
  return at + length
}

/** What C would take for the whole string. */
export function upToNul(text: string): string {
  const nul = text.indexOf('\0')
  return nul < 0 ? text : text.slice(0, nul)
}

/**
 * What C keeps of a text that it reads line by line, so many bytes at a time: of each piece, which
 * a line break ends as well, what stands before a NUL. The line goes on in the next piece then.
 */
export function upToNuls(text: string, size: number): string {
  if (!text.includes('\0')) return text
  let kept = ''
  for (let at = 0; at < text.length; ) {
    const lineEnd = text.indexOf('\n', at)
    const end = Math.min(lineEnd < 0 ? text.length : lineEnd + 1, at + size)
    kept += upToNul(text.slice(at, end))
    at = end
  }
  return kept
}

/** Without the CR and LF at its end. */
export function trimLineEnds(text: string): string {
  let end = text.length
  while (end > 0 && isLineEnd(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

export function isLineEnd(code: number): boolean {
  return code === 10 || code === 13
}

/** A byte string in double quotes, every unprintable byte escaped, as Redis logs and reports it. */
export function quoted(s: string): string {
  const bytes = Buffer.from(s, 'latin1')
  const out = Buffer.allocUnsafe(quotedLength(bytes))
  writeQuoted(out, 0, bytes)
  return out.toString('latin1')
}

/** How many bytes writeQuoted() writes. */
export function quotedLength(bytes: Buffer): number {
  const { lengths } = escapes()
  let length = 2
  for (let i = 0; i < bytes.length; i++) length += lengths[bytes[i]!] ?? 0
  return length
}

/** Writes bytes as quoted() shows them; returns where they end. */
export function writeQuoted(out: Buffer, start: number, bytes: Buffer): number {
  const { texts, lengths } = escapes()
  let at = start
  out[at++] = QUOTE
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (lengths[byte] === 1) out[at++] = byte
    else at += out.write(texts[byte]!, at, 'latin1')
  }
  out[at++] = QUOTE
  return at
}

const QUOTE = 34

const LETTERS: ReadonlyMap<number, string> = new Map([
  [34, '"'],
  [92, '\\'],
  [10, 'n'],
  [13, 'r'],
  [9, 't'],
  [7, 'a'],
  [8, 'b'],
])

/** What stands for each byte between quotes, and how long it is. */
const escapes = lazy(() => {
  const texts = Array.from({ length: 256 }, (_, byte) => {
    const letter = LETTERS.get(byte)
    if (letter !== undefined) return `\\${letter}`
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte)
    return `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return { texts, lengths: Uint8Array.from(texts, text => text.length) }
})
