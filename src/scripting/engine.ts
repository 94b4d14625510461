// One Lua 5.1 in one WebAssembly instance. The only file that knows lua-redis-wasm, whose binary
// holds the Lua that Redis itself patches (read-only tables, no bytecode, os.clock alone) with
// cjson, cmsgpack, struct and bit.
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

import { readFileSync } from 'node:fs'
import { LuaWasmModule } from 'lua-redis-wasm'
import { ReplyError } from '../resp3/errors.ts'
import { invariant } from '../util/assert.ts'
import { upToNul } from '../util/bytes.ts'
import { formatDouble } from '../util/number.ts'
import { EMPTY_TABLE, encodeError, encodeText, NIL_MARK, type PushedValue } from './encode.ts'
import { type LuaRandom, mathRandom, mathRandomseed } from './lua-random.ts'
import { LuaMemory, LuaOther, LuaTable, type LuaValue, VALUE_SIZE } from './lua-value.ts'
import { PRELUDE } from './prelude.ts'
import {
  compile,
  exportFunction,
  exportHook,
  instantiate,
  type LuaExports,
  type WasmFunction,
  type WasmModule,
} from './wasm.ts'

/**
 * A function of the redis table. What it has pushed, if anything, is its result; a ReplyError that
 * it throws becomes an error in the script.
 */
export type NativeFunction = (lua: LuaEngine) => void

export interface EngineOptions {
  /** Functions and constants of the redis table. */
  readonly functions: Readonly<Record<string, NativeFunction>>
  readonly constants: Readonly<Record<string, string | number>>
  /** Requests of the prelude: registering functions, and what flags there are. */
  readonly requests: Readonly<Record<string, NativeFunction>>
  /** Asked every so many instructions: must the script end? */
  readonly mustStop: () => boolean
  /** The state of math.random. */
  readonly random: LuaRandom
  /** Ends every request of the host to the prelude; scripts can never know it. */
  readonly secret: string
}

export type Finish<T> = (ok: boolean, value: LuaValue, detail: LuaValue) => T

/** The script was ended from outside. */
export const STOPPED = Symbol('stopped')

const HOOK_EVERY = 100_000
/** A script that was told to stop can catch the error; it is told again soon, then cut off. */
const HOOK_AFTER_STOP = 50
const STOPS_MAX = 100

// lua_State and CallInfo.
const STATE_TOP = 8
const STATE_BASE = 12
const STATE_CALL_INFO = 20
const STATE_STACK_LAST = 28
const STATE_HOOK_EVERY = 60
const STATE_HOOK_COUNT = 64
const STATE_HOOK = 68
const CALL_FUNCTION = 4
const CLOSURE_FUNCTION = 16

const COMPAT_OS = 2
/** The stack that every C function finds, less what pushing a value takes. */
const FREE_SLOTS = 16
const SLOTS_A_LEVEL = 4

/** What Lua's stack could hold at most. */
const UNPACK_MAX = 8000

/** Of functions in the binary's table, as the prelude lists them. */
type Places = readonly [number, number, number, number, number, number, number]

const EVALUATE = Buffer.from('return __redis__err__handler()')
const START = `local names = {}
for name, value in pairs(redis) do
  if type(value) == 'function' then names[#names + 1] = name .. ' ' .. tostring(value) end
end
return table.concat(names, ' ')`

export class LuaEngine {
  readonly memory: LuaMemory
  readonly #options: EngineOptions
  readonly #wasm: LuaExports
  readonly #functions = new Map<number, NativeFunction>()
  #pcall!: WasmFunction
  #raise!: WasmFunction
  #unpack!: WasmFunction
  #stop!: WasmFunction
  #mainState = 0
  /** The thread that runs: coroutines have their own. */
  #state = 0
  #results = 0
  #pushed: Uint8Array | undefined
  #finish: ((lua: LuaEngine) => void) | undefined
  /** How often the running script was told to stop. */
  #stops = 0
  #broken = false

  /** The compiled binary can be shared by many engines. */
  static compile(): WasmModule {
    return compile(readFileSync(new URL(LuaWasmModule.defaultWasmPath())))
  }

  constructor(module: WasmModule, options: EngineOptions) {
    this.#options = options
    this.#wasm = instantiate(module, {
      host_redis_props: result => this.#prepare(result),
      host_redis_pcall: result => this.#handOver(result),
    })
    this.memory = new LuaMemory(this.#wasm.memory.buffer)
    this.#wasm.set_compat(COMPAT_OS)
    // Nothing is left of the allowance at the first count: the binary's own hook always stops.
    this.#wasm.set_limits(1, 0, 0)
    invariant(this.#wasm.init() === 0, 'Lua starts')
    this.#learnFunctions()
    this.request('start', [], [], '', '', () => {})
  }

  /** After a trap in the binary the instance must not be used again. */
  get isBroken(): boolean {
    return this.#broken
  }

  /** Has the prelude do something; `finish` gets the result while Lua's values are still there. */
  request<T>(
    operation: string,
    keys: readonly string[],
    args: readonly string[],
    name: string,
    code: string,
    finish: Finish<T>,
  ): T | typeof STOPPED {
    let outcome: { readonly value: T } | undefined
    this.#stops = 0
    this.#finish = lua => {
      outcome = { value: finish(lua.arg(1) === true, lua.arg(2), lua.arg(3)) }
    }
    const control = [code, name, operation, this.#options.secret]
    const failure = this.#evaluate(EVALUATE, [...keys, ...args, ...control], keys.length)
    this.#finish = undefined
    if (this.#stops > 0) return this.#wasStopped()
    return outcome === undefined ? finish(false, failure, undefined) : outcome.value
  }

  #wasStopped(): typeof STOPPED {
    this.#stops = 0
    this.#setHookEvery(this.#mainState, HOOK_EVERY)
    return STOPPED
  }

  // ---- For the functions of the redis table -----------------------------------------------------

  get argCount(): number {
    return (this.#top - this.#base) / VALUE_SIZE
  }

  /** Argument i, from 0. */
  arg(i: number): LuaValue {
    return i < this.argCount ? this.memory.value(this.#base + i * VALUE_SIZE) : undefined
  }

  /** Argument i as lua_tostring gives it, or undefined if it is neither a string nor a number. */
  text(i: number): string | undefined {
    const value = this.arg(i)
    if (typeof value === 'string') return value
    return typeof value === 'number' ? formatNumber(value) : undefined
  }

  /** Argument i as lua_tonumber gives it: strings that read as a number are one. */
  number(i: number): number | undefined {
    const value = this.arg(i)
    if (typeof value === 'number') return value
    if (typeof value !== 'string' || value.trim() === '') return undefined
    const number = Number(value)
    return Number.isNaN(number) ? undefined : number
  }

  typeName(i: number): string {
    const value = this.arg(i)
    if (i >= this.argCount) return 'no value'
    if (value === undefined) return 'nil'
    if (value instanceof LuaTable) return 'table'
    return value instanceof LuaOther ? value.name : typeof value
  }

  pushNil(): void {
    this.memory.setNil(this.#base)
    this.#pushedOne()
  }

  pushBoolean(value: boolean): void {
    this.memory.setBoolean(this.#base, value)
    this.#pushedOne()
  }

  pushNumber(value: number): void {
    this.memory.setNumber(this.#base, value)
    this.#pushedOne()
  }

  pushString(text: string): void {
    this.push({ bytes: encodeText(text), depth: 0, hasNil: false })
  }

  /** A second result, after the first. */
  alsoPushString(text: string): void {
    const first = this.#base
    this.#setBase(first + VALUE_SIZE)
    this.pushString(text)
    this.#setBase(first)
    this.#results = 2
  }

  push({ bytes, depth, hasNil }: PushedValue): void {
    this.#setTop(this.#base)
    if (depth * SLOTS_A_LEVEL > FREE_SLOTS) this.#growStack(depth * SLOTS_A_LEVEL)
    this.#pushed = bytes
    this.#pcall(this.#state)
    if (hasNil) this.#replaceMarks(this.#base)
    this.#pushedOne()
  }

  /** An error as the table that scripts know. */
  pushError(message: string, isCounted: boolean): void {
    this.push(encodeError(message, isCounted))
    // It came inside a map, because only a map can carry what it is made of.
    const carrier = this.memory.value(this.#base)
    const error = carrier instanceof LuaTable ? carrier.field('map') : undefined
    this.memory.setTable(this.#base, tableOf(error))
  }

  /** Raises what was pushed. Never returns: the binary unwinds. */
  raisePushed(): void {
    this.#setTop(this.#base + VALUE_SIZE)
    this.#raise(this.#state)
  }

  /** Raises a text, with the position of the script's call before it. */
  raiseText(text: string): void {
    this.pushString(text)
    this.raisePushed()
  }

  // ---- The stack --------------------------------------------------------------------------------

  get #top(): number {
    return this.memory.pointer(this.#state + STATE_TOP)
  }

  get #base(): number {
    return this.memory.pointer(this.#state + STATE_BASE)
  }

  #setTop(top: number): void {
    this.memory.setPointer(this.#state + STATE_TOP, top)
  }

  #setBase(base: number): void {
    this.memory.setPointer(this.#state + STATE_BASE, base)
  }

  #pushedOne(): void {
    this.#setTop(this.#base + VALUE_SIZE)
    this.#results = 1
  }

  // lua_checkstack is not exported, but unpack() calls it.
  #growStack(slots: number): void {
    const { memory } = this
    const last = memory.pointer(this.#state + STATE_STACK_LAST)
    if (last - this.#base > slots * VALUE_SIZE) return
    this.push(EMPTY_TABLE)
    memory.setNumber(this.#base + VALUE_SIZE, 1)
    memory.setNumber(this.#base + 2 * VALUE_SIZE, slots)
    this.#setTop(this.#base + 3 * VALUE_SIZE)
    this.#unpack(this.#state)
    this.#setTop(this.#base)
  }

  // A nil cannot be encoded; a mark stands for it until the value is built.
  #replaceMarks(at: number): void {
    const { memory } = this
    if (memory.isString(at, NIL_MARK)) {
      memory.setNil(at)
      return
    }
    const value = memory.value(at)
    if (value instanceof LuaTable) for (const slot of value.slots()) this.#replaceMarks(slot)
  }

  // ---- Calls into the binary --------------------------------------------------------------------

  /** Runs a chunk; returns the string that it returned, or the error that ended it. */
  #evaluate(chunk: Buffer, words: readonly string[], keyCount: number): string {
    const wasm = this.#wasm
    const encoded = encodeWords(words)
    const code = this.#allocate(chunk)
    const args = this.#allocate(encoded)
    const result = wasm.alloc(8)
    invariant(code !== 0 && args !== 0 && result !== 0, 'memory for the script')
    const sp = wasm.emscripten_stack_get_current()
    try {
      wasm.eval_with_args(result, code, chunk.length, args, encoded.length, keyCount)
    } catch (error) {
      // A trap (a C stack that is too deep, say), or a bug of ours in the middle of Lua's work.
      this.#broken = true
      wasm._emscripten_stack_restore(sp)
      if (error === STOPPED) return ''
      if (error instanceof RangeError || isTrap(error)) return 'stack overflow'
      throw error
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

  #allocate(bytes: Uint8Array): number {
    const at = this.#wasm.alloc(Math.max(1, bytes.length))
    if (at !== 0) this.memory.bytes.set(bytes, at)
    return at
  }

  #handOver(result: number): void {
    const bytes = this.#pushed
    invariant(bytes !== undefined, 'something to push')
    const at = this.#allocate(bytes)
    this.memory.setPointer(result, at)
    this.memory.setPointer(result + 4, at === 0 ? 0 : bytes.length)
  }

  // ---- Making it --------------------------------------------------------------------------------

  // The binary asks for the members of the redis table when everything else is in place and
  // nothing is locked yet: the moment to run the prelude.
  #prepare(result: number): void {
    const chunk = Buffer.from('return loadstring(ARGV[1], "=prelude")(ARGV[2])')
    const text = this.#evaluate(chunk, [PRELUDE, this.#options.secret], 0)
    const places = [...text.matchAll(/0x([0-9a-f]+)/g)].map(match =>
      this.memory.pointer(Number.parseInt(match[1]!, 16) + CLOSURE_FUNCTION),
    )
    invariant(places.length === 7, `prelude: ${text}`)
    this.#standIn(places as [number, number, number, number, number, number, number])
    const members = encodeMembers(this.#options)
    this.memory.setPointer(result, this.#allocate(members))
    this.memory.setPointer(result + 4, members.length)
  }

  #standIn([host, guard, pcall, raise, unpack, random, seed]: Places): void {
    const table = this.#wasm.__indirect_function_table
    this.#pcall = table.get(pcall)
    this.#raise = table.get(raise)
    this.#unpack = table.get(unpack)
    const replace = (place: number, run: NativeFunction): void =>
      table.set(
        place,
        exportFunction(state => this.#run(state, run)),
      )
    table.set(
      host,
      exportFunction(state => this.#enterHost(state)),
    )
    replace(guard, missingGlobal)
    replace(random, mathRandom(this.#options.random))
    replace(seed, mathRandomseed(this.#options.random))
    table.set(
      unpack,
      exportFunction(state => this.#guardedUnpack(state)),
    )
  }

  // Lua's own takes a range that overflows its arithmetic for a small one, and writes on.
  #guardedUnpack(state: number): number {
    this.#state = state
    const first = this.arg(1) ?? 1
    const last = this.arg(2)
    if (typeof first === 'number' && typeof last === 'number' && last - first >= UNPACK_MAX) {
      return this.#run(state, lua => lua.raiseText('too many results to unpack'))
    }
    return this.#unpack(state)
  }

  #learnFunctions(): void {
    const words = this.#evaluate(Buffer.from(START), [], 0).split(' ')
    const table = this.#wasm.__indirect_function_table
    for (let i = 0; i + 2 < words.length; i += 3) {
      const run = this.#options.functions[words[i]!]
      if (run === undefined) continue
      const closure = Number.parseInt(words[i + 2]!, 16)
      if (this.#functions.size === 0) {
        const index = this.memory.pointer(closure + CLOSURE_FUNCTION)
        table.set(
          index,
          exportFunction(state => this.#enter(state)),
        )
      }
      this.#functions.set(closure, run)
    }
  }

  // The binary's hook is only known from a running state.
  #installHook(state: number): void {
    this.#mainState = state
    const index = this.memory.pointer(state + STATE_HOOK)
    const table = this.#wasm.__indirect_function_table
    this.#stop = table.get(index)
    table.set(
      index,
      exportHook((state, debug) => this.#count(state, debug)),
    )
    this.#setHookEvery(state, HOOK_EVERY)
  }

  #setHookEvery(state: number, instructions: number): void {
    this.memory.setPointer(state + STATE_HOOK_EVERY, instructions)
    this.memory.setPointer(state + STATE_HOOK_COUNT, instructions)
  }

  #count(state: number, debug: number): void {
    if (this.#stops === 0 && !this.#options.mustStop()) return
    if (++this.#stops > STOPS_MAX) throw STOPPED
    this.#setHookEvery(state, HOOK_AFTER_STOP)
    this.#stop(state, debug)
  }

  // ---- Calls from Lua ---------------------------------------------------------------------------

  #enter(state: number): number {
    const call = this.memory.pointer(state + STATE_CALL_INFO)
    const closure = this.memory.pointer(this.memory.pointer(call + CALL_FUNCTION))
    const run = this.#functions.get(closure)
    invariant(run !== undefined, 'a function of the redis table')
    return this.#run(state, run)
  }

  #enterHost(state: number): number {
    this.#state = state
    const request = this.text(0) ?? ''
    if (this.#mainState === 0) this.#installHook(state)
    const run = this.#requests.get(request) ?? this.#options.requests[request]
    invariant(run !== undefined, `request ${request}`)
    return this.#run(state, run)
  }

  #run(state: number, run: NativeFunction): number {
    const outer = this.#state
    this.#state = state
    this.#results = 0
    try {
      run(this)
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error
      this.pushError(error.message, false)
      this.raisePushed()
    }
    this.#state = outer
    return this.#results
  }

  readonly #requests: ReadonlyMap<string, NativeFunction> = new Map([
    ['finish', lua => this.#finished(lua)],
    ['protect', lua => tableOf(lua.arg(1)).protect()],
    ['guard', lua => tableOf(lua.arg(1)).setMetatable(tableOf(lua.arg(2)))],
    ['environment', lua => this.#setEnvironment(lua.arg(1), tableOf(lua.arg(2)))],
  ])

  #finished(lua: LuaEngine): void {
    if (this.#stops === 0) this.#finish?.(lua)
  }

  #setEnvironment(closure: LuaValue, table: LuaTable): void {
    invariant(closure instanceof LuaOther && closure.isFunction, 'a function')
    this.memory.setEnvironment(closure, table)
  }
}

// The __index of guarded tables.
function missingGlobal(lua: LuaEngine): void {
  const name = lua.text(1)
  if (lua.argCount !== 2) {
    lua.raiseText('Wrong number of arguments to luaProtectedTableError')
  } else if (name === undefined) {
    lua.raiseText('Second argument to luaProtectedTableError must be a string or number')
  } else {
    lua.raiseText(`Script attempted to access nonexistent global variable '${upToNul(name)}'`)
  }
}

function tableOf(value: LuaValue): LuaTable {
  invariant(value instanceof LuaTable, 'a table')
  return value
}

function isTrap(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'RuntimeError'
}

/**
 * A number as Redis hands it to a command: whole numbers as integers, all digits of the others.
 * What is not a number has its sign bit set there, because x86 sets it.
 */
function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '-nan'
  return value === 0 ? '0' : formatDouble(value)
}

// A count, then every word with its length, all little-endian.
function encodeWords(words: readonly string[]): Buffer {
  let size = 4
  for (const word of words) size += 4 + word.length
  const out = Buffer.allocUnsafe(size)
  let at = out.writeUInt32LE(words.length, 0)
  for (const word of words) {
    at = out.writeUInt32LE(word.length, at)
    at += out.write(word, at, 'latin1')
  }
  return out
}

// Constants, and for each function a closure that does nothing (kind 1, no value).
function encodeMembers({ functions, constants }: EngineOptions): Buffer {
  const members: Buffer[] = []
  for (const name of Object.keys(functions)) members.push(member(name, Buffer.from([1, 0])))
  for (const [name, value] of Object.entries(constants)) {
    const encoded = Buffer.alloc(typeof value === 'number' ? 10 : 6 + value.length)
    encoded[1] = typeof value === 'number' ? 2 : 3
    if (typeof value === 'number') encoded.writeDoubleLE(value, 2)
    else {
      encoded.writeUInt32LE(value.length, 2)
      encoded.write(value, 6, 'latin1')
    }
    members.push(member(name, encoded))
  }
  const count = Buffer.alloc(4)
  count.writeUInt32LE(members.length)
  return Buffer.concat([count, ...members])
}

function member(name: string, value: Buffer): Buffer {
  const head = Buffer.alloc(4 + name.length)
  head.writeUInt32LE(name.length)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, value])
}
