// Threads of Lua that can be put to sleep between any two instructions, so that others are served
// while a script runs for long. Lua 5.1 lets a hook do that where no C function of Lua's is on the
// way; so scripts run in threads of ours, and so does what they pcall, each in one of its own. The
// prelude makes these workers, hands on what they return, and when one sleeps, sleeps too, up to
// the host. A script's own coroutines, xpcall and callbacks of C functions are such an obstacle.
//
// To scripts the workers do not exist: a worker cannot be yielded from, and is nobody's coroutine.

import type { LuaStack, NativeFunction } from './lua-stack.ts'
import { type LuaMemory, LuaOther, LuaTable, VALUE_SIZE } from './lua-value.ts'

// lua_State
const STATUS = 6
const TOP = 8
const BASE = 12
const CALLS = 40
const C_CALLS = 52
const BASE_C_CALLS = 54
const HOOK_EVERY = 60
const HOOK_COUNT = 64
const ERROR_HANDLER = 116
// CallInfo
const CALL_INFO_SIZE = 24
const CALL_FUNCTION = 4
// Closure and Proto
const PROTO = 16
const LINES = 20
const LINE_COUNT = 48
const LOCAL_COUNT = 56

const YIELDED = 1

export class LuaThreads {
  readonly #memory: LuaMemory
  /** The functions that workers begin with, as closures. */
  #starts: readonly number[] = []
  #main = 0
  /** The one that scripts run in, if there is one. */
  root = 0
  /** Who waits for a worker that runs. */
  readonly #parents = new Map<number, number>()

  constructor(memory: LuaMemory) {
    this.#memory = memory
  }

  /** What the prelude asks for. */
  readonly requests: Readonly<Record<string, NativeFunction>> = {
    /** The functions that workers begin with. */
    workers: lua => {
      this.#main = lua.state
      this.#starts = [pointerAt(lua, 1), pointerAt(lua, 2)]
    },
    /** A function of the prelude: no error is to say where it is, nor how it calls things. */
    hide: lua => {
      const proto = this.#memory.pointer(pointerAt(lua, 1) + PROTO)
      this.#memory.setPointer(proto + LINES, 0)
      this.#memory.setPointer(proto + LINE_COUNT, 0)
      this.#memory.setPointer(proto + LOCAL_COUNT, 0)
    },
    /** The worker for scripts, or none: its first function is also the handler of its errors. */
    root: lua => {
      this.root = pointerAt(lua, 1)
      if (this.root === 0) return
      this.#parents.delete(this.root)
      this.#memory.setPointer(this.root + ERROR_HANDLER, VALUE_SIZE)
    },
    /** A worker is about to run what is called here: as deep as a call of C, as closely watched. */
    nest: lua => {
      const worker = pointerAt(lua, 1)
      const every = this.#memory.pointer(lua.state + HOOK_EVERY)
      this.#parents.set(worker, lua.state)
      this.#memory.setPointer(worker + HOOK_EVERY, every)
      this.#memory.setPointer(worker + HOOK_COUNT, every)
      this.#memory.bytes.writeUInt16LE(this.#cCalls(lua.state), worker + C_CALLS)
    },
    /** Whether a worker runs, which scripts do not know of. */
    inside: lua => lua.pushBoolean(this.#isWorker(lua.state)),
    /** Puts back a global that is a table, which the prelude holds. */
    put: lua => {
      const [globals, name, value] = [lua.arg(1), lua.text(2), lua.arg(3)]
      if (!(globals instanceof LuaTable && value instanceof LuaTable)) return
      globals.setField(name ?? '', value)
    },
  }

  /** Puts the thread that runs to sleep, in a hook. False if something of C is on the way. */
  sleep(thread: number): boolean {
    for (let each: number | undefined = thread; each !== undefined; ) {
      if (!this.#isWorker(each) || this.#cCalls(each) > this.#baseCCalls(each)) return false
      each = this.#parents.get(each)
    }
    const memory = this.#memory
    memory.setPointer(thread + BASE, memory.pointer(thread + TOP))
    memory.bytes[thread + STATUS] = YIELDED
    return true
  }

  // ---- What scripts see ------------------------------------------------------------------------

  /** coroutine.running */
  readonly running = (original: NativeFunction): NativeFunction => {
    return lua => {
      if (!this.#isWorker(lua.state)) original(lua)
      else lua.pushThread(this.#ownerOf(lua.state))
    }
  }

  /** coroutine.status */
  readonly status = (original: NativeFunction): NativeFunction => {
    return lua => {
      const asked = lua.arg(0)
      const isOwn = asked instanceof LuaOther && asked.at === this.#ownerOf(lua.state)
      if (isOwn && this.#isWorker(lua.state)) lua.pushString('running')
      else original(lua)
    }
  }

  /** The coroutine that a worker works for, if it is not for the script itself. */
  #ownerOf(thread: number): number | undefined {
    let owner: number | undefined = thread
    while (owner !== undefined && this.#isWorker(owner)) owner = this.#parents.get(owner)
    return owner === this.#main ? undefined : owner
  }

  #isWorker(thread: number): boolean {
    const memory = this.#memory
    const first = memory.pointer(thread + CALLS) + CALL_INFO_SIZE
    return this.#starts.includes(memory.pointer(memory.pointer(first + CALL_FUNCTION)))
  }

  #cCalls(thread: number): number {
    return this.#memory.bytes.readUInt16LE(thread + C_CALLS)
  }

  #baseCCalls(thread: number): number {
    return this.#memory.bytes.readUInt16LE(thread + BASE_C_CALLS)
  }
}

/** Where an argument is that is no number: 0 if there is none. */
function pointerAt(lua: LuaStack, i: number): number {
  return i < lua.argCount ? lua.memory.pointer(lua.argsAt + i * VALUE_SIZE) : 0
}
