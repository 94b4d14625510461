// The options of SET, GETEX and LCS, each read in one pass before anything is touched.

import type { KeyPlace } from '../../acl/command-facts.ts'
import type { Args } from '../../resp3/args.ts'
import { err, SYNTAX } from '../../resp3/errors.ts'
import { READ, WRITE } from '../command.ts'

/** The unit in milliseconds, and whether the amount counts from now. */
export interface TimeScale {
  readonly unitMs: 1 | 1000
  readonly fromNow: boolean
}

export const TIMES = {
  EX: { unitMs: 1000, fromNow: true },
  PX: { unitMs: 1, fromNow: true },
  EXAT: { unitMs: 1000, fromNow: false },
  PXAT: { unitMs: 1, fromNow: false },
} as const satisfies Readonly<Record<string, TimeScale>>

type TimeOption = keyof typeof TIMES

function isTimeOption(word: string): word is TimeOption {
  return word === 'EX' || word === 'PX' || word === 'EXAT' || word === 'PXAT'
}

/** Where a time stands among the words, and how it counts. */
interface GivenTime {
  readonly at: number
  readonly scale: TimeScale
}

export interface SetOptions {
  condition: 'NX' | 'XX' | undefined
  gets: boolean
  keepsTtl: boolean
  time: GivenTime | undefined
}

export function readSetOptions(args: Args): SetOptions {
  const options: SetOptions = {
    condition: undefined,
    gets: false,
    keepsTtl: false,
    time: undefined,
  }
  const expiry = new ExpiryOptions(args)
  for (let i = 3; i < args.count; i++) {
    const word = args.option(i)
    if ((word === 'NX' || word === 'XX') && (options.condition ?? word) === word) {
      options.condition = word
    } else if (word === 'GET') {
      options.gets = true
    } else if (word === 'KEEPTTL') {
      expiry.choose(word)
      options.keepsTtl = true
    } else {
      i = expiry.takeTime(i, word)
    }
  }
  options.time = expiry.time
  return options
}

const SET_PLACES = [{ position: 1, needs: WRITE, flags: ['OW', 'update'] }]
const SET_GET_PLACES = [{ position: 1, needs: READ | WRITE, flags: ['RW', 'access', 'update'] }]

/** SET ... GET also reads. */
export function setKeys(args: Args): readonly KeyPlace[] {
  for (let i = 3; i < args.count; i++) if (args.is(i, 'GET')) return SET_GET_PLACES
  return SET_PLACES
}

export function readGetexOptions(args: Args): { persists: boolean; time: GivenTime | undefined } {
  let persists = false
  const expiry = new ExpiryOptions(args)
  for (let i = 2; i < args.count; i++) {
    const word = args.option(i)
    if (word === 'PERSIST') {
      expiry.choose(word)
      persists = true
    } else {
      i = expiry.takeTime(i, word)
    }
  }
  return { persists, time: expiry.time }
}

/** The options about expiry exclude one another; the same one may come again, the last counts. */
class ExpiryOptions {
  time: GivenTime | undefined
  readonly #args: Args
  #chosen: TimeOption | 'KEEPTTL' | 'PERSIST' | undefined

  constructor(args: Args) {
    this.#args = args
  }

  choose(word: TimeOption | 'KEEPTTL' | 'PERSIST'): void {
    if ((this.#chosen ?? word) !== word) throw SYNTAX
    this.#chosen = word
  }

  /** Takes word i and the time behind it; returns the index of the last word taken. */
  takeTime(i: number, word: string): number {
    if (!isTimeOption(word) || i + 1 >= this.#args.count) throw SYNTAX
    this.choose(word)
    this.time = { at: i + 1, scale: TIMES[word] }
    return i + 1
  }
}

export interface LcsOptions {
  readonly wants: 'text' | 'length' | 'matches'
  readonly minLength: number
  readonly withLength: boolean
}

export function readLcsOptions(args: Args): LcsOptions {
  let wantsLength = false
  let wantsMatches = false
  let withLength = false
  let minLength = 0
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'IDX')) wantsMatches = true
    else if (args.is(i, 'LEN')) wantsLength = true
    else if (args.is(i, 'WITHMATCHLEN')) withLength = true
    else if (args.is(i, 'MINMATCHLEN') && i + 1 < args.count) minLength = args.integer(++i)
    else throw SYNTAX
  }
  if (wantsLength && wantsMatches) {
    throw err('If you want both the length and indexes, please just use IDX.')
  }
  const wants = wantsMatches ? 'matches' : wantsLength ? 'length' : 'text'
  return { wants, minLength, withLength }
}
