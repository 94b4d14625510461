// CONFIG: the settings of one server, how they are read from directives, shown, and changed while
// it runs. `settings` is the live object that everybody reads, so settings['maxclients'] has the
// right type and costs a property access.
//
// What must act on a change watches it. CONFIG SET is all or nothing: every value is read before
// any is taken, and if a watcher cannot follow, all values are put back and the watchers are called
// again.

import { err, LOADING, type ReplyError } from '../../resp3/errors.ts'
import { invariant } from '../../util/assert.ts'
import { lowerCase } from '../../util/bytes.ts'
import { compile } from '../../util/glob.ts'
import type { Log } from '../log.ts'
import { ConfigError, type Parameter, type Setting } from './parameter.ts'
import { DEPRECATED, PARAMETERS, type ParameterName, type Settings } from './parameters.ts'

export type { ParameterName, Settings } from './parameters.ts'

/** A parameter by one of its names. */
interface Entry {
  /** As it was asked for: the alias, if it was that. */
  readonly name: string
  readonly primary: ParameterName
  readonly parameter: Parameter<unknown>
}

interface Watcher {
  readonly names: readonly ParameterName[]
  readonly apply: () => void
}

/** Who asks for a change, as far as it matters. */
export interface ChangeContext {
  readonly allowsProtected: boolean
  readonly isLoading: boolean
}

const ENTRIES: ReadonlyMap<string, Entry> = new Map(
  Object.entries(PARAMETERS).flatMap(([primary, parameter]) => {
    const names = [primary, ...(parameter.flags.alias === undefined ? [] : [parameter.flags.alias])]
    return names.map(name => [name, { name, primary: primary as ParameterName, parameter }])
  }),
)

/** What every server starts from. */
const INITIAL: ReadonlyMap<ParameterName, Setting<unknown>> = new Map(
  Array.from(ENTRIES.values(), ({ primary, parameter }) => [primary, parameter.initial]),
)
const INITIAL_VALUES = Object.fromEntries(
  Array.from(INITIAL, ([name, { value }]) => [name, value]),
) as unknown as Settings

export class Config {
  readonly settings: Settings
  /** What was set since, if only to the same again. */
  readonly #taken = new Map<ParameterName, Setting<unknown>>()
  readonly #given = new Set<string>()
  readonly #watchers: Watcher[] = []
  readonly #log: Log | undefined

  /** The path of the configuration file, if there is one. */
  readonly file: string | undefined

  constructor(log?: Log, file?: string) {
    this.#log = log
    this.file = file
    this.settings = { ...INITIAL_VALUES }
  }

  #take(name: ParameterName, setting: Setting<unknown>): void {
    this.#taken.set(name, setting)
    Object.assign(this.settings, { [name]: setting.value })
  }

  #read({ primary, parameter }: Entry, words: readonly string[], continues: boolean) {
    return parameter.read(words, this.#setting(primary), continues)
  }

  #setting(name: ParameterName): Setting<unknown> {
    const setting = this.#taken.get(name) ?? INITIAL.get(name)
    invariant(setting !== undefined, `setting ${name}`)
    return setting
  }

  // ---- Reading directives ----------------------------------------------------------------------

  /** Takes a directive of redis.conf; false if it names no parameter. Watchers are not called. */
  load([name = '', ...words]: readonly string[]): boolean {
    const entry = ENTRIES.get(lowerCase(name))
    if (entry === undefined) return DEPRECATED.has(lowerCase(name)) && words.length === 1
    const { primary, parameter } = entry
    if (!parameter.isList && words.length !== 1) throw new ConfigError('wrong number of arguments')
    this.#take(primary, this.#read(entry, words, this.#given.has(primary)))
    this.#given.add(primary)
    return true
  }

  /** Whether a directive gave the parameter its value. */
  isGiven(name: ParameterName): boolean {
    return this.#given.has(name)
  }

  /** What the settings ask for in vain, in the order in which they were first given. */
  unkept(): string[] {
    return [...this.#taken.keys()].map(name => this.#unkept(name)).filter(one => one !== undefined)
  }

  #unkept(name: ParameterName): string | undefined {
    const { initial, flags } = PARAMETERS[name]
    const { text } = this.#setting(name)
    if (flags.warned === undefined || text === initial.text) return undefined
    if (flags.unlessGiven !== undefined && this.#given.has(flags.unlessGiven)) return undefined
    return `This server does not do what '${name} ${text}' asks for: ${flags.warned}.`
  }

  // ---- CONFIG GET ------------------------------------------------------------------------------

  /** Names and texts of the parameters that are named or fit a pattern. */
  get(patterns: readonly string[]): (readonly [string, string])[] {
    const found = new Map<string, readonly [string, string]>()
    const add = (shown: string, { name, primary }: Entry): void => {
      if (!found.has(name)) found.set(name, [shown, this.#setting(primary).text])
    }
    for (const pattern of patterns) {
      const entry = ENTRIES.get(lowerCase(pattern))
      if (!/[[*?]/.test(pattern)) {
        if (entry !== undefined) add(pattern, entry)
        continue
      }
      const fits = compile(pattern, true)
      for (const candidate of ENTRIES.values()) {
        const { name, parameter } = candidate
        if (parameter.flags.hidden || found.has(name)) continue
        if (fits(name)) add(name, candidate)
      }
    }
    return [...found.values()]
  }

  /** The texts of settings that were ever set, by their own names; the others are as at first. */
  texts(): ReadonlyMap<ParameterName, { readonly text: string }> {
    return new Map(this.#taken)
  }

  /** A setting's text before anybody set it. */
  initialText(name: ParameterName): string {
    return INITIAL.get(name)?.text ?? ''
  }

  /** Whether CONFIG SET may change it while the server runs. */
  isChangeable(name: string): boolean {
    const entry = ENTRIES.get(lowerCase(name))
    return entry !== undefined && !entry.parameter.flags.immutable
  }

  // ---- CONFIG SET ------------------------------------------------------------------------------

  /** Calls back when CONFIG SET has changed one of the parameters; may throw a ConfigError. */
  watch(names: readonly ParameterName[], apply: () => void): void {
    this.#watchers.push({ names, apply })
  }

  set(pairs: readonly (readonly [string, string])[], context: ChangeContext): void {
    const entries = requireChangeable(pairs, context)
    const before = entries.map(({ primary }) => [primary, this.#setting(primary)] as const)
    const changed = this.#takeAll(entries, pairs, before)
    const watchers = this.#watchersOf(changed)
    for (const [watcher, entry] of watchers) {
      try {
        watcher.apply()
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        this.#log?.warning(
          `Failed applying new configuration. Possibly related to new ${entry.name} setting. ` +
            'Restoring previous settings.',
        )
        this.#restore(before)
        this.#reapply(watchers.keys())
        throw failure(entry.name, error)
      }
    }
    for (const { primary } of changed) {
      const sentence = this.#unkept(primary)
      if (sentence !== undefined) this.#log?.warning(sentence)
    }
  }

  /** Takes every value or none; answers with the entries that are to be applied. */
  #takeAll(
    entries: readonly Entry[],
    pairs: readonly (readonly [string, string])[],
    before: readonly (readonly [ParameterName, Setting<unknown>])[],
  ): Entry[] {
    const changed: Entry[] = []
    for (const [i, entry] of entries.entries()) {
      const { primary, parameter } = entry
      try {
        const text = pairs[i]?.[1] ?? ''
        const setting = this.#read(entry, parameter.isList ? splitBlanks(text) : [text], false)
        const isNew = setting.text !== this.#setting(primary).text
        this.#take(primary, setting)
        if (isNew || parameter.flags.volatile) changed.push(entry)
      } catch (error) {
        this.#restore(before)
        if (error instanceof ConfigError) throw failure(entry.name, error)
        throw error
      }
    }
    return changed
  }

  /** The watchers to call, in the order of the parameters, each with the first that wants it. */
  #watchersOf(changed: readonly Entry[]): Map<Watcher, Entry> {
    const found = new Map<Watcher, Entry>()
    for (const entry of changed) {
      for (const watcher of this.#watchers) {
        if (watcher.names.includes(entry.primary) && !found.has(watcher)) found.set(watcher, entry)
      }
    }
    return found
  }

  #restore(settings: readonly (readonly [ParameterName, Setting<unknown>])[]): void {
    for (const [name, setting] of settings.toReversed()) this.#take(name, setting)
  }

  #reapply(watchers: Iterable<Watcher>): void {
    for (const { apply } of watchers) {
      try {
        apply()
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        this.#log?.warning(`Failed applying restored failed CONFIG SET command: ${error.message}`)
      }
    }
  }

  /** Changes a setting from within, where a command does what CONFIG SET would. */
  put(name: ParameterName, ...words: readonly string[]): void {
    const entry = ENTRIES.get(name)
    invariant(entry !== undefined, `parameter ${name}`)
    this.#take(name, this.#read(entry, words, false))
  }

  // ---- CONFIG REWRITE --------------------------------------------------------------------------

  /** The lines of each parameter, for CONFIG REWRITE. */
  *rewritten() {
    for (const { name, primary, parameter } of ENTRIES.values()) {
      if (name === primary) yield { name, lines: parameter.rewrite(name, this.#setting(primary)) }
    }
  }
}

/** The parameter's own name, if this is its name or its alias. */
export function parameterNamed(name: string): ParameterName | undefined {
  return ENTRIES.get(lowerCase(name))?.primary
}

/** Their names and aliases. */
export function parameterNames(): Iterable<string> {
  return ENTRIES.keys()
}

/** The words of a list, as CONFIG SET gets them: in one text, parted by single blanks. */
function splitBlanks(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

function failure(name: string, { message }: Error): ReplyError {
  return err(`CONFIG SET failed (possibly related to argument '${name}') - ${message}`)
}

/** The parameters named, or the first reason why one of them may not be set. */
function requireChangeable(
  pairs: readonly (readonly [string, string])[],
  context: ChangeContext,
): Entry[] {
  const entries: Entry[] = []
  for (const [name] of pairs) {
    const entry = ENTRIES.get(lowerCase(name))
    if (entry === undefined) {
      throw err(`Unknown option or number of arguments for CONFIG SET - '${name}'`)
    }
    const { flags } = entry.parameter
    if (flags.immutable) throw failure(name, new ConfigError("can't set immutable config"))
    if (flags.protected && !context.allowsProtected) {
      throw failure(name, new ConfigError("can't set protected config"))
    }
    if (flags.deniedWhileLoading && context.isLoading) throw LOADING
    if (entries.includes(entry)) throw failure(name, new ConfigError('duplicate parameter'))
    entries.push(entry)
  }
  return entries
}

/** Whether the values of this parameter are kept out of logs; undefined if there is none. */
export function isSensitive(name: string): boolean | undefined {
  const parameter = ENTRIES.get(lowerCase(name))?.parameter
  return parameter && (parameter.flags.sensitive ?? false)
}

/** Whether the parameter of this name takes several words. */
export function isList(name: string): boolean {
  return ENTRIES.get(lowerCase(name))?.parameter.isList ?? false
}
