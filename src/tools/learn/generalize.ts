// From the names that were seen to patterns: `user:17` and `user:23` become `user:*`.
//
// A name is cut into words at its separators. A word is an id if it is a number, a UUID, a long hex
// number, or looks drawn at random. Names whose other words are the same make one pattern, in which
// those ids that differ become stars; ids that never differ stay. One name alone stays as it is:
// nothing shows yet what varies in it. Plain words never become a star, however many there are,
// and neither does the first word of a name: a pattern always begins with what was seen.
//
// A star of Redis stops at no separator: `user:*` fits `user:17:secret` as well.

import { exactPattern } from '../../acl/smallest-change.ts'
import { compile } from '../../util/glob.ts'

/** A pattern and the names that it stands for. */
export interface Generalized {
  /** As the rules write it: glob characters of the names are escaped. */
  readonly pattern: string
  readonly names: readonly string[]
}

/** @param given patterns that go first, for ids that are words: 'cache:*' */
export function generalize(
  names: Iterable<string>,
  given: readonly string[] = [],
): readonly Generalized[] {
  const known = given.map(pattern => ({
    pattern,
    matches: compile(pattern),
    names: [] as string[],
  }))
  const shapes = new Map<string, string[]>()
  for (const name of names) {
    const pattern = known.find(({ matches }) => matches(name))
    if (pattern !== undefined) pattern.names.push(name)
    else append(shapes, shapeOf(name), name)
  }
  const used = known.filter(one => one.names.length > 0)
  return [
    ...used.map(({ pattern, names }) => ({ pattern, names })),
    ...[...shapes.values()].flatMap(patternsFor),
  ]
}

function patternsFor(names: readonly string[]): Generalized[] {
  const [first = [], ...others] = names.map(partsOf)
  const varies = first.map(
    ({ isId, text }, i) => isId && others.some(parts => parts[i]?.text !== text),
  )
  const pattern = first.map(({ text }, i) => (varies[i] ? '*' : exactPattern(text))).join('')
  return [{ pattern, names }]
}

export function append(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

// ---- Words of a name ---------------------------------------------------------------------------

export interface Part {
  readonly text: string
  readonly isSeparator: boolean
  /** An id that may become a star. */
  readonly isId: boolean
}

const RUNS = /[A-Za-z0-9_\x80-\xff-]+|[^A-Za-z0-9_\x80-\xff-]/g
const WORDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[_-]|[^_-]+/gi

/** The words and separators of a name, in their order. */
function partsOf(name: string): readonly Part[] {
  const texts = (name.match(RUNS) ?? []).flatMap(run =>
    isId(run) ? [run] : (run.match(WORDS) ?? []),
  )
  let isFirst = true
  return texts.map(text => {
    const isSeparator = /^[^A-Za-z0-9\x80-\xff]$/.test(text)
    const part = { text, isSeparator, isId: !isSeparator && !isFirst && isId(text) }
    if (!isSeparator) isFirst = false
    return part
  })
}

/** The same for names that differ in ids only. */
function shapeOf(name: string): string {
  return JSON.stringify(partsOf(name).map(({ isId, text }) => (isId ? 0 : text)))
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const HEX = /^(?=.*[0-9])[0-9a-f]{8,}$/i
const MIXED = /^(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_-]{16,}$/
const PLAIN = /^[A-Za-z0-9]{10,}$/
const ALTERNATION = /[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])/g

function isId(word: string): boolean {
  if (/^[0-9]+$/.test(word) || UUID.test(word) || HEX.test(word) || MIXED.test(word)) return true
  return PLAIN.test(word) && (word.match(ALTERNATION)?.length ?? 0) >= 3
}

// ---- What only people can tell -----------------------------------------------------------------

/** Names that would make one pattern if a word of them were an id. */
export interface Guess {
  readonly pattern: string
  readonly names: readonly string[]
}

const NAMES_MIN = 3

/** Literal names, three or more, that differ in one word only, and not the first. */
export function guesses(literals: readonly string[]): readonly Guess[] {
  const groups = new Map<string, string[]>()
  for (const name of literals) {
    const parts = partsOf(name)
    const first = parts.findIndex(({ isSeparator }) => !isSeparator)
    for (const [i, { isSeparator }] of parts.entries()) {
      if (isSeparator || i <= first) continue
      const pattern = parts.map(({ text }, j) => (i === j ? '*' : exactPattern(text))).join('')
      append(groups, pattern, name)
    }
  }
  return [...groups]
    .filter(([, names]) => names.length >= NAMES_MIN)
    .map(([pattern, names]) => ({ pattern, names }))
}

/** The rule's pattern fits exactly one name. */
export function isLiteral(pattern: string): boolean {
  return !/[*?[]/.test(pattern.replace(/\\./gs, ''))
}
