// Lua's stack, as a C function sees it: the arguments of the call from its base on, and room for
// what it answers. A function of ours reads its arguments here and pushes one or two results.

import { invariant } from '../util/assert.ts'
import { copyBytes, upToNul, writeBytes } from '../util/bytes.ts'
import { formatDouble } from '../util/number.ts'
import {
  EMPTY_TABLE,
  encodeError,
  NIL_MARK,
  type PushedValue,
  TEXT_HEAD,
  TOO_LARGE,
  writeTextHead,
} from './encode.ts'
import { type LuaMemory, LuaOther, LuaTable, type LuaValue, VALUE_SIZE } from './lua-value.ts'
import type { WasmFunction } from './wasm.ts'

/**
 * A function of the redis table. What it has pushed, if anything, is its result; a ReplyError that
 * it throws becomes an error in the script.
 */
export type NativeFunction = (lua: LuaStack) => void

/** How an encoded value gets into Lua. */
export interface Builder {
  /** A block of the engine for so many bytes, or 0 if there is no room. */
  allocate(size: number): number
  /** Pushes what is encoded in a block, and frees it; where that is 0, Lua raises its error. */
  build(state: number, block: number, length: number): void
}

/** Functions of the binary that this works with. */
export interface LuaPrimitives {
  /** redis.pcall: builds the value that was handed over. */
  readonly build: WasmFunction
  /** error() */
  readonly raise: WasmFunction
  /** collectgarbage() */
  readonly collect: WasmFunction
  readonly unpack: WasmFunction
}

// lua_State
const TOP = 8
const BASE = 12
const GLOBAL = 16
const STACK_LAST = 28
// global_State
const GARBAGE_THRESHOLD = 64
const TOTAL_BYTES = 68

/** The stack that every C function finds, less what pushing a value takes. */
const FREE_SLOTS = 16
const SLOTS_A_LEVEL = 4
const STEP_BYTES = 1024

export class LuaStack {
  readonly memory: LuaMemory
  primitives: LuaPrimitives | undefined
  /** The thread that runs: coroutines have their own. */
  state = 0
  /** How many results were pushed. */
  results = 0

  readonly #builder: Builder
  /** The text 'step', for collectgarbage(). */
  #step = 0

  constructor(memory: LuaMemory, builder: Builder) {
    this.memory = memory
    this.#builder = builder
  }

  /** Where argument 0 lies. */
  get argsAt(): number {
    return this.#base
  }

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
    if (typeof value !== 'string') return undefined
    const text = upToNul(value)
    if (text.trim() === '') return undefined
    const number = Number(text)
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

  /** A coroutine, by its address; nil if there is none. */
  pushThread(thread: number | undefined): void {
    if (thread === undefined) {
      this.pushNil()
      return
    }
    this.memory.setThread(this.#base, thread)
    this.#pushedOne()
  }

  pushString(text: string): void {
    const { length } = text
    this.#setTop(this.#base)
    const block = this.#textBlock(length)
    if (block !== 0) writeBytes(text, this.memory.bytes, block + TEXT_HEAD)
    this.#buildText(block, length)
  }

  /** A text, from the bytes between two positions. */
  pushBytes(bytes: Buffer, start: number, end: number): void {
    this.#setTop(this.#base)
    const block = this.#textBlock(end - start)
    if (block !== 0) copyBytes(bytes, start, end, this.memory.bytes, block + TEXT_HEAD)
    this.#buildText(block, end - start)
  }

  /** Argument 0, which is a text, so many times over. */
  pushRepeated(times: number): void {
    const { memory } = this
    const piece = memory.lengthAt(this.#base)
    const length = piece * times
    this.#collect(length)
    const block = this.#textBlock(length)
    if (block !== 0 && length > 0) {
      const start = block + TEXT_HEAD
      memory.copyText(this.#base, memory.bytes, start)
      for (let done = piece; done < length; done *= 2) {
        memory.bytes.copyWithin(start + done, start, start + Math.min(done, length - done))
      }
    }
    this.#setTop(this.#base)
    this.#buildText(block, length)
  }

  /** A second result, after the first. */
  alsoPushString(text: string): void {
    const first = this.#base
    this.#setBase(first + VALUE_SIZE)
    this.pushString(text)
    this.#setBase(first)
    this.results = 2
  }

  push({ bytes, length, depth, hasNil }: PushedValue): void {
    this.#setTop(this.#base)
    if (depth * SLOTS_A_LEVEL > FREE_SLOTS) this.#growStack(depth * SLOTS_A_LEVEL)
    const block = this.#builder.allocate(length)
    if (block !== 0) copyBytes(bytes, 0, length, this.memory.bytes, block)
    this.#builder.build(this.state, block, length)
    if (hasNil) this.#replaceMarks(this.#base)
    this.#pushedOne()
  }

  /** An error as the table that scripts know. */
  pushError(message: string, isCounted: boolean): void {
    this.push(encodeError(message, isCounted))
    // It came inside a map, because only a map can carry what it is made of.
    const carrier = this.memory.value(this.#base)
    const error = carrier instanceof LuaTable ? carrier.field('map') : undefined
    invariant(error instanceof LuaTable, 'an error is a table')
    this.memory.setTable(this.#base, error)
  }

  /** Raises what was pushed. Never returns: the binary unwinds. */
  raisePushed(): void {
    this.#setTop(this.#base + VALUE_SIZE)
    this.#primitives.raise(this.state)
  }

  /** Raises a text, with the position of the script's call before it. */
  raiseText(text: string): void {
    this.pushString(text)
    this.raisePushed()
  }

  /** Raises a text as it is. */
  raiseBare(text: string): void {
    this.pushString(text)
    this.memory.setNumber(this.#base + VALUE_SIZE, 0)
    this.#setTop(this.#base + 2 * VALUE_SIZE)
    this.#primitives.raise(this.state)
  }

  /** Lua's own error for want of memory. Never returns. */
  raiseNoMemory(): void {
    this.push(TOO_LARGE)
  }

  /** A wrong argument, in the words of Lua's own libraries; i counts from 1. */
  raiseArgument(i: number, name: string, problem: string): void {
    this.raiseText(`bad argument #${i} to '${name}' (${problem})`)
  }

  /** Argument i, from 0, as a number; raises if it is none. */
  checkNumber(i: number, name: string): number {
    const value = this.number(i)
    if (value === undefined) {
      this.raiseArgument(i + 1, name, `number expected, got ${this.typeName(i)}`)
    }
    return value ?? 0
  }

  checkText(i: number, name: string): string {
    const text = this.text(i)
    if (text === undefined) {
      this.raiseArgument(i + 1, name, `string expected, got ${this.typeName(i)}`)
    }
    return text ?? ''
  }

  /** Several results. */
  pushAll(values: readonly (string | number)[]): void {
    this.#growStack(values.length + FREE_SLOTS)
    const size = values.length * VALUE_SIZE
    for (const value of values) {
      if (typeof value === 'number') this.pushNumber(value)
      else this.pushString(value)
      this.#setBase(this.#base + VALUE_SIZE)
    }
    this.#setBase(this.#base - size)
    this.#setTop(this.#base + size)
    this.results = values.length
  }

  /** Calls a function with a text and argument i, in a frame above; returns the text it returns. */
  nested(run: NativeFunction, text: string, i: number): string {
    const offset = this.#top - this.#base
    this.#setBase(this.#top)
    this.#growStack(2 * FREE_SLOTS)
    this.pushString(text)
    const from = this.#base - offset + i * VALUE_SIZE
    const to = this.#base + VALUE_SIZE
    this.memory.bytes.copyWithin(to, from, from + VALUE_SIZE)
    this.#setTop(to + VALUE_SIZE)
    run(this)
    const result = this.memory.value(this.#top - VALUE_SIZE)
    this.#setTop(this.#base)
    this.#setBase(this.#base - offset)
    return String(result)
  }

  /** Argument i is the text 'step', which the prelude keeps. */
  learnStep(i: number): void {
    this.#step = this.memory.pointer(this.#base + i * VALUE_SIZE)
  }

  /** Lua's unpack(), with the arguments that are there. */
  unpack(): void {
    this.callOriginal(this.#primitives.unpack)
  }

  /** A function of the binary goes on with the call; its results are the call's. */
  callOriginal(original: WasmFunction | undefined): void {
    invariant(original !== undefined, 'a function of the binary')
    this.results = original(this.state)
  }

  /** Calls a function of the binary with the arguments, which stay; what it returns is lost. */
  callAside(original: NativeFunction): void {
    const size = this.#top - this.#base
    original(this)
    this.#setTop(this.#base + size)
  }

  // ---- Helpers ---------------------------------------------------------------------------------

  get #primitives(): LuaPrimitives {
    invariant(this.primitives !== undefined, 'the engine is ready')
    return this.primitives
  }

  get #top(): number {
    return this.memory.pointer(this.state + TOP)
  }

  get #base(): number {
    return this.memory.pointer(this.state + BASE)
  }

  #setTop(top: number): void {
    this.memory.setPointer(this.state + TOP, top)
  }

  #setBase(base: number): void {
    this.memory.setPointer(this.state + BASE, base)
  }

  #textBlock(length: number): number {
    const block = this.#builder.allocate(TEXT_HEAD + length)
    if (block !== 0) writeTextHead(this.memory, block, length)
    return block
  }

  #buildText(block: number, length: number): void {
    this.#builder.build(this.state, block, TEXT_HEAD + length)
    this.#pushedOne()
  }

  // Before so many bytes are made at once: Lua collects garbage in steps, one for each kilobyte
  // that its own functions make.
  #collect(bytes: number): void {
    const { memory } = this
    const global = memory.pointer(this.state + GLOBAL)
    const total = memory.pointer(global + TOTAL_BYTES) + bytes
    if (bytes < STEP_BYTES || total < memory.pointer(global + GARBAGE_THRESHOLD)) return
    const offset = this.#top - this.#base
    this.#setBase(this.#top)
    memory.setString(this.#base, this.#step)
    memory.setNumber(this.#base + VALUE_SIZE, Math.floor(bytes / STEP_BYTES))
    this.#setTop(this.#base + 2 * VALUE_SIZE)
    this.#primitives.collect(this.state)
    this.#setTop(this.#base)
    this.#setBase(this.#base - offset)
  }

  #pushedOne(): void {
    this.#setTop(this.#base + VALUE_SIZE)
    this.results = 1
  }

  // lua_checkstack is not exported, but unpack() calls it.
  #growStack(slots: number): void {
    const { memory } = this
    const last = memory.pointer(this.state + STACK_LAST)
    if (last - this.#base > slots * VALUE_SIZE) return
    this.push(EMPTY_TABLE)
    memory.setNumber(this.#base + VALUE_SIZE, 1)
    memory.setNumber(this.#base + 2 * VALUE_SIZE, slots)
    this.#setTop(this.#base + 3 * VALUE_SIZE)
    this.#primitives.unpack(this.state)
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
}

/**
 * A number as Redis hands it to a command: whole numbers as integers, all digits of the others.
 * What is not a number has its sign bit set there, because x86 sets it.
 */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '-nan'
  return value === 0 ? '0' : formatDouble(value)
}
