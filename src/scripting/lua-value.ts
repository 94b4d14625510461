// Reads Lua's values where they lie: in the linear memory of the engine. Lua 5.1's structures, as
// compiled for wasm32, are fixed facts of the one binary that engine.ts loads; its start-up check
// and the tests would fail at once if they moved. Reading costs no call into the engine, cannot
// trigger metamethods, and knows no limit of depth.

import { copyBytes } from '../util/bytes.ts'

export const NIL = 0
const BOOLEAN = 1
export const NUMBER = 3
export const STRING = 4
export const TABLE = 5
export const FUNCTION = 6
const THREAD = 8

/** One slot of the stack, or one element of a table's array. */
export const VALUE_SIZE = 16
const TYPE = 8
const NODE_SIZE = 32
const NODE_KEY = 16

const STRING_LENGTH = 12
const STRING_BYTES = 16

const TABLE_READONLY = 8
const TABLE_LOG_NODES = 12
const TABLE_METATABLE = 16
const TABLE_ARRAY = 20
const TABLE_NODES = 24
const TABLE_ARRAY_SIZE = 36

const CLOSURE_ENVIRONMENT = 12

/** A function, a thread or a userdata: nothing that can leave Lua. */
export class LuaOther {
  readonly at: number
  readonly type: number

  constructor(at: number, type: number) {
    this.at = at
    this.type = type
  }

  get name(): string {
    return this.type === FUNCTION ? 'function' : this.type === THREAD ? 'thread' : 'userdata'
  }

  get isFunction(): boolean {
    return this.type === FUNCTION
  }
}

export type LuaValue = undefined | boolean | number | string | LuaTable | LuaOther

/** What Lua takes for a text. */
export function isText(value: LuaValue): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

export class LuaMemory {
  readonly bytes: Buffer
  readonly view: DataView

  constructor(buffer: ArrayBuffer) {
    this.bytes = Buffer.from(buffer)
    this.view = new DataView(buffer)
  }

  pointer(at: number): number {
    return this.view.getUint32(at, true)
  }

  setPointer(at: number, value: number): void {
    this.view.setUint32(at, value, true)
  }

  typeOf(at: number): number {
    return this.view.getUint32(at + TYPE, true)
  }

  value(at: number): LuaValue {
    switch (this.typeOf(at)) {
      case NIL:
        return undefined
      case BOOLEAN:
        return this.pointer(at) !== 0
      case NUMBER:
        return this.view.getFloat64(at, true)
      case STRING:
        return this.string(this.pointer(at))
      case TABLE:
        return new LuaTable(this, this.pointer(at))
      default:
        return new LuaOther(this.pointer(at), this.typeOf(at))
    }
  }

  /** The number that is there. */
  number(at: number): number {
    return this.view.getFloat64(at, true)
  }

  string(at: number): string {
    const start = at + STRING_BYTES
    return this.bytes.toString('latin1', start, start + this.pointer(at + STRING_LENGTH))
  }

  /** How long the string is. */
  lengthAt(at: number): number {
    return this.pointer(this.pointer(at) + STRING_LENGTH)
  }

  /** Where the bytes of the string are. */
  textStart(at: number): number {
    return this.pointer(at) + STRING_BYTES
  }

  /** Copies a string; returns where it ends. */
  copyText(at: number, out: Buffer, start: number): number {
    const from = this.textStart(at)
    return copyBytes(this.bytes, from, from + this.lengthAt(at), out, start)
  }

  /** The bytes of a string, where they lie. */
  textAt(at: number): Buffer {
    const start = this.textStart(at)
    return this.bytes.subarray(start, start + this.lengthAt(at))
  }

  isString(at: number, text: string): boolean {
    if (this.typeOf(at) !== STRING) return false
    const string = this.pointer(at)
    return this.pointer(string + STRING_LENGTH) === text.length && this.string(string) === text
  }

  setNil(at: number): void {
    this.setPointer(at + TYPE, NIL)
  }

  setBoolean(at: number, value: boolean): void {
    this.setPointer(at, value ? 1 : 0)
    this.setPointer(at + TYPE, BOOLEAN)
  }

  setNumber(at: number, value: number): void {
    this.view.setFloat64(at, value, true)
    this.setPointer(at + TYPE, NUMBER)
  }

  /** A string that is there, by its address. */
  setString(at: number, string: number): void {
    this.setPointer(at, string)
    this.setPointer(at + TYPE, STRING)
  }

  setThread(at: number, thread: number): void {
    this.setPointer(at, thread)
    this.setPointer(at + TYPE, THREAD)
  }

  setTable(at: number, table: LuaTable): void {
    this.setPointer(at, table.at)
    this.setPointer(at + TYPE, TABLE)
  }

  /** What setfenv does. The table must be held by something else too. */
  setEnvironment(closure: LuaOther, table: LuaTable): void {
    this.setPointer(closure.at + CLOSURE_ENVIRONMENT, table.at)
  }
}

export class LuaTable {
  readonly at: number
  readonly #memory: LuaMemory
  #numbered: Map<number, number> | undefined

  constructor(memory: LuaMemory, at: number) {
    this.#memory = memory
    this.at = at
  }

  /** As rawget does it: nothing that a script defines can run. */
  field(name: string): LuaValue {
    const at = this.#fieldAt(name)
    return at === undefined ? undefined : this.#memory.value(at)
  }

  /** Puts a table where another value is. Something else must hold it too. */
  setField(name: string, table: LuaTable): void {
    const at = this.#fieldAt(name)
    if (at !== undefined) this.#memory.setTable(at, table)
  }

  /** How many elements there are up to the first nil. */
  get length(): number {
    let length = 0
    while (this.#itemAt(length + 1) !== undefined) length++
    return length
  }

  /** Where the elements are that length counts. */
  *items(): Generator<number> {
    for (let i = 1; ; i++) {
      const at = this.#itemAt(i)
      if (at === undefined) return
      yield at
    }
  }

  /** Where keys and values are, in the order of Lua's next(); array elements have no key there. */
  *entries(): Generator<readonly [key: number, valueAt: number]> {
    const memory = this.#memory
    for (let i = 0; i < this.#arraySize; i++) {
      const at = this.#array + i * VALUE_SIZE
      if (memory.typeOf(at) !== NIL) yield [-i - 1, at]
    }
    for (const node of this.#nodes()) yield [node + NODE_KEY, node]
  }

  /** Of entries(). */
  get size(): number {
    let size = 0
    for (const _ of this.entries()) size++
    return size
  }

  /** Where the values are, to change them in place. */
  *slots(): Generator<number> {
    for (let i = 0; i < this.#arraySize; i++) yield this.#array + i * VALUE_SIZE
    yield* this.#nodes()
  }

  protect(): void {
    this.#memory.setPointer(this.at + TABLE_READONLY, 1)
  }

  setMetatable(metatable: LuaTable): void {
    this.#memory.setPointer(this.at + TABLE_METATABLE, metatable.at)
  }

  /** Where element i is, from 1; undefined for a nil. */
  #itemAt(i: number): number | undefined {
    const memory = this.#memory
    if (i <= this.#arraySize) {
      const at = this.#array + (i - 1) * VALUE_SIZE
      return memory.typeOf(at) === NIL ? undefined : at
    }
    this.#numbered ??= this.#findNumbered()
    return this.#numbered.get(i)
  }

  #findNumbered(): Map<number, number> {
    const memory = this.#memory
    const numbered = new Map<number, number>()
    for (const node of this.#nodes()) {
      if (memory.typeOf(node + NODE_KEY) !== NUMBER) continue
      numbered.set(memory.view.getFloat64(node + NODE_KEY, true), node)
    }
    return numbered
  }

  get #array(): number {
    return this.#memory.pointer(this.at + TABLE_ARRAY)
  }

  get #arraySize(): number {
    return this.#memory.pointer(this.at + TABLE_ARRAY_SIZE)
  }

  #fieldAt(name: string): number | undefined {
    for (const node of this.#nodes()) {
      if (this.#memory.isString(node + NODE_KEY, name)) return node
    }
    return undefined
  }

  *#nodes(): Generator<number> {
    const first = this.#memory.pointer(this.at + TABLE_NODES)
    const count = 2 ** this.#memory.bytes.readUInt8(this.at + TABLE_LOG_NODES)
    for (let i = 0; i < count; i++) {
      const node = first + i * NODE_SIZE
      if (this.#memory.typeOf(node) !== NIL) yield node
    }
  }
}
