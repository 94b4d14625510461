// The pattern language of KEYS, SCAN, PSUBSCRIBE, CONFIG GET and the ACL. minimatch decides; this
// file reduces Redis's dialect to minimatch's, exactly.
//
// The dialects differ in the slash, leading dots, braces, extglobs, `!`, broken classes and bytes.
// So a pattern is first read the way Redis reads it, into atoms: a star, or the set of bytes that
// one position may hold. Each byte is written as a letter that no glob syntax knows (U+0100 +
// byte), each set as `?`, one letter, or a class of explicit letters. A sentinel letter before
// pattern and subject keeps minimatch from seeing an empty string. What is left of minimatch is
// its engine, which never backtracks exponentially, so no client can hang the server.
//
// Literals, and one `*` before, behind or between them, which are nearly all patterns, never get
// there; so the package is loaded at the first other one.

import type { MinimatchOptions } from 'minimatch'
import { lowerCase } from './bytes.ts'
import { lazyPackage } from './lazy.ts'

export type Matches = (subject: string) => boolean

const OPTIONS: MinimatchOptions = {
  nobrace: true,
  nocomment: true,
  noext: true,
  noglobstar: true,
  nonegate: true,
  dot: true,
  platform: 'linux',
}
const engines = lazyPackage<typeof import('minimatch')>('minimatch')
const SENTINEL = '\u0200'
const LETTERS = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(0x100 + byte))
// Redis gives up below this many nested stars and calls it no match.
const MAX_STARS = 1000
// minimatch takes no pattern longer than 65,536 letters.
const MAX_LETTERS = 65_000

const never: Matches = () => false
const notEmpty: Matches = subject => subject !== ''

/** Matches once. Whoever matches one pattern often should keep what compile() returns. */
export function matches(pattern: string, subject: string, ignoreCase = false): boolean {
  return compile(pattern, ignoreCase)(subject)
}

/**
 * An empty subject matches only the empty pattern: even `*` does not match it, as in Redis.
 * (KEYS and SCAN never ask about a pattern that is exactly `*`, and so do find an empty key.)
 */
export function compile(pattern: string, ignoreCase = false): Matches {
  const { text, rest } = literalHead(pattern)
  if (rest === '') return literal(text, ignoreCase)
  if (rest === '*') return text === '' ? notEmpty : prefix(text, ignoreCase)
  if (rest[0] === '*') {
    const tail = literalHead(rest.slice(1))
    if (tail.rest === '') return around(text, tail.text, ignoreCase)
  }
  const atoms = read(pattern, ignoreCase)
  if (atoms === undefined) return never
  const letters = atoms.reduce((sum, atom) => sum + atom.length, 1)
  return nonEmpty(letters > MAX_LETTERS ? segmented(atoms) : engine(atoms))
}

function nonEmpty(decide: Matches): Matches {
  return subject => subject !== '' && decide(subject)
}

function engine(atoms: readonly string[]): Matches {
  const decide = engines().minimatch.filter(SENTINEL + atoms.join(''), OPTIONS)
  return subject => decide(SENTINEL + spell(subject))
}

function literal(text: string, ignoreCase: boolean): Matches {
  if (!ignoreCase) return subject => subject === text
  const lower = lowerCase(text)
  return subject => subject.length === lower.length && lowerCase(subject) === lower
}

function prefix(text: string, ignoreCase: boolean): Matches {
  if (!ignoreCase) return subject => subject.startsWith(text)
  const lower = lowerCase(text)
  return subject => lowerCase(subject.slice(0, lower.length)) === lower
}

/** What begins and ends so; the two do not overlap. */
function around(head: string, tail: string, ignoreCase: boolean): Matches {
  const length = head.length + tail.length
  if (!ignoreCase) return s => s.length >= length && s.startsWith(head) && s.endsWith(tail)
  const begins = lowerCase(head)
  const ends = lowerCase(tail)
  return subject =>
    subject.length >= length &&
    lowerCase(subject.slice(0, begins.length)) === begins &&
    lowerCase(subject.slice(subject.length - ends.length)) === ends
}

function spell(subject: string): string {
  let out = ''
  for (let i = 0; i < subject.length; i++) out += LETTERS[subject.charCodeAt(i)]
  return out
}

export interface LiteralHead {
  /** What every match begins with, without escapes. */
  readonly text: string
  /** The pattern from its first `*`, `?` or `[` on; empty if it matches `text` alone. */
  readonly rest: string
}

export function literalHead(pattern: string): LiteralHead {
  let text = ''
  let at = 0
  for (; at < pattern.length; at++) {
    const c = pattern[at]
    if (c === '*' || c === '?' || c === '[') break
    // A backslash at the very end stands for itself.
    if (c === '\\' && at + 1 < pattern.length) at++
    text += pattern[at]
  }
  return { text, rest: pattern.slice(at) }
}

/** The pattern as Redis reads it, or undefined if nothing can match it. */
function read(pattern: string, ignoreCase: boolean): string[] | undefined {
  const atoms: string[] = []
  let stars = 0
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern[at] as string
    if (c === '*') {
      if (atoms.at(-1) === '*') continue
      stars++
      atoms.push('*')
    } else if (c === '?') {
      atoms.push('?')
    } else if (c === '[') {
      const set = new Uint8Array(256)
      at = readClass(pattern, at + 1, ignoreCase, set)
      if (!set.includes(1)) return undefined
      atoms.push(spellSet(set))
    } else {
      // A backslash at the very end stands for itself.
      if (c === '\\' && at + 1 < pattern.length) at++
      atoms.push(spellByte(pattern.charCodeAt(at), ignoreCase))
    }
  }
  // A star at the end is free: Redis descends only where more pattern follows.
  if (atoms.at(-1) === '*') stars--
  return stars > MAX_STARS ? undefined : atoms
}

/**
 * Fills the set from a class whose `[` stands before `at`; returns the place of its last byte.
 * Redis's own rules: `]` ends a class even as its first byte, a class may end with the pattern,
 * an end of a range may be `]` or a backslash, and `[^` alone fits any byte.
 */
function readClass(pattern: string, start: number, ignoreCase: boolean, set: Uint8Array): number {
  const end = pattern.length
  const negated = pattern[start] === '^'
  let at = negated ? start + 1 : start
  for (; at < end && pattern[at] !== ']'; at++) {
    if (pattern[at] === '\\' && at + 1 < end) {
      at++
      // An escaped byte in a class is compared as it is, even when case is ignored.
      set[pattern.charCodeAt(at)] = 1
    } else if (pattern[at + 1] === '-' && at + 2 < end) {
      addRange(set, pattern.charCodeAt(at), pattern.charCodeAt(at + 2), ignoreCase)
      at += 2
    } else {
      const byte = pattern.charCodeAt(at)
      addRange(set, byte, byte, ignoreCase)
    }
  }
  if (negated) for (let byte = 0; byte < 256; byte++) set[byte] = set[byte] ? 0 : 1
  return Math.min(at, end - 1)
}

/** Redis swaps the ends of a reversed range first and lowers their case then, as here. */
function addRange(set: Uint8Array, from: number, to: number, ignoreCase: boolean): void {
  const fold = ignoreCase ? lowered : (byte: number) => byte
  const low = signed(fold(signed(from) <= signed(to) ? from : to))
  const high = signed(fold(signed(from) <= signed(to) ? to : from))
  for (let value = low; value <= high; value++) {
    const byte = value & 0xff
    // Lowered bytes are compared with the range, so a capital fits through its small letter only.
    if (!ignoreCase || fold(byte) === byte) set[byte] = 1
    if (ignoreCase && byte >= 97 && byte <= 122) set[byte - 32] = 1
  }
}

function lowered(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte
}

/** Bytes from 0x80 up are negative in C's char, and so come before the others in a range. */
function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256
}

function spellByte(byte: number, ignoreCase: boolean): string {
  const letter = LETTERS[byte] as string
  const lower = lowered(byte)
  if (!ignoreCase || lower < 97 || lower > 122) return letter
  return `[${LETTERS[lower - 32]}${LETTERS[lower]}]`
}

/** The bytes that fit, those whose entry in the set is 1, as minimatch writes them. */
function spellSet(set: Uint8Array): string {
  let out = ''
  let count = 0
  for (let byte = 0; byte < 256; byte++) {
    if (!set[byte]) continue
    const first = byte
    while (byte < 255 && set[byte + 1]) byte++
    count += byte - first + 1
    out += first === byte ? LETTERS[byte] : `${LETTERS[first]}-${LETTERS[byte]}`
  }
  return count === 256 ? '?' : count === 1 ? out : `[${out}]`
}

/**
 * A pattern too long for minimatch is cut at its stars, and between them into runs that fit.
 * A run has a fixed length, and taking each at the first place where it fits is always right.
 */
function segmented(atoms: readonly string[]): Matches {
  const segments: Run[][] = [[]]
  let run: string[] = []
  let letters = 1
  const cut = (): void => {
    if (run.length > 0) segments.at(-1)?.push({ length: run.length, fits: engine(run) })
    run = []
    letters = 1
  }
  for (const atom of atoms) {
    if (atom === '*' || letters + atom.length > MAX_LETTERS) cut()
    if (atom === '*') {
      segments.push([])
    } else {
      run.push(atom)
      letters += atom.length
    }
  }
  cut()
  return subject => matchSegments(segments, subject)
}

interface Run {
  readonly length: number
  readonly fits: Matches
}

function matchSegments(segments: readonly (readonly Run[])[], subject: string): boolean {
  const last = segments.length - 1
  let at = 0
  for (const [i, segment] of segments.entries()) {
    const length = lengthOf(segment)
    // The first segment is tied to the beginning, and the last one to the end.
    const latest = i === 0 ? 0 : subject.length - length
    let place = i === last ? subject.length - length : at
    if (place < at) return false
    while (place <= latest && !fitsAt(segment, subject, place)) place++
    if (place > latest) return false
    at = place + length
  }
  return true
}

function lengthOf(segment: readonly Run[]): number {
  return segment.reduce((sum, run) => sum + run.length, 0)
}

function fitsAt(segment: readonly Run[], subject: string, start: number): boolean {
  let at = start
  return segment.every(({ length, fits }) => {
    const part = subject.slice(at, at + length)
    at += length
    return part.length === length && fits(part)
  })
}
