// The first line of a script or library, and the flags that a script declares. What follows the
// line keeps its line feed, so that errors have the numbers of the user's own lines.

import { err, type ReplyError } from '../resp3/errors.ts'
import { splitWords } from '../resp3/words.ts'
import { FLAG } from '../table/command.ts'
import { lowerCase } from '../util/bytes.ts'
import { ROPE_MAX } from '../util/limits.ts'

export const NO_WRITES = 1
export const ALLOW_OOM = 2
export const ALLOW_STALE = 4
export const NO_CLUSTER = 8
export const ALLOW_CROSS_SLOT_KEYS = 16
/** A script without a shebang declares nothing and is held to the rules of older versions. */
export const COMPATIBLE = 32

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['no-writes', NO_WRITES],
  ['allow-oom', ALLOW_OOM],
  ['allow-stale', ALLOW_STALE],
  ['no-cluster', NO_CLUSTER],
  ['allow-cross-slot-keys', ALLOW_CROSS_SLOT_KEYS],
])

export function flagNames(flags: number): string[] {
  return [...FLAGS].filter(([, flag]) => (flags & flag) !== 0).map(([name]) => name)
}

/** The flags of a registered function, or undefined if one of them is unknown. */
export function functionFlags(names: readonly string[]): number | undefined {
  let flags = 0
  for (const name of names) {
    const flag = FLAGS.get(lowerCase(name))
    if (flag === undefined) return undefined
    flags |= flag
  }
  return flags
}

export interface ScriptHead {
  readonly flags: number
  /** Where the code starts. */
  readonly codeAt: number
}

/** The flags of EVAL or FCALL once the script is known: what it declared replaces the command's. */
export function commandFlags(flags: number, declared: number): number {
  if ((declared & COMPATIBLE) !== 0) return flags
  let own = flags & ~(FLAG.stale | FLAG.denyoom | FLAG.write | FLAG.may_replicate)
  if ((declared & (ALLOW_OOM | NO_WRITES)) === 0) own |= FLAG.denyoom
  if ((declared & NO_WRITES) === 0) own |= FLAG.write
  if ((declared & ALLOW_STALE) !== 0) own |= FLAG.stale
  return own
}

/** What the script says of itself, or why it cannot be understood. */
export function readScriptHead(body: string): ScriptHead | ReplyError {
  if (!body.startsWith('#!')) return { flags: COMPATIBLE, codeAt: 0 }
  const codeAt = body.indexOf('\n')
  if (codeAt < 0) return err('Invalid script shebang')
  if (codeAt > ROPE_MAX) return err('Invalid engine in script shebang')
  const [engine, ...options] = splitWords(body.slice(0, codeAt)) ?? []
  if (engine === undefined) return err('Invalid engine in script shebang')
  if (engine !== '#!lua') return err(`Unexpected engine in script shebang: ${engine}`)
  let flags = 0
  for (const option of options) {
    if (!option.startsWith('flags=')) return err(`Unknown lua shebang option: ${option}`)
    const list = option.slice(6)
    for (const name of list === '' ? [] : list.split(',')) {
      const flag = FLAGS.get(name)
      if (flag === undefined) return err(`Unexpected flag in script shebang: ${name}`)
      flags |= flag
    }
  }
  return { flags, codeAt }
}

/** The flags of a script, or undefined if it cannot be understood. */
export function declaredBy(body: string): number | undefined {
  const head = readScriptHead(body)
  return 'flags' in head ? head.flags : undefined
}

export interface LibraryHead {
  readonly name: string
  readonly engine: string
  readonly codeAt: number
}

export function readLibraryHead(code: string): LibraryHead {
  if (!code.startsWith('#!')) throw err('Missing library metadata')
  const codeAt = code.indexOf('\n')
  if (codeAt > ROPE_MAX) throw err('Invalid library metadata')
  const [first, ...options] = (codeAt < 0 ? undefined : splitWords(code.slice(0, codeAt))) ?? []
  if (first === undefined) throw err('Invalid library metadata')
  let name: string | undefined
  for (const option of options) {
    if (lowerCase(option.slice(0, 5)) !== 'name=') {
      throw err(`Invalid metadata value given: ${option}`)
    }
    if (name !== undefined) {
      throw err('Invalid metadata value, name argument was given multiple times')
    }
    name = option.slice(5)
  }
  if (name === undefined) throw err('Library name was not given')
  return { name, engine: first.slice(2), codeAt }
}
