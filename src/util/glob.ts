// The pattern language of KEYS, SCAN, PSUBSCRIBE, CONFIG GET and the ACL, as Redis reads it.
//
// Hot file. Clients choose the patterns and the subjects, and may choose very many, so nothing is
// kept for a pattern: it is walked beside the subject, byte by byte, as Redis does it. After a
// mismatch the walk goes back to the last star and takes it one byte longer; stars before that one
// never have to change, so the work is at most the product of the two lengths. A walk that goes
// back very often hands over to glob-search.ts, which prepares the pattern and goes on faster.
//
// Literals, and one `*` before, behind or between them, are compared as texts. The rules of the
// ACL, which no client can choose, go to minimatch where they have classes: glob-rule.ts.

import { lowerCase } from './bytes.ts'
import { lowered, MAX_STARS, signed } from './glob-atoms.ts'
import { isSearchable, PatternSearch } from './glob-search.ts'

export type Matches = (subject: string) => boolean

const STAR = 42
const ANY = 63
const OPEN = 91
const ESCAPE = 92
const CLOSE = 93
const CARET = 94
const DASH = 45

/** Steps that a walk may undo before it is worth to prepare the pattern. */
const UNDONE_MAX = 2000
/** Subjects after which one pattern is worth the same. */
const WALKS_MAX = 100

const notEmpty: Matches = subject => subject !== ''

/**
 * Matches once, preparing nothing: for many patterns and one subject. An empty subject matches only
 * the empty pattern: even `*` does not match it, as in Redis. (KEYS and SCAN never ask about a
 * pattern that is exactly `*`, and so do find an empty key.)
 */
export function matches(pattern: string, subject: string, ignoreCase = false): boolean {
  return (
    walk(pattern, subject, ignoreCase) ?? new PatternSearch(pattern, ignoreCase).matches(subject)
  )
}

/** For one pattern and many subjects: the same decision as matches(). */
export function compile(pattern: string, ignoreCase = false): Matches {
  return compilePlain(pattern, ignoreCase) ?? walking(pattern, ignoreCase)
}

function walking(pattern: string, ignoreCase: boolean): Matches {
  let walks = isSearchable(pattern) ? WALKS_MAX : Number.POSITIVE_INFINITY
  let search: PatternSearch | undefined
  return subject => {
    if (search === undefined && walks-- > 0) {
      const decision = walk(pattern, subject, ignoreCase)
      if (decision !== undefined) return decision
    }
    search ??= new PatternSearch(pattern, ignoreCase)
    return subject === '' ? pattern === '' : search.matches(subject)
  }
}

/** How texts decide; undefined for a pattern that is more than literals around one star. */
function compilePlain(pattern: string, ignoreCase: boolean): Matches | undefined {
  const { text, rest } = literalHead(pattern)
  if (rest === '') return literal(text, ignoreCase)
  if (rest === '*') return text === '' ? notEmpty : prefix(text, ignoreCase)
  if (rest[0] !== '*') return undefined
  const tail = literalHead(rest.slice(1))
  return tail.rest === '' ? around(text, tail.text, ignoreCase) : undefined
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

export interface LiteralHead {
  /** What every match begins with, without escapes. */
  readonly text: string
  /** The pattern from its first `*`, `?` or `[` on; empty if it matches `text` alone. */
  readonly rest: string
}

const SPECIAL = /[*?[\\]/g

export function literalHead(pattern: string): LiteralHead {
  // By runs: a pattern may have megabytes, and each of them be a letter.
  const runs: string[] = []
  let from = 0
  let at = nextSpecial(pattern, 0)
  // A backslash at the very end stands for itself.
  while (pattern[at] === '\\' && at + 1 < pattern.length) {
    runs.push(pattern.slice(from, at))
    from = at + 1
    at = nextSpecial(pattern, at + 2)
  }
  if (pattern[at] === '\\') at++
  runs.push(pattern.slice(from, at))
  return { text: runs.join(''), rest: pattern.slice(at) }
}

/** Where the next letter stands that may not be one; the end if there is none. */
function nextSpecial(pattern: string, from: number): number {
  SPECIAL.lastIndex = from
  return SPECIAL.exec(pattern)?.index ?? pattern.length
}

/** Whether a pattern matches, or undefined if the walk has gone back too often to go on. */
function walk(pattern: string, subject: string, ignoreCase: boolean): boolean | undefined {
  const patternEnd = pattern.length
  const subjectEnd = subject.length
  if (subjectEnd === 0) return patternEnd === 0
  let at = 0
  let place = 0
  // The last star that was met: the pattern behind it, and where what it takes ends.
  let behindStar = -1
  let starTakesTo = 0
  let stars = 0
  let undone = 0
  while (true) {
    if (at < patternEnd && pattern.charCodeAt(at) === STAR) {
      do at++
      while (at < patternEnd && pattern.charCodeAt(at) === STAR)
      if (at === patternEnd) return true
      // Redis goes no deeper, and stars behind the end of the subject do not count.
      if (place < subjectEnd && ++stars > MAX_STARS) return false
      behindStar = at
      starTakesTo = place
    }
    if (place === subjectEnd) return at === patternEnd
    const next = at < patternEnd ? step(pattern, at, subject.charCodeAt(place), ignoreCase) : 0
    if (next > 0) {
      at = next
      place++
    } else {
      if (behindStar < 0) return false
      undone += place - starTakesTo
      if (undone > UNDONE_MAX && isSearchable(pattern)) return undefined
      at = behindStar
      place = ++starTakesTo
    }
  }
}

/** Where the pattern goes on behind the one position at `at`, or 0 if the byte does not fit it. */
function step(pattern: string, at: number, byte: number, ignoreCase: boolean): number {
  let wanted = pattern.charCodeAt(at)
  if (wanted === ANY) return at + 1
  if (wanted === OPEN) return stepClass(pattern, at + 1, byte, ignoreCase)
  // A backslash at the very end stands for itself.
  if (wanted === ESCAPE && at + 1 < pattern.length) wanted = pattern.charCodeAt(++at)
  if (wanted === byte) return at + 1
  return ignoreCase && lowered(wanted) === lowered(byte) ? at + 1 : 0
}

/**
 * The same for a class whose `[` stands before `start`. Redis's own rules: `]` ends a class even as
 * its first byte, a class may end with the pattern, an end of a range may be `]` or a backslash,
 * and `[^` alone fits any byte.
 */
function stepClass(pattern: string, start: number, byte: number, ignoreCase: boolean): number {
  const end = pattern.length
  const isNegated = pattern.charCodeAt(start) === CARET
  const folded = ignoreCase ? lowered(byte) : byte
  let fits = false
  let at = isNegated ? start + 1 : start
  for (; at < end; at++) {
    const from = pattern.charCodeAt(at)
    if (from === ESCAPE && at + 1 < end) {
      // An escaped byte in a class is compared as it is, even when case is ignored.
      if (pattern.charCodeAt(++at) === byte) fits = true
    } else if (from === CLOSE) {
      break
    } else if (at + 2 < end && pattern.charCodeAt(at + 1) === DASH) {
      at += 2
      if (isInRange(folded, from, pattern.charCodeAt(at), ignoreCase)) fits = true
    } else if ((ignoreCase ? lowered(from) : from) === folded) {
      fits = true
    }
  }
  return fits === isNegated ? 0 : Math.min(at, end - 1) + 1
}

/** Redis swaps the ends of a reversed range first and lowers their case then, as here. */
function isInRange(byte: number, from: number, to: number, ignoreCase: boolean): boolean {
  const isReversed = signed(from) > signed(to)
  const low = isReversed ? to : from
  const high = isReversed ? from : to
  const value = signed(byte)
  return ignoreCase
    ? value >= signed(lowered(low)) && value <= signed(lowered(high))
    : value >= signed(low) && value <= signed(high)
}
