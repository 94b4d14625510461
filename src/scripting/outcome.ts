// How a request to an engine ends, where that is not simply its result.

import { isText, LuaTable, type LuaValue } from './lua-value.ts'
import { CUT_OFF } from './stop-hook.ts'
import { LuaAborted } from './wasm.ts'

/** What Lua says of itself, and we of everything that does not fit into an engine. */
export const NO_MEMORY = 'not enough memory'

/** A request whose script sleeps. Nothing else may be asked of the engine until it has ended. */
export class Asleep<T> {
  /** Goes on with it. */
  readonly wake: () => Outcome<T>

  constructor(wake: () => Outcome<T>) {
    this.wake = wake
  }
}

/** A request whose script was ended from outside. */
export class Stopped {
  /** Where it was, as errors say it: `@user_script:1`. Undefined if it had to be cut off. */
  readonly place: string | undefined

  constructor(place: string | undefined) {
    this.place = place
  }
}

export type Outcome<T> = T | Stopped | Asleep<T>

/** Where an error was raised, as its handler found out. */
export function placeOf(problem: LuaValue): string | undefined {
  if (!(problem instanceof LuaTable)) return undefined
  const source = problem.field('source')
  const line = problem.field('line')
  return isText(source) && isText(line) ? `${source}:${line}` : undefined
}

// A C stack that is too deep (for the binary, a trap, for the runtime, a RangeError); C that gave
// up; a script that would not stop; or a bug of ours in the middle of Lua's work.
export function whyItBroke(error: unknown): string {
  if (error === CUT_OFF) return ''
  if (error instanceof LuaAborted) return NO_MEMORY
  if (isTrap(error) || isStackOverflow(error)) return 'stack overflow'
  throw error
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack')
}

function isTrap(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'RuntimeError'
}
