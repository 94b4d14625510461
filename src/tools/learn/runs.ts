// Names of several runs of one program: what was another name in each run is made one pattern, in
// which the words that differ are stars. `lock-k3x9q2:held` and `lock-aa01zz:held` are lock-*:held.

import { exactPattern } from '../../acl/smallest-change.ts'
import type { Generalized } from './generalize.ts'
import { append, looksRandom, partsOf } from './name-words.ts'

/** A word or separator of a pattern; one that varies has a star after it. */
interface Piece {
  readonly text: string
  readonly isSeparator: boolean
  readonly varies: boolean
}

/** Names that differ in ids only, and the runs in which any of them was seen. */
interface Group {
  readonly names: readonly string[]
  readonly pieces: readonly Piece[]
  readonly runs: number
}

export interface AlikeInRuns {
  readonly alike: readonly Generalized[]
  /** The groups of which no others are alike. */
  readonly others: readonly (readonly string[])[]
}

/** Beyond so many of one make, the first of them say what is alike. */
const COMPARED_MAX = 200

/** @param runs the runs in which each name was seen, a bit for each */
export function alikeInRuns(
  groups: readonly (readonly string[])[],
  runs: ReadonlyMap<string, number>,
): AlikeInRuns {
  const all = [...runs.values()].reduce((sum, bits) => sum | bits, 0)
  const others: (readonly string[])[] = []
  const makes = new Map<string, Group[]>()
  for (const names of groups) {
    const seen = names.reduce((sum, name) => sum | (runs.get(name) ?? 0), 0)
    if (seen === all) {
      others.push(names)
      continue
    }
    const pieces = piecesOf(names)
    append(makes, makeOf(pieces), { names, pieces, runs: seen })
  }
  const alike: Generalized[] = []
  for (const make of makes.values()) {
    let rest: readonly Group[] = make
    for (const pieces of patternsOf(make)) {
      const fitting = rest.filter(group => fits(pieces, group))
      if (fitting.length < 2) continue
      rest = rest.filter(group => !fitting.includes(group))
      const pattern = pieces.map(textOf).join('')
      alike.push({ pattern, names: fitting.flatMap(({ names }) => names) })
    }
    others.push(...rest.map(({ names }) => names))
  }
  return { alike, others }
}

function piecesOf(names: readonly string[]): readonly Piece[] {
  const [first = [], ...others] = names.map(partsOf)
  return first.map(({ text, isSeparator }, i) => {
    const varies = others.some(parts => parts[i]?.text !== text)
    return { text: varies ? '' : text, isSeparator, varies }
  })
}

function textOf({ text, varies }: Piece): string {
  return exactPattern(text) + (varies ? '*' : '')
}

/** The same for names with the same separators. */
function makeOf(pieces: readonly Piece[]): string {
  return JSON.stringify(pieces.map(({ isSeparator, text }) => (isSeparator ? text : 0)))
}

type Pattern = readonly Piece[]

/** A pattern for each two of different runs that may be the same name, the narrowest first. */
function patternsOf(make: readonly Group[]): readonly Pattern[] {
  const compared = make.slice(0, COMPARED_MAX)
  const found = compared.flatMap((one, i) =>
    compared.slice(i + 1).flatMap(other => {
      const isOfOthers = (one.runs & other.runs) === 0
      const pattern = isOfOthers ? commonPattern(one.pieces, other.pieces) : undefined
      return pattern === undefined ? [] : [pattern]
    }),
  )
  const stars = (pattern: Pattern): number => pattern.filter(({ varies }) => varies).length
  return found.sort((a, b) => stars(a) - stars(b))
}

/** Undefined if too little is the same: most words, or all that do not look drawn at random. */
function commonPattern(one: Pattern, other: Pattern): Pattern | undefined {
  let [same, different, random] = [0, 0, 0]
  const pattern = one.map((piece, i) => {
    const { text, isSeparator, varies } = piece
    const second = other[i]
    if (varies || second === undefined || second.varies) return { ...piece, text: '', varies: true }
    if (text === second.text) {
      if (!isSeparator) same++
      return piece
    }
    different++
    if (looksRandom(text) && looksRandom(second.text)) random++
    return { text: commonStart(text, second.text), isSeparator, varies: true }
  })
  const first = pattern.find(({ isSeparator }) => !isSeparator)
  if (first === undefined || (first.varies && first.text === '')) return undefined
  return different <= same || different === random ? pattern : undefined
}

const START_MIN = 3

/** Letters that are the same by chance are none. */
function commonStart(one: string, other: string): string {
  let end = 0
  while (end < one.length && one[end] === other[end]) end++
  const start = one.slice(0, end)
  return end >= START_MIN && /^[A-Za-z]+$/.test(start) ? start : ''
}

function fits(pattern: Pattern, { pieces }: Group): boolean {
  return pattern.every(({ text, varies }, i) => {
    const piece = pieces[i]
    if (piece === undefined || piece.varies) return varies && text === ''
    return varies ? piece.text.startsWith(text) : piece.text === text
  })
}
