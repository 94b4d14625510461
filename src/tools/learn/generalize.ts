// From the names that were seen to patterns: `user:17` and `user:23` become `user:*`.
//
// A name is cut into words at its separators (name-words.ts). Names whose other words are the same
// make one pattern, in which those ids that differ become stars; ids that never differ stay. One
// name alone stays as it is: nothing shows yet what varies in it. Plain words never become a star,
// however many there are, unless the names are of several runs and the word was another in each
// (runs.ts).
// The first word of a name never does: a pattern always begins with what was seen.
//
// A star of Redis stops at no separator: `user:*` fits `user:17:secret` as well.

import { exactPattern } from '../../acl/smallest-change.ts'
import { compile } from '../../util/glob.ts'
import { append, looksRandom, partsOf, shapeOf } from './name-words.ts'
import { alikeInRuns } from './runs.ts'

/** A pattern and the names that it stands for. */
export interface Generalized {
  /** As the rules write it: glob characters of the names are escaped. */
  readonly pattern: string
  readonly names: readonly string[]
}

/**
 * @param names each with the runs in which it was seen, a bit for each
 * @param given patterns that go first, for ids that are words: 'cache:*'
 */
export function generalize(
  names: ReadonlyMap<string, number>,
  given: readonly string[] = [],
): readonly Generalized[] {
  const known = given.map(pattern => ({
    pattern,
    matches: compile(pattern),
    names: [] as string[],
  }))
  const shapes = new Map<string, string[]>()
  for (const name of names.keys()) {
    const pattern = known.find(({ matches }) => matches(name))
    if (pattern !== undefined) pattern.names.push(name)
    else append(shapes, shapeOf(name), name)
  }
  const used = known.filter(one => one.names.length > 0)
  const { alike, others } = alikeInRuns([...shapes.values()], names)
  return [
    ...used.map(({ pattern, names }) => ({ pattern, names })),
    ...alike,
    ...others.map(patternFor),
  ]
}

function patternFor(names: readonly string[]): Generalized {
  const [first = [], ...others] = names.map(partsOf)
  const varies = first.map(
    ({ isId, text }, i) => isId && others.some(parts => parts[i]?.text !== text),
  )
  const pattern = first.map(({ text }, i) => (varies[i] ? '*' : exactPattern(text))).join('')
  return { pattern, names }
}

// ---- What only people can tell -----------------------------------------------------------------

/** Names that would make one pattern if a word of them were an id. */
export interface Guess {
  readonly pattern: string
  readonly names: readonly string[]
}

/** A word of a pattern that may be an id. */
export interface LoneId {
  readonly word: string
  readonly name: string
  /** With a star in its place; undefined if nothing else would be left. */
  readonly pattern: string | undefined
}

/** The words of a pattern without its stars that look like ids. */
export function loneIds(pattern: string): readonly LoneId[] {
  const parts = partsOf(pattern)
  const isAlone = parts.filter(({ isSeparator }) => !isSeparator).length === 1
  return parts.flatMap(({ text, isSeparator }, i) => {
    if (isSeparator || !looksRandom(text)) return []
    const starred = parts.map((part, j) => (j === i ? '*' : part.text)).join('')
    return [{ word: text, name: pattern, pattern: isAlone ? undefined : starred }]
  })
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
