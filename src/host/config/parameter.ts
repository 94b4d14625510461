// The kinds of configuration parameters: how each reads and prints its value, in Redis's words.
//
// A setting is kept twice: as the value that the server works with, and as the text that CONFIG GET
// answers. The text decides whether a setting has changed, and is exact also where a 64-bit number
// is not. Parameters that are lists are in list-parameter.ts.

import { lowerCase, quoted, upToNul } from '../../util/bytes.ts'
import { parseInt64 } from '../../util/number.ts'

/** Why a value is refused, as the end of CONFIG SET's error and of redis.conf's. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface ParameterFlags {
  /** Can only be given at start. */
  readonly immutable?: boolean
  /** Needs enable-protected-configs. */
  readonly protected?: boolean
  /** Redacted wherever commands are recorded. */
  readonly sensitive?: boolean
  /** Applied even if the value is the same: files that are read again. */
  readonly volatile?: boolean
  /** Not shown by CONFIG GET with a pattern. */
  readonly hidden?: boolean
  /** Not to be changed while a dataset is being loaded. */
  readonly deniedWhileLoading?: boolean
  /** Another name of the same parameter. */
  readonly alias?: string
  /** What is so instead of what another value than the initial one asks for: the log says so. */
  readonly warned?: string
  /** With this one given, it is as asked for. */
  readonly unlessGiven?: string
}

export interface Setting<T> {
  readonly value: T
  readonly text: string
}

/** A line of redis.conf. Unless it is needed, it only replaces one that is there already. */
export interface RewrittenLine {
  readonly line: string
  readonly isNeeded: boolean
}

export interface Parameter<T> {
  readonly initial: Setting<T>
  readonly flags: ParameterFlags
  /** Takes several words. */
  readonly isList: boolean
  /**
   * Reads the words of a directive. Where a directive changes only a part, the rest stays as in
   * `current`; `continues` says that a line of the same name stood above it.
   */
  read(words: readonly string[], current: Setting<T>, continues: boolean): Setting<T>
  /** What CONFIG REWRITE writes: no line removes those that are there. */
  rewrite(name: string, setting: Setting<T>): readonly RewrittenLine[]
}

/** A parameter of one word that is written to redis.conf as it is shown. */
export function single<T>(
  defaultText: string,
  flags: ParameterFlags,
  read: (word: string) => Setting<T>,
  write: (text: string) => string = text => text,
): Parameter<T> {
  return {
    initial: read(defaultText),
    flags,
    isList: false,
    read: ([word = '']) => read(word),
    rewrite: (name, { text }) => [
      { line: `${name} ${write(text)}`, isNeeded: text !== defaultText },
    ],
  }
}

/** Marks a parameter of which the TLS context is made: it is made anew when one changes. */
export type OfTls<P> = P & { readonly isOfTls: true }

export function ofTls<T>(parameter: Parameter<T>): OfTls<Parameter<T>> {
  return { ...parameter, isOfTls: true }
}

/** The largest values of C's types, as they appear in messages. */
export const INT_MAX = 2147483647
export const INT_MIN = -2147483648
export const UINT_MAX = 4294967295
export const LONG_MAX = 2n ** 63n - 1n
export const ULONG_MAX = 2n ** 64n - 1n

type Bound = number | bigint

export function integer(
  min: Bound,
  max: Bound,
  defaultValue: number,
  flags: ParameterFlags = {},
): Parameter<number> {
  return single(String(defaultValue), flags, word => {
    const value = parseInt64(word)
    if (value === undefined) throw new ConfigError("argument couldn't be parsed into an integer")
    requireBetween(value, min, max)
    return { value: Number(value), text: String(value) }
  })
}

function requireBetween(value: bigint, min: Bound, max: Bound, radix = 10): void {
  if (value >= BigInt(min) && value <= BigInt(max)) return
  throw new ConfigError(
    `argument must be between ${min.toString(radix)} and ${max.toString(radix)} inclusive`,
  )
}

/** An integer that is accepted out of its range, and then brought into it. */
export function clamped(parameter: Parameter<number>, min: number, max: number): Parameter<number> {
  return {
    ...parameter,
    read(words, current, continues) {
      const setting = parameter.read(words, current, continues)
      const inside = Math.min(Math.max(setting.value, min), max)
      return inside === setting.value ? setting : { value: inside, text: String(inside) }
    },
  }
}

/** Permission bits. */
export function octal(
  max: number,
  defaultValue: number,
  flags: ParameterFlags = {},
): Parameter<number> {
  return single(defaultValue.toString(8), flags, word => {
    const [all, sign, digits] = /^[\t-\r ]*([+-]?)([0-7]*)$/.exec(upToNul(word)) ?? []
    if (all === undefined) throw new ConfigError("argument couldn't be parsed as an octal number")
    const magnitude = BigInt(`0o0${digits}`)
    const value = BigInt.asUintN(64, sign === '-' ? -magnitude : magnitude)
    requireBetween(value, 0, max, 8)
    return { value: Number(value), text: value.toString(8) }
  })
}

/** An amount of memory: bytes, or a number with a unit. */
export function memory(
  min: Bound,
  max: Bound,
  defaultValue: number,
  flags: ParameterFlags = {},
): Parameter<number> {
  const isSigned = BigInt(max) <= LONG_MAX
  return single(
    String(defaultValue),
    flags,
    word => {
      const bytes = parseMemory(word)
      if (bytes === undefined) throw new ConfigError('argument must be a memory value')
      const value = isSigned ? BigInt.asIntN(64, bytes) : bytes
      requireBetween(value, min, max)
      return { value: Number(value), text: String(value) }
    },
    formatMemory,
  )
}

/** As memory(), or a percentage, which is kept as a negative number. */
export function memoryOrPercent(
  defaultValue: number,
  flags: ParameterFlags = {},
): Parameter<number> {
  return single(
    String(defaultValue),
    flags,
    word => {
      const bytes = parseMemory(word)
      const value = bytes === undefined ? readPercent(word) : BigInt.asIntN(64, bytes)
      if (value === undefined) throw new ConfigError('argument must be a memory or percent value')
      if (value < -100n) throw new ConfigError('percentage argument must be less or equal to 100')
      return { value: Number(value), text: value < 0n ? `${-value}%` : String(value) }
    },
    text => (text.endsWith('%') ? text : formatMemory(text)),
  )
}

function readPercent(word: string): bigint | undefined {
  if (word.length < 2 || !word.endsWith('%')) return undefined
  const value = parseInt64(word.slice(0, -1))
  return value === undefined || value < 0n ? undefined : -value
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ['k', 1000n],
  ['kb', 1024n],
  ['m', 1000n ** 2n],
  ['mb', 1024n ** 2n],
  ['g', 1000n ** 3n],
  ['gb', 1024n ** 3n],
])

/** Bytes, in 64 bits without a sign. */
export function parseMemory(word: string): bigint | undefined {
  const [, digits, unit = ''] = /^([0-9]*)([a-z]*)$/i.exec(upToNul(word)) ?? []
  const factor = UNITS.get(lowerCase(unit))
  if (digits === undefined || factor === undefined || digits.length >= 128) return undefined
  const count = BigInt(`0${digits}`)
  return BigInt.asUintN(64, (count > ULONG_MAX ? ULONG_MAX : count) * factor)
}

/** In the largest unit that holds it without a rest. */
export function formatMemory(text: string): string {
  const bytes = BigInt(text)
  for (const unit of ['gb', 'mb', 'kb']) {
    const factor = UNITS.get(unit) ?? 1n
    if (bytes !== 0n && bytes % factor === 0n) return `${bytes / factor}${unit}`
  }
  return text
}

export function yesNo(defaultValue: boolean, flags: ParameterFlags = {}): Parameter<boolean> {
  return single(defaultValue ? 'yes' : 'no', flags, word => {
    const text = lowerCase(upToNul(word))
    if (text !== 'yes' && text !== 'no') throw new ConfigError("argument must be 'yes' or 'no'")
    return { value: text === 'yes', text }
  })
}

/** A switch that cannot be turned on. */
export function never(parameter: Parameter<boolean>, reason: string): Parameter<boolean> {
  return {
    ...parameter,
    read(words, current, continues) {
      const setting = parameter.read(words, current, continues)
      if (setting.value) throw new ConfigError(reason)
      return setting
    },
  }
}

export interface TextRules {
  /** No text is no directive: it is not written to redis.conf. */
  readonly isOptional?: boolean
  /** May hold a NUL, which elsewhere ends the text. */
  readonly isBinary?: boolean
  /** Throws a ConfigError if the text is not acceptable. */
  readonly check?: (text: string) => void
}

export function text(
  defaultText: string,
  flags: ParameterFlags = {},
  rules: TextRules = {},
): Parameter<string> {
  const parameter = single(
    defaultText,
    flags,
    word => {
      const value = rules.isBinary ? word : upToNul(word)
      rules.check?.(value)
      return { value, text: value }
    },
    quoted,
  )
  if (!rules.isOptional) return parameter
  return {
    ...parameter,
    rewrite: (name, setting) => (setting.text === '' ? [] : parameter.rewrite(name, setting)),
  }
}

/** A text that is absent unless it is given: paths, passwords. */
export function optionalText(flags: ParameterFlags = {}, rules: TextRules = {}): Parameter<string> {
  return text('', flags, { ...rules, isOptional: true })
}

export function oneOf<const T extends string>(
  values: readonly T[],
  defaultValue: NoInfer<T>,
  flags: ParameterFlags = {},
  /** Words that are another's synonym: they are shown as that one. */
  synonyms: Readonly<Record<string, NoInfer<T>>> = {},
): Parameter<T> {
  return single(defaultValue, flags, word => {
    const typed = lowerCase(upToNul(word))
    const value = values.find(candidate => lowerCase(candidate) === typed)
    if (value === undefined) throw notAmong(values)
    const shown = synonyms[value] ?? value
    return { value: shown, text: shown }
  })
}

function notAmong(values: readonly string[]): ConfigError {
  return new ConfigError(`argument(s) must be one of the following: ${values.join(', ')}`)
}

/** A set of words, or the one word that stands for none of them. */
export function someOf(
  none: string,
  words: readonly string[],
  check: (chosen: ReadonlySet<string>) => void,
  flags: ParameterFlags = {},
): Parameter<ReadonlySet<string>> {
  const initial = { value: new Set<string>(), text: none }
  return {
    initial,
    flags,
    isList: true,
    read(typed) {
      const chosen = new Set(typed.map(word => lowerCase(upToNul(word))))
      const known = [...chosen].every(word => word === none || words.includes(word))
      if (typed.length === 0 || !known) throw notAmong([none, ...words])
      chosen.delete(none)
      check(chosen)
      const text = words.filter(word => chosen.has(word)).join(' ')
      return { value: chosen, text: text === '' ? none : text }
    },
    rewrite: (name, { text }) => [{ line: `${name} ${text}`, isNeeded: text !== none }],
  }
}
