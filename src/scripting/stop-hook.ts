// How a script is stopped from outside: Lua calls a hook every so many instructions, which asks
// whether the script must end, and then ends it with an error, or, if the script goes on catching
// that, by cutting off the whole call.

import type { LuaMemory } from './lua-value.ts'
import { exportHook, type WasmFunction, type WasmTable } from './wasm.ts'

/** The script was ended from outside. */
export const STOPPED = Symbol('stopped')

/**
 * Instructions between two looks at the time. A script begins with few, as each may be a call of a
 * C function that takes long; the next look comes later for as long as time has hardly passed.
 */
const FIRST = 200
const LAST = 100_000
const HARDLY_MS = 1
const LONG_MS = 20
/** A script that was told to stop can catch the error; it is told again soon, then cut off. */
const AFTER_STOP = 50
const STOPS_MAX = 100

// lua_State.
const STATE_HOOK_EVERY = 60
const STATE_HOOK_COUNT = 64
const STATE_HOOK = 68

export class StopHook {
  readonly #memory: LuaMemory
  readonly #mustStop: () => boolean
  #stop: WasmFunction | undefined
  #state = 0
  #isWatching = false
  #lookedAt = 0
  /** How often the running script was told to stop. */
  #stops = 0

  /** @param mustStop asked every so many instructions: must the script end? */
  constructor(memory: LuaMemory, mustStop: () => boolean) {
    this.#memory = memory
    this.#mustStop = mustStop
  }

  /** Takes the place of the binary's own hook, which is only known from a running state. */
  install(state: number, functions: WasmTable): void {
    const index = this.#memory.pointer(state + STATE_HOOK)
    this.#state = state
    this.#stop = functions.get(index)
    functions.set(
      index,
      exportHook((running, debug) => this.#count(running, debug)),
    )
    this.#lookEvery(state, FIRST)
  }

  /** A call begins, which may be stopped or not. */
  begin(mayBeStopped: boolean): void {
    this.#stops = 0
    this.#isWatching = mayBeStopped
    if (mayBeStopped) this.#lookEvery(this.#state, FIRST)
  }

  /** Whether the call was told to stop. */
  get hasStopped(): boolean {
    return this.#stops > 0
  }

  #lookEvery(state: number, instructions: number): void {
    this.#memory.setPointer(state + STATE_HOOK_EVERY, instructions)
    this.#memory.setPointer(state + STATE_HOOK_COUNT, instructions)
  }

  #count(state: number, debug: number): void {
    if (!this.#isWatching) return
    if (this.#stops === 0 && !this.#mustStop()) {
      this.#spaceLooks(state)
      return
    }
    if (++this.#stops > STOPS_MAX) throw STOPPED
    this.#lookEvery(state, AFTER_STOP)
    this.#stop?.(state, debug)
  }

  #spaceLooks(state: number): void {
    const now = performance.now()
    const passedMs = now - this.#lookedAt
    this.#lookedAt = now
    const every = this.#memory.pointer(state + STATE_HOOK_EVERY)
    if (passedMs < HARDLY_MS) this.#lookEvery(state, Math.min(every * 2, LAST))
    else if (passedMs > LONG_MS) this.#lookEvery(state, FIRST)
  }
}
