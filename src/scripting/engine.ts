// One Lua 5.1 in one WebAssembly instance. Only here is known what is in the binary of
// lua-redis-wasm: the Lua that Redis itself patches (read-only tables, no bytecode, os.clock alone)
// with cjson, cmsgpack, struct and bit.
//
// The package's own JavaScript is not used: it starts asynchronously, hands numbers to commands
// with 14 digits, raises errors as strings and knows nothing of function libraries. Here the
// instance is made synchronously, and the functions of the redis table are ours:
//
//   - The binary makes every function of the redis table that the host asks for as a closure over
//     one C function that does nothing. That C function's place in the function table is given
//     to enter(), which looks at the closure to see which of ours was called.
//   - Arguments are read from Lua's stack in memory. Small results are written there. What needs
//     Lua to allocate goes through the binary's redis.pcall, which turns an encoded reply into
//     values; and an error is raised by its error().
//
// As these are C functions for Lua, calling them leaves no frame behind, and a script's errors have
// the positions that they have in Redis.

import { ReplyError } from '../resp3/errors.ts'
import { invariant } from '../util/assert.ts'
import { ENDLESS_TABLE } from './encode.ts'
import { encodedSize, encodeMembers, type Members, writeWords } from './engine-words.ts'
import { readLuaBinary } from './lua-binary.ts'
import { guardedUnpack, missingGlobal } from './lua-guards.ts'
import { wideFormat, wideTonumber } from './lua-integers.ts'
import { type LuaRandom, mathRandom, mathRandomseed } from './lua-random.ts'
import { repeatText } from './lua-repeat.ts'
import { LuaStack, type NativeFunction } from './lua-stack.ts'
import { structPack, structSize, structUnpack } from './lua-struct.ts'
import { LuaThreads } from './lua-threads.ts'
import { LuaMemory, LuaOther, LuaTable, type LuaValue } from './lua-value.ts'
import { Asleep, NO_MEMORY, type Outcome, placeOf, Stopped, whyItBroke } from './outcome.ts'
import { PRELUDE } from './prelude.ts'
import { StopHook, type Verdict } from './stop-hook.ts'
import {
  compile,
  exportFunction,
  HEAP_END,
  instantiate,
  LongJump,
  type LuaExports,
  MEMORY_SIZE,
  STACK_SIZE,
  type WasmModule,
} from './wasm.ts'

export interface EngineOptions extends Members {
  /** Requests of the prelude: registering functions, and what flags there are. */
  readonly requests: Readonly<Record<string, NativeFunction>>
  /** Asked every so many instructions what is to become of the script. */
  readonly judge: (canSleep: boolean) => Verdict
  /** The state of math.random. */
  readonly random: LuaRandom
}

export type Finish<T> = (ok: boolean, value: LuaValue, detail: LuaValue) => T

// lua_State and CallInfo.
const STATE_GLOBAL = 16
const STATE_CALL_INFO = 20
const CALL_FUNCTION = 4
const GLOBAL_TOTAL_BYTES = 68
const CLOSURE_FUNCTION = 16

/** What may take long: all else is ours, and never stopped halfway. */
const STOPPABLE: ReadonlySet<string> = new Set(['eval', 'fcall', 'load'])
/** An engine that cannot give this much in one piece is as good as full. */
const PIECE = 24 * 1024 * 1024
const RESERVE = 1024
const COMPAT_OS = 2

/** What does some of an original's work, in the order of the prelude. */
const REPLACED = [wideTonumber, wideFormat, repeatText, structPack, structUnpack, structSize]

const EVALUATE = Buffer.from('return __redis__err__handler()')
const START = `local names = {}
for name, value in pairs(redis) do
  if type(value) == 'function' then names[#names + 1] = name .. ' ' .. tostring(value) end
end
return table.concat(names, ' ')`

export class LuaEngine {
  readonly memory: LuaMemory
  readonly #stack: LuaStack
  readonly #options: EngineOptions
  readonly #wasm: LuaExports
  readonly #functions = new Map<number, NativeFunction>()
  readonly #hook: StopHook
  readonly #threads: LuaThreads
  #mainState = 0
  #finish: ((lua: LuaStack) => void) | undefined
  /** The host has a request, and the prelude has not asked for it yet. */
  #isAsking = false
  /** The block with a value on its way into Lua, and how much of it that is. */
  #block = 0
  #blockLength = 0
  #isAsleep = false
  #stoppedAt: string | undefined
  /** The binary has come for the block. */
  #isTaken = false
  readonly #endlessTable: number
  /** Kept for when there is nothing else. */
  #reserve = 0
  #broken = false
  #full = false

  /** The compiled binary can be shared by many engines. */
  static compile(): WasmModule {
    return compile(readLuaBinary())
  }

  constructor(module: WasmModule, options: EngineOptions) {
    this.#options = options
    this.#wasm = instantiate(module, {
      host_redis_props: result => this.#prepare(result),
      host_redis_pcall: result => this.#handOver(result),
      exhausted: () => {
        this.#full = true
      },
    })
    this.memory = new LuaMemory(this.#wasm.memory.buffer)
    this.#threads = new LuaThreads(this.memory)
    this.#hook = new StopHook(this.memory, options.judge, state => this.#threads.sleep(state))
    this.#stack = new LuaStack(this.memory, {
      allocate: size => this.#allocate(size),
      build: (state, block, length) => this.#build(state, block, length),
    })
    this.#endlessTable = this.#store(ENDLESS_TABLE)
    this.#reserve = this.#wasm.alloc(RESERVE)
    this.#wasm.set_compat(COMPAT_OS)
    // Nothing is left of the allowance at the first count: the binary's own hook always stops.
    this.#wasm.set_limits(1, 0, 0)
    invariant(this.#wasm.init() === 0, 'Lua starts')
    const { grownTo } = this
    invariant(grownTo > STACK_SIZE && grownTo < MEMORY_SIZE, 'where the heap ends')
    this.#learnFunctions()
    this.request('start', [], [], '', '', () => {})
  }

  /** After a trap in the binary, or a call that was cut off, it must not be used again. */
  get isBroken(): boolean {
    return this.#broken
  }

  /** Some allocation has failed, whether or not a script let it be seen. */
  get isFull(): boolean {
    return this.#full
  }

  get isSpent(): boolean {
    return this.#broken || this.#full
  }

  /** What Lua has allocated. */
  get usedBytes(): number {
    const global = this.memory.pointer(this.#mainState + STATE_GLOBAL)
    return this.memory.pointer(global + GLOBAL_TOTAL_BYTES)
  }

  /** How much of its memory was ever in use at one time. */
  get grownTo(): number {
    return this.memory.pointer(HEAP_END)
  }

  /** Throws all garbage away; says whether the engine then has room enough to go on. */
  recover(): boolean {
    if (this.#broken) return false
    this.request('collect', [], [], '', '', () => {})
    if (this.#reserve === 0) this.#reserve = this.#wasm.alloc(RESERVE)
    const piece = this.#wasm.alloc(PIECE)
    this.#wasm.free_mem(piece)
    this.#full = piece === 0
    return !this.#full && !this.#broken
  }

  /**
   * Has the prelude do something; `finish` gets the result, once, while Lua's values are still
   * there. What it throws is thrown here, or where the request is woken.
   */
  request<T>(
    operation: string,
    keys: readonly string[],
    args: readonly string[],
    name: string,
    code: string,
    finish: Finish<T>,
  ): Outcome<T> {
    this.#hook.begin(STOPPABLE.has(operation), this.#threads.root)
    return this.#ask(operation, keys, [...args, code, name], finish)
  }

  /** One call into the engine: the first of a request, or one after it has slept. */
  #ask<T>(
    operation: string,
    keys: readonly string[],
    words: readonly string[],
    finish: Finish<T>,
  ): Outcome<T> {
    let outcome: (() => T) | undefined
    this.#isAsleep = false
    this.#stoppedAt = undefined
    this.#finish = lua => {
      try {
        const value = finish(lua.arg(1) === true, lua.arg(2), lua.arg(3))
        outcome = () => value
      } catch (error) {
        outcome = () => {
          throw error
        }
      }
    }
    this.#isAsking = true
    const failure = this.#evaluate(EVALUATE, [...keys, ...words, operation], keys.length)
    this.#isAsking = false
    this.#finish = undefined
    if (this.#isAsleep) {
      return new Asleep(() => {
        this.#hook.wake()
        return this.#ask('wake', [], ['', ''], finish)
      })
    }
    const wasStopped = this.#hook.hasStopped
    this.#hook.begin(false)
    if (outcome !== undefined) return (outcome as () => T)()
    if (wasStopped) return new Stopped(this.#stoppedAt)
    return finish(false, failure === '' && this.#full ? NO_MEMORY : failure, undefined)
  }

  // ---- Calls into the binary -------------------------------------------------------------------

  /** Runs a chunk; returns the string that it returned, or the error that ended it. */
  #evaluate(chunk: Buffer, words: readonly string[], keyCount: number): string {
    if (this.#broken) return NO_MEMORY
    const wasm = this.#wasm
    const size = encodedSize(words)
    const code = this.#store(chunk)
    const args = size < MEMORY_SIZE ? wasm.alloc(size) : 0
    const result = wasm.alloc(8)
    if (code === 0 || args === 0 || result === 0) {
      for (const block of [code, args, result]) wasm.free_mem(block)
      this.#full = true
      return NO_MEMORY
    }
    writeWords(words, this.memory.bytes, args)
    const sp = wasm.emscripten_stack_get_current()
    try {
      wasm.eval_with_args(result, code, chunk.length, args, size, keyCount)
    } catch (error) {
      this.#broken = true
      wasm._emscripten_stack_restore(sp)
      return whyItBroke(error)
    }
    const at = this.memory.pointer(result)
    const text = at === 0 ? '' : this.#readResult(at, this.memory.pointer(result + 4))
    for (const block of [code, args, result, at]) wasm.free_mem(block)
    return text
  }

  // A type byte, a length, and for errors the number of a line.
  #readResult(at: number, length: number): string {
    const isError = this.memory.bytes[at] === 6
    return this.memory.bytes.toString('latin1', at + (isError ? 9 : 5), at + length)
  }

  /** A block for so many bytes, or 0. */
  #allocate(size: number): number {
    const at = size < MEMORY_SIZE ? this.#wasm.alloc(Math.max(1, size)) : 0
    if (at === 0) this.#full = true
    return at
  }

  #store(bytes: Uint8Array): number {
    const at = this.#allocate(bytes.length)
    if (at !== 0) this.memory.bytes.set(bytes, at)
    return at
  }

  // The binary frees what it was handed, unless Lua has no room for the value: it then leaves by
  // an error of its own.
  #build(state: number, block: number, length: number): void {
    const { primitives } = this.#stack
    invariant(primitives !== undefined, 'the engine is ready')
    this.#block = block
    this.#blockLength = length
    this.#isTaken = false
    try {
      primitives.build(state)
    } catch (error) {
      this.#wasm.free_mem(block)
      if (!this.#isTaken && error instanceof LongJump && this.#reserve !== 0) {
        this.#buildFromReserve()
      }
      throw error
    }
  }

  // There was not even room to ask us for the value, and the error would say something else.
  #buildFromReserve(): void {
    this.#full = true
    this.#wasm.free_mem(this.#reserve)
    this.#reserve = 0
    this.#stack.raiseNoMemory()
  }

  #handOver(result: number): void {
    const block = this.#block
    invariant(!this.#isTaken, 'one block at a time')
    this.#isTaken = true
    // If there is no room, a table that nobody has room for: Lua itself says what is the matter.
    this.memory.setPointer(result, block === 0 ? this.#endlessTable : block)
    this.memory.setPointer(result + 4, block === 0 ? ENDLESS_TABLE.length : this.#blockLength)
  }

  // ---- Making it -------------------------------------------------------------------------------

  // The binary asks for the members of the redis table when everything else is in place and
  // nothing is locked yet: the moment to run the prelude.
  #prepare(result: number): void {
    const chunk = Buffer.from('return loadstring(ARGV[1], "=prelude")()')
    const text = this.#evaluate(chunk, [PRELUDE], 0)
    const places = [...text.matchAll(/0x([0-9a-f]+)/g)].map(match =>
      this.memory.pointer(Number.parseInt(match[1]!, 16) + CLOSURE_FUNCTION),
    )
    invariant(places.length === 16, `prelude: ${text}`)
    this.#standIn(places)
    const members = encodeMembers(this.#options)
    this.memory.setPointer(result, this.#store(members))
    this.memory.setPointer(result + 4, members.length)
  }

  // Puts functions of ours in the place of some of the binary's: in the order of the prelude.
  #standIn(places: readonly number[]): void {
    const table = this.#wasm.__indirect_function_table
    const originals = places.map(place => table.get(place))
    const [, , build, raise, collect, unpack] = originals
    invariant(build && raise && collect && unpack, 'functions that the host calls')
    this.#stack.primitives = { build, raise, collect, unpack }
    const { random } = this.#options
    const replacements = [
      undefined,
      missingGlobal,
      undefined,
      undefined,
      undefined,
      guardedUnpack,
      mathRandom(random),
      mathRandomseed(random),
      ...[...REPLACED, this.#threads.running, this.#threads.status].map((replace, i) =>
        replace(lua => lua.callOriginal(originals[i + 8])),
      ),
    ]
    replacements.forEach((run, i) => {
      if (run !== undefined) this.#replace(places[i], state => this.#run(state, run))
    })
    this.#replace(places[0], state => this.#enterHost(state))
  }

  #replace(place: number | undefined, run: (state: number) => number): void {
    this.#wasm.__indirect_function_table.set(place ?? 0, exportFunction(run))
  }

  #learnFunctions(): void {
    const words = this.#evaluate(Buffer.from(START), [], 0).split(' ')
    for (let i = 0; i + 2 < words.length; i += 3) {
      const run = this.#options.functions[words[i]!]
      if (run === undefined) continue
      const closure = Number.parseInt(words[i + 2]!, 16)
      if (this.#functions.size === 0) {
        const index = this.memory.pointer(closure + CLOSURE_FUNCTION)
        this.#replace(index, state => this.#enter(state))
      }
      this.#functions.set(closure, run)
    }
  }

  // ---- Calls from Lua --------------------------------------------------------------------------

  #enter(state: number): number {
    const call = this.memory.pointer(state + STATE_CALL_INFO)
    const closure = this.memory.pointer(this.memory.pointer(call + CALL_FUNCTION))
    const run = this.#functions.get(closure)
    invariant(run !== undefined, 'a function of the redis table')
    return this.#run(state, run)
  }

  #enterHost(state: number): number {
    if (this.#mainState === 0) {
      this.#mainState = state
      this.#hook.install(state, this.#wasm.__indirect_function_table)
    }
    this.#stack.state = state
    if (this.#stack.argCount === 0) return this.#run(state, lua => this.#answerAsked(lua))
    const request = this.#stack.text(0) ?? ''
    const run =
      this.#requests.get(request) ??
      this.#threads.requests[request] ??
      this.#options.requests[request]
    invariant(run !== undefined, `request ${request}`)
    return this.#run(state, run)
  }

  #run(state: number, run: NativeFunction): number {
    const stack = this.#stack
    stack.state = state
    stack.results = 0
    try {
      run(stack)
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error
      stack.pushError(error.message, false)
      stack.raisePushed()
    }
    return stack.results
  }

  readonly #requests: ReadonlyMap<string, NativeFunction> = new Map([
    ['finish', lua => this.#finished(lua)],
    ['asleep', () => (this.#isAsleep = true)],
    ['step', lua => lua.learnStep(1)],
    ['protect', lua => tableOf(lua.arg(1)).protect()],
    ['guard', lua => tableOf(lua.arg(1)).setMetatable(tableOf(lua.arg(2)))],
    ['environment', lua => this.#setEnvironment(lua.arg(1), tableOf(lua.arg(2)))],
  ])

  #answerAsked(lua: LuaStack): void {
    lua.pushBoolean(this.#isAsking)
    this.#isAsking = false
  }

  #finished(lua: LuaStack): void {
    const finish = this.#finish
    this.#finish = undefined
    if (this.#hook.hasStopped) this.#stoppedAt = placeOf(lua.arg(2))
    else finish?.(lua)
  }

  #setEnvironment(closure: LuaValue, table: LuaTable): void {
    invariant(closure instanceof LuaOther && closure.isFunction, 'a function')
    this.memory.setEnvironment(closure, table)
  }
}

function tableOf(value: LuaValue): LuaTable {
  invariant(value instanceof LuaTable, 'a table')
  return value
}
