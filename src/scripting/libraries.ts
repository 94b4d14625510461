// Libraries of functions: FUNCTION LOAD runs a library's code once, which registers its functions;
// FCALL then runs those. They live in an engine of their own, away from EVAL's scripts.
//
// Functions may keep things between calls, so their engine is only made anew, by loading all
// libraries again, when it is damaged, or full even without its garbage.

import type { Feature, Report } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import { err, type ReplyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { invariant } from '../util/assert.ts'
import { lowerCase, upToNul } from '../util/bytes.ts'
import { ROPE_MAX } from '../util/limits.ts'
import type { LuaEngine } from './engine.ts'
import type { LuaStack, NativeFunction } from './lua-stack.ts'
import { LuaTable, type LuaValue } from './lua-value.ts'
import { Asleep, NO_MEMORY, type Outcome, Stopped } from './outcome.ts'
import { type FinishScript, Runner } from './runner.ts'
import type { ScriptArguments, ScriptRequest } from './script-request.ts'
import { functionFlags, readLibraryHead } from './shebang.ts'
import type { Verdict } from './stop-hook.ts'
import { MEMORY_SIZE } from './wasm.ts'

/** Loading only registers functions, and must be done soon. */
const LOAD_MAX_MS = 500
/** Redis frees fewer at once even if it is asked to take its time. */
const LAZY_FREE_MIN = 64
/** What functions may leave before it is looked through: a quarter of an engine. */
const GARBAGE_MAX = 16 * 1024 * 1024
const AGAIN = Symbol('the function must run again')
const NAME = /^[A-Za-z0-9_]+$/
const BAD_NAME =
  'Library names can only contain letters, numbers, or underscores(_) and must be at least one ' +
  'character long'

export interface LibraryFunction {
  readonly name: string
  readonly description: string | undefined
  readonly flags: number
  /** By which the engine knows the callback. */
  readonly id: number
}

export interface Library {
  readonly name: string
  readonly code: string
  readonly functions: ReadonlyMap<string, LibraryFunction>
}

export type RestorePolicy = 'append' | 'replace' | 'flush'

interface Loading {
  readonly functions: Map<string, LibraryFunction>
  readonly startedAt: number
}

export class Libraries implements Feature {
  readonly #server: RedisServer
  readonly #runner: Runner
  #libraries = new Map<string, Library>()
  /** By name in lower case: FCALL does not tell cases apart. */
  #functions = new Map<string, LibraryFunction>()
  #engine: LuaEngine | undefined
  #loading: Loading | undefined
  #nextId = 1
  /** Lua's memory is looked through at the next call if it takes more. */
  #tidyAbove = GARBAGE_MAX

  constructor(server: RedisServer) {
    this.#server = server
    this.#runner = server.feature(Runner)
    server.features.use(this)
    server.persistence.functions = this
  }

  report(): Partial<Report> {
    return {
      functionEngineBytes: this.#engine?.usedBytes ?? 0,
      functionBytes: this.bytes,
      functions: this.functionCount,
      libraries: this.count,
    }
  }

  get all(): IterableIterator<Library> {
    return this.#libraries.values()
  }

  get count(): number {
    return this.#libraries.size
  }

  get functionCount(): number {
    return this.#functions.size
  }

  get bytes(): number {
    let bytes = 0
    for (const { code } of this.all) bytes += code.length
    return bytes
  }

  find(name: string): LibraryFunction | undefined {
    return this.#functions.get(lowerCase(name))
  }

  // ---- Running ---------------------------------------------------------------------------------

  run(
    request: ScriptRequest,
    found: LibraryFunction,
    given: ScriptArguments,
    reply: ReplyWriter,
  ): void {
    this.#runner.run(request, { kind: 'function', ...found }, reply, finish =>
      this.#ended(this.#attempt(found, given, finish, false), () =>
        this.#attempt(found, given, finish, true),
      ),
    )
  }

  /** Runs a function once more if it must be. */
  #ended(outcome: Outcome<unknown>, again: () => Outcome<unknown>): Outcome<unknown> {
    if (outcome === AGAIN) return again()
    if (!(outcome instanceof Asleep)) return outcome
    return new Asleep(() => this.#ended(outcome.wake(), again))
  }

  /** As with scripts: what lacks room has another try in a new engine, if none saw the first. */
  #attempt(
    found: LibraryFunction,
    { keys, args }: ScriptArguments,
    finish: FinishScript,
    isLast: boolean,
  ): Outcome<unknown> {
    const lua = this.#ready()
    const current = this.find(found.name)
    if (current === undefined) throw err('Function not found')
    return lua.request<unknown>('fcall', keys, args, String(current.id), '', (ok, value) =>
      !ok && !isLast && lua.isFull && !this.#runner.hasActed
        ? AGAIN
        : finish(ok, value, lua.memory),
    )
  }

  // ---- Loading and deleting --------------------------------------------------------------------

  /** Loads a library and returns its name; nothing changes if anything is wrong with it. */
  load(code: string, replace: boolean): string {
    const library = this.#build(this.#ready(), code, replace ? new Map() : this.#libraries)
    const old = this.#libraries.get(library.name)
    if (old !== undefined) this.#unlink(old)
    const collision = this.#collisionOf(library)
    if (collision !== undefined) {
      this.#drop(library)
      if (old !== undefined) this.#link(old)
      throw collision
    }
    if (old !== undefined) this.#drop(old)
    this.#link(library)
    return library.name
  }

  delete(name: string): void {
    const library = this.#libraries.get(name)
    if (library === undefined) throw err('Library not found')
    this.#unlink(library)
    this.#drop(library)
  }

  flush(isAsync: boolean): void {
    const { size } = this.#functions
    // The functions, and the engine that they were in.
    if (isAsync && size > LAZY_FREE_MIN) this.#server.stats.lazyFreed += size + 1
    this.#libraries = new Map()
    this.#functions = new Map()
    this.#engine = undefined
  }

  /** Takes over the libraries of a dump: all of them, or none and throws. */
  restore(codes: readonly string[], policy: RestorePolicy): void {
    const lua = this.#ready()
    const restored = new Map<string, Library>()
    const before = [...this.#libraries.values()]
    try {
      for (const code of codes) {
        const library = this.#build(lua, code, restored)
        restored.set(library.name, library)
      }
      this.#requireDistinct(restored)
      this.#makeWay(restored, policy)
      for (const library of restored.values()) {
        const collision = this.#collisionOf(library)
        if (collision !== undefined) throw collision
      }
    } catch (error) {
      this.#libraries = new Map()
      this.#functions = new Map()
      for (const library of before) this.#link(library)
      for (const library of restored.values()) this.#drop(library)
      throw error
    }
    for (const library of before) if (!this.#libraries.has(library.name)) this.#drop(library)
    for (const library of restored.values()) this.#link(library)
  }

  #makeWay(restored: ReadonlyMap<string, Library>, policy: RestorePolicy): void {
    if (policy === 'flush') {
      this.#libraries = new Map()
      this.#functions = new Map()
      return
    }
    for (const name of restored.keys()) {
      const old = this.#libraries.get(name)
      if (old === undefined) continue
      if (policy === 'append') throw err(`Library ${name} already exists`)
      this.#unlink(old)
    }
  }

  #requireDistinct(libraries: ReadonlyMap<string, Library>): void {
    const names = new Set<string>()
    for (const { functions } of libraries.values()) {
      for (const name of functions.keys()) {
        if (names.has(lowerCase(name))) throw err(`Function ${name} already exists`)
        names.add(lowerCase(name))
      }
    }
  }

  #collisionOf({ functions }: Library): ReplyError | undefined {
    for (const name of functions.keys()) {
      if (this.find(name) !== undefined) return err(`Function ${name} already exists`)
    }
    return undefined
  }

  #link(library: Library): void {
    this.#libraries.set(library.name, library)
    for (const each of library.functions.values()) this.#functions.set(lowerCase(each.name), each)
  }

  #unlink(library: Library): void {
    this.#libraries.delete(library.name)
    for (const name of library.functions.keys()) this.#functions.delete(lowerCase(name))
  }

  /** Lets the engine forget the callbacks. */
  #drop({ functions }: Library): void {
    for (const { id } of functions.values()) {
      this.#engine?.request('drop', [], [], String(id), '', () => {})
    }
  }

  /** Compiles and runs a library's code. */
  #build(lua: LuaEngine, code: string, known: ReadonlyMap<string, Library>): Library {
    if (code.length >= MEMORY_SIZE) throw err(`Error compiling function: ${NO_MEMORY}`)
    const { name, engine, codeAt } = readLibraryHead(code)
    if (!NAME.test(name)) throw err(BAD_NAME)
    if (lowerCase(engine) !== 'lua') throw err(`Engine '${engine}' not found`)
    if (known.has(name)) throw err(`Library '${name}' already exists`)
    const functions = this.#register(lua, code.slice(codeAt))
    const library = { name, code, functions }
    if (functions.size === 0) throw err('No functions registered')
    return library
  }

  #register(lua: LuaEngine, code: string): Map<string, LibraryFunction> {
    const functions = new Map<string, LibraryFunction>()
    const problem = this.#loadInto(lua, code, functions, performance.now())
    if (problem === undefined) return functions
    this.#drop({ name: '', code, functions })
    throw problem instanceof Stopped
      ? err('Error registering functions: ERR FUNCTION LOAD timeout')
      : problem
  }

  // ---- The engine ------------------------------------------------------------------------------

  #loadInto(
    lua: LuaEngine,
    code: string,
    functions: Map<string, LibraryFunction>,
    startedAt: number,
  ): ReplyError | undefined | Stopped {
    this.#loading = { functions, startedAt }
    try {
      const outcome = lua.request('load', [], [], '', code, loadError)
      invariant(!(outcome instanceof Asleep), 'loading does not sleep')
      return outcome
    } finally {
      this.#loading = undefined
    }
  }

  /** The engine, with room. */
  #ready(): LuaEngine {
    const engine = this.#engine
    if (engine === undefined) return this.#makeEngine()
    if (!engine.isSpent && engine.usedBytes <= this.#tidyAbove) return engine
    if (!engine.recover()) return this.#reload()
    // What is left belongs to the functions: to look through it at each call would not help.
    this.#tidyAbove = Math.max(GARBAGE_MAX, engine.usedBytes * 2)
    return engine
  }

  #makeEngine(): LuaEngine {
    this.#tidyAbove = GARBAGE_MAX
    this.#engine = this.#runner.makeEngine({}, this.#requests, canSleep => this.#judge(canSleep))
    return this.#engine
  }

  #judge(canSleep: boolean): Verdict {
    if (this.#loading === undefined) return this.#runner.judge(canSleep)
    return performance.now() - this.#loading.startedAt > LOAD_MAX_MS ? 'stop' : 'go on'
  }

  // A new engine, and in it all libraries as they were, however long it takes. One that does not
  // load again stays, and its functions answer that they cannot be called.
  #reload(): LuaEngine {
    const engine = this.#makeEngine()
    for (const library of [...this.#libraries.values()]) {
      const functions = new Map<string, LibraryFunction>()
      const { codeAt } = readLibraryHead(library.code)
      const code = library.code.slice(codeAt)
      const problem = this.#loadInto(engine, code, functions, Number.POSITIVE_INFINITY)
      if (problem === undefined) this.#link({ ...library, functions })
    }
    return engine
  }

  readonly #requests: Readonly<Record<string, NativeFunction>> = {
    flags: lua => lua.pushBoolean(functionFlags(splitFlags(lua.text(1))) !== undefined),
    register: lua => this.#registerFunction(lua),
  }

  #registerFunction(lua: LuaStack): void {
    invariant(this.#loading !== undefined, 'a library is being loaded')
    const name = lua.text(1) ?? ''
    const { functions } = this.#loading
    const problem = !NAME.test(name)
      ? BAD_NAME
      : functions.has(name)
        ? 'Function already exists in the library'
        : undefined
    if (problem !== undefined) {
      lua.pushNil()
      lua.alsoPushString(problem)
      return
    }
    const id = this.#nextId++
    const flags = functionFlags(splitFlags(lua.text(2))) ?? 0
    functions.set(name, { name, description: lua.text(3), flags, id })
    lua.pushNumber(id)
  }
}

function splitFlags(text = ''): string[] {
  if (text.length > ROPE_MAX) return [text]
  return text === '' ? [] : text.split(',')
}

function loadError(ok: boolean, value: LuaValue, stage: LuaValue): ReplyError | undefined {
  if (ok) return undefined
  if (stage !== 'run') return err(`Error compiling function: ${String(value)}`)
  const inner = value instanceof LuaTable ? value.field('err') : `ERR ${String(value)}`
  return err(`Error registering functions: ${upToNul(String(inner))}`)
}
