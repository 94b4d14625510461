// What may be given to a function of the library: tables of names, each with the kind of value that
// it takes. What a name was probably meant to be is said where there is no such name. No secret is
// in a message: values are shown only where they are one of a few words, a number or the like.

import { printable } from '../util/printable.ts'
import { suggest } from '../util/suggest.ts'

export type OptionCode = 'ERR_OPTION_UNKNOWN' | 'ERR_OPTION_VALUE' | 'ERR_OPTION_CONFLICT'

/** Something was given that nobody knows, or that has no such value. */
export class OptionError extends TypeError {
  readonly code: OptionCode
  /** Where: `'tls.cert'`; '' for what was given as a whole. */
  readonly option: string

  constructor(message: string, code: OptionCode, option: string) {
    super(printable(message))
    this.code = code
    this.option = option
  }
}

/** Who is given something, and where in it the value stands: `tls.cert` of startRedis(). */
export interface Place {
  readonly who: string
  readonly path: string
}

/** A kind of value. */
export interface OptionKind {
  /** As it follows "must be". */
  readonly what: string
  /** Whether the value is one; throws where a part of it is wrong. */
  fits(value: unknown, place: Place): boolean
  /** No value of this kind is shown. */
  readonly isSecret?: boolean
}

/** The names that an object may have. */
export type OptionShape = Readonly<Record<string, OptionKind>>

/** @throws OptionError */
export function checkOption(value: unknown, kind: OptionKind, place: Place): void {
  if (!kind.fits(value, place)) throw badValue(place, kind.what, shown(value, kind.isSecret))
}

function badValue({ who, path }: Place, what: string, got: string): OptionError {
  const subject = path === '' ? `${who} takes` : `${who}: ${path} must be`
  return new OptionError(`${subject} ${what}, not ${got}`, 'ERR_OPTION_VALUE', path)
}

/** An unknown name, with the one that was meant, or with all where there are few. */
export function unknownName(
  place: Place,
  subject: string,
  given: string,
  known: readonly string[],
): OptionError {
  return new OptionError(`${place.who} ${subject}${hint(given, known)}`, CODE_UNKNOWN, place.path)
}

const CODE_UNKNOWN = 'ERR_OPTION_UNKNOWN'
const FEW = 20

function hint(given: string, known: readonly string[]): string {
  const meant = suggest(given, known)
  if (meant !== undefined) return `; did you mean '${meant}'?`
  return known.length > FEW ? '' : `; there are: ${known.join(', ')}`
}

/** A value as messages have it: short, on one line, and none of the kinds that may be secret. */
function shown(value: unknown, isSecret = false): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return isSecret || value.length > 40 ? 'a text' : `'${value}'`
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object'
    ? `a ${value.constructor?.name ?? 'object'}`
    : `a ${typeof value}`
}

// ---- Kinds --------------------------------------------------------------------------------------

export const TEXT: OptionKind = { what: 'a text', fits: value => typeof value === 'string' }
export const SECRET: OptionKind = { ...TEXT, isSecret: true }
export const ANY_BOOLEAN: OptionKind = {
  what: 'true or false',
  fits: value => typeof value === 'boolean',
}
export const ANY_FUNCTION: OptionKind = {
  what: 'a function',
  fits: value => typeof value === 'function',
}
export const ANY_NUMBER: OptionKind = {
  what: 'a number',
  fits: value => typeof value === 'number' && !Number.isNaN(value),
}

export function whole(least: number, most = Number.POSITIVE_INFINITY): OptionKind {
  const to = most === Number.POSITIVE_INFINITY ? 'or more' : `to ${most}`
  return {
    what: `a whole number, ${least} ${to}`,
    fits: value => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  }
}

/** One of a few words or values; what is near to one is told. */
export function wordOf(...values: readonly (string | boolean)[]): OptionKind {
  const words = values.filter(value => typeof value === 'string')
  return {
    what: values.map(value => (typeof value === 'string' ? `'${value}'` : value)).join(' or '),
    fits: (value, { who, path }) => {
      if (values.some(one => one === value)) return true
      const meant = typeof value === 'string' ? suggest(value, words) : undefined
      if (meant === undefined) return false
      const message = `${who}: ${path} is never '${value}'; did you mean '${meant}'?`
      throw new OptionError(message, 'ERR_OPTION_VALUE', path)
    },
  }
}

export function either(...kinds: readonly OptionKind[]): OptionKind {
  return {
    what: kinds.map(({ what }) => what).join(' or '),
    fits: (value, place) => kinds.some(kind => kind.fits(value, place)),
    isSecret: kinds.some(({ isSecret }) => isSecret),
  }
}

export function listOf(kind: OptionKind, what: string): OptionKind {
  return {
    what,
    fits: (value, place) => Array.isArray(value) && value.every(one => kind.fits(one, place)),
    ...(kind.isSecret && { isSecret: true }),
  }
}

/** An object whose names are anybody's own. */
export function recordOf(kind: OptionKind, what: string): OptionKind {
  return {
    what,
    fits: (value, place) => {
      if (!isObject(value)) return false
      for (const [name, one] of Object.entries(value)) {
        if (one !== undefined) checkOption(one, kind, below(place, name))
      }
      return true
    },
  }
}

/** What is said of a name that is unknown here but known elsewhere. */
type Advice = (name: string) => string | undefined

/** An object of these names. What is undefined counts as not given. */
export function objectOf(shape: OptionShape, advice: Advice = () => undefined): OptionKind {
  return {
    what: 'an object of options',
    fits: (value, place) => {
      if (!isObject(value)) return false
      for (const [name, one] of Object.entries(value)) {
        const kind = Object.hasOwn(shape, name) ? shape[name] : undefined
        if (kind === undefined) throw unknownOption(below(place, name), name, shape, advice)
        if (one !== undefined) checkOption(one, kind, below(place, name))
      }
      return true
    },
  }
}

function unknownOption(
  place: Place,
  name: string,
  shape: OptionShape,
  advice: Advice,
): OptionError {
  const subject = `has no option '${place.path}'`
  const told = advice(name)
  if (told === undefined) return unknownName(place, subject, name, Object.keys(shape))
  return new OptionError(`${place.who} ${subject}; ${told}`, CODE_UNKNOWN, place.path)
}

function below({ who, path }: Place, name: string): Place {
  return { who, path: path === '' ? name : `${path}.${name}` }
}

/** What is written as an object, and no array, date, text or the like. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof Date || value instanceof Map || value instanceof Set)
}
