// How a script is stopped from outside: Lua calls a hook every so many instructions, which asks
// what is to become of the script. It can put it to sleep, so that it goes on later; or end it with
// an error, or, if the script goes on catching that, by cutting off the whole call.

import type { LuaMemory } from './lua-value.ts'
import { exportHook, type WasmFunction, type WasmTable } from './wasm.ts'

/** A script would not be ended by an error, and was cut off. */
export const CUT_OFF = Symbol('cut off')

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

/** What is to become of a script that has run for a while. */
export type Verdict = 'go on' | 'sleep' | 'stop'

export class StopHook {
  readonly #memory: LuaMemory
  readonly #judge: (canSleep: boolean) => Verdict
  readonly #sleep: (state: number) => boolean
  #stop: WasmFunction | undefined
  #state = 0
  #isWatching = false
  #lookedAt = 0
  /** How often the running script was told to stop. */
  #stops = 0

  /**
   * @param judge asked every so many instructions, and again if the script cannot sleep
   * @param sleep puts the running thread to sleep, if it can be
   */
  constructor(
    memory: LuaMemory,
    judge: (canSleep: boolean) => Verdict,
    sleep: (state: number) => boolean,
  ) {
    this.#memory = memory
    this.#judge = judge
    this.#sleep = sleep
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

  /** A call begins, which may be stopped or not; scripts run in the worker, if there is one yet. */
  begin(mayBeStopped: boolean, worker = 0): void {
    this.#stops = 0
    this.#isWatching = mayBeStopped
    if (!mayBeStopped) return
    this.#lookEvery(this.#state, FIRST)
    if (worker !== 0) this.#lookEvery(worker, FIRST)
  }

  /**
   * A script that sleeps is going to be woken, by a few instructions of ours in the first state.
   * Those are not to be stopped: it would be left asleep, and go on in the place of the next one.
   */
  wake(): void {
    this.#lookEvery(this.#state, LAST)
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
    if (this.#stops === 0 && !this.#mustStop(state)) {
      this.#spaceLooks(state)
      return
    }
    if (++this.#stops > STOPS_MAX) throw CUT_OFF
    this.#lookEvery(state, AFTER_STOP)
    this.#stop?.(state, debug)
  }

  /** Whether the script must end here; it may have been put to sleep. */
  #mustStop(state: number): boolean {
    const verdict = this.#judge(true)
    if (verdict !== 'sleep') return verdict === 'stop'
    return !this.#sleep(state) && this.#judge(false) === 'stop'
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
