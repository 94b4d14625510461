// The text of a redis.conf: one directive a line, quoted like inline commands, # before a comment.
// Nothing is read from a disk here: whoever has the text gives those of the files that it includes.

import { shownRule } from '../../acl/rules.ts'
import { type PlacedWord, placedWords, splitWords } from '../../resp3/words.ts'
import { lowerCase, quoted, upToNuls } from '../../util/bytes.ts'
import { REDACTED } from '../../util/secret-text.ts'
import { isList, isSensitive } from './config.ts'

/** A text and what its file is called; the first of all has no name. */
export interface ConfSource {
  readonly file?: string
  readonly text: string
}

/** One line, without the blanks around it. */
export interface ConfLine {
  readonly text: string
  /** Places count in the whole line; none if it is blank or a comment. */
  readonly words: readonly PlacedWord[]
  readonly isBroken: boolean
}

/** A line that says something, and where it stands. */
export interface ConfDirective extends ConfLine {
  readonly file?: string
  /** In its file, from 1. */
  readonly line: number
  /** As Redis counts, to which the files that one include names are a single text. */
  readonly number: number
  /** In lower case; '' where quotes are unbalanced. */
  readonly name: string
  /** What follows the name. A list that stands in one word, as "60 1000" for save, is parted. */
  readonly values: readonly string[]
}

/** Gives the texts of the files that an include names, in their order. */
export type Include = (name: string, at: ConfDirective) => readonly ConfSource[]

export const UNBALANCED_QUOTES = 'Unbalanced quotes in configuration line'
/** Files may include each other without an end; Redis then runs out of stack. */
const INCLUDES_MAX = 1000

/** Reads one line, of which the line break may be left. */
export function confLine(line: string): ConfLine {
  const text = line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  if (text === '' || text.startsWith('#')) return { text, words: [], isBroken: false }
  const words = placedWords(text)
  if (words === undefined) return { text, words: [], isBroken: true }
  const indent = line.indexOf(text)
  if (indent === 0) return { text, words, isBroken: false }
  const shift = ({ text, start, end }: PlacedWord): PlacedWord => {
    return { text, start: start + indent, end: end + indent }
  }
  return { text, words: words.map(shift), isBroken: false }
}

/**
 * The directives of a text, and those of the files that it includes in their place. It is a
 * generator, so that a directive has its effect before the next line is looked at. Includes that
 * are not followed are directives themselves.
 */
export function* readConf(
  sources: readonly ConfSource[],
  include?: Include,
  budget = { includes: INCLUDES_MAX },
): Generator<ConfDirective> {
  for (const [i, { raw, ...place }] of linesOf(sources).entries()) {
    const line = confLine(raw)
    const [first, ...rest] = line.words
    if (first === undefined && !line.isBroken) continue
    const name = lowerCase(first?.text ?? '')
    const values = splitOnlyWord(
      name,
      rest.map(({ text }) => text),
    )
    const directive = { ...place, ...line, number: i + 1, name, values }
    const [file] = values
    const isInclude = name === 'include' && file !== undefined && values.length === 1
    if (!isInclude || include === undefined || budget.includes === 0) {
      yield directive
      continue
    }
    budget.includes--
    yield* readConf(include(file, directive), include, budget)
  }
}

interface RawLine {
  readonly file?: string
  readonly line: number
  readonly raw: string
}

/** How much Redis reads of a file at a time. */
const PIECE = 1024

/** A file that does not end with a line break goes on in the next, as Redis puts them together. */
function linesOf(sources: readonly ConfSource[]): RawLine[] {
  const lines: RawLine[] = []
  for (const { text, ...place } of sources) {
    const [first = '', ...others] = upToNuls(text, PIECE).split('\n')
    const open = lines.pop() ?? { ...place, line: 1, raw: '' }
    lines.push(
      open.raw === '' ? { ...place, line: 1, raw: first } : { ...open, raw: open.raw + first },
    )
    for (const [i, raw] of others.entries()) lines.push({ ...place, line: i + 2, raw })
  }
  return lines
}

function splitOnlyWord(name: string, words: readonly string[]): readonly string[] {
  const [only] = words
  if (words.length !== 1 || only === undefined || only === '' || !isList(name)) return words
  return splitWords(only) ?? []
}

/** Where the directive stands that was refused, in the words of Redis; but no password is shown. */
export function refusedAt({ number, text, name, words }: ConfDirective): string {
  const shown = withoutSecrets(text, name, words)
  return `Reading the configuration file, at line ${number}\n>>> '${shown}'\n`
}

function withoutSecrets(line: string, name: string, words: readonly PlacedWord[]): string {
  const [first = '', user = '', ...rules] =
    words.length > 0 ? words.map(({ text }) => text) : line.split(/[\s"']+/)
  if (name === 'user') {
    const shown = rules.map((rule, i) => shownRule(rule, rules[i - 1]))
    const isSame = shown.every((rule, i) => rule === rules[i])
    return isSame ? line : [first, ...[user, ...shown].map(quoted)].join(' ')
  }
  // A name that is none may be a slip of one that has a password.
  return (isSensitive(first) ?? MAY_BE_SECRET.test(lowerCase(first)))
    ? `${first} ${REDACTED}`
    : line
}

const MAY_BE_SECRET = /pas|auth|secret|user|sentinel/
