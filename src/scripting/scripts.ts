// The scripts of EVAL, kept by their SHA1. Those that came with EVAL are forgotten when there are
// too many or they take too much, the ones that were not run for longest first; those of SCRIPT
// LOAD stay.
//
// What is kept is their text. The engine holds what was compiled of it, and is made anew, empty,
// when it is damaged or full, or simply when much of its memory was ever used: so whatever one
// user's scripts leave behind, the next finds room.

import type { Feature, Report } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import { err, ReplyError, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { invariant } from '../util/assert.ts'
import type { LuaEngine } from './engine.ts'
import { Asleep, NO_MEMORY, type Outcome } from './outcome.ts'
import { EVAL_FUNCTIONS, sha1 } from './redis-table.ts'
import { type FinishScript, Runner } from './runner.ts'
import type { ScriptArguments, ScriptRequest } from './script-request.ts'
import { readScriptHead } from './shebang.ts'
import { MEMORY_SIZE } from './wasm.ts'

const EVAL_SCRIPTS_MAX = 500
/** Characters of them together. */
const EVAL_TEXT_MAX = 32 * 1024 * 1024
/** Of the 64 MB of an engine. A script starts in one that never took more. */
const GROWN_MAX = 16 * 1024 * 1024
const AGAIN = Symbol('the script must run again')
/** Redis frees fewer at once even if it is asked to take its time. */
const LAZY_FREE_MIN = 64
const NOSCRIPT = replyError('NOSCRIPT No matching script. Please use EVAL.')

export interface Script {
  readonly sha: string
  readonly code: string
  readonly flags: number
  readonly isEvictable: boolean
}

export class Scripts implements Feature {
  readonly #server: RedisServer
  readonly #runner: Runner
  readonly #scripts = new Map<string, Script>()
  /** The evictable ones, those that were run last at the end. */
  readonly #recent = new Map<string, Script>()
  #recentText = 0
  #engine: LuaEngine | undefined
  /** Whose functions the engine holds. */
  readonly #compiled = new Set<string>()
  /** Some script has run in this engine, and may have left something. */
  #wasUsed = false

  constructor(server: RedisServer) {
    this.#server = server
    this.#runner = server.feature(Runner)
    server.features.use(this)
  }

  report(): Partial<Report> {
    return {
      scriptEngineBytes: this.#engine?.usedBytes ?? 0,
      scriptBytes: this.bytes,
      scripts: this.count,
    }
  }

  get count(): number {
    return this.#scripts.size
  }

  get bytes(): number {
    let bytes = 0
    for (const { code } of this.#scripts.values()) bytes += code.length
    return bytes
  }

  has(sha: string): boolean {
    return this.#scripts.has(sha)
  }

  declaredBySha(sha: string): number | undefined {
    return this.#scripts.get(sha)?.flags
  }

  find(sha: string): Script {
    const script = this.#scripts.get(sha)
    if (script === undefined) throw NOSCRIPT
    return script
  }

  /** Compiles a script, unless it is known. */
  load(body: string, isEvictable: boolean): Script {
    const sha = sha1(body)
    const known = this.#scripts.get(sha)
    if (known !== undefined) return known
    if (body.length >= MEMORY_SIZE) throw cannotCompile(NO_MEMORY)
    const head = readScriptHead(body)
    if (!('codeAt' in head)) throw head
    const script = { sha, code: body.slice(head.codeAt), flags: head.flags, isEvictable }
    this.#compileSomewhere(script)
    if (isEvictable) this.#evict(script.code.length)
    this.#scripts.set(sha, script)
    if (isEvictable) this.#remember(script)
    return script
  }

  run(request: ScriptRequest, script: Script, given: ScriptArguments, reply: ReplyWriter): void {
    const { sha, flags } = script
    const runnable = { kind: 'script', name: sha, flags } as const
    this.#runner.run(request, runnable, reply, finish =>
      this.#ended(script, this.#attempt(script, given, finish), () =>
        this.#attempt(script, given, finish),
      ),
    )
  }

  /** Runs a script once more if it must be; after that it counts as run lately. */
  #ended(
    script: Script,
    outcome: Outcome<unknown>,
    again: () => Outcome<unknown>,
  ): Outcome<unknown> {
    if (outcome === AGAIN) return this.#ended(script, again(), again)
    if (outcome instanceof Asleep) {
      return new Asleep(() => this.#ended(script, outcome.wake(), again))
    }
    this.#tidy()
    const { sha } = script
    if (script.isEvictable && this.#recent.delete(sha)) this.#recent.set(sha, script)
    return outcome
  }

  /**
   * If there is no room, that is the script's own doing only where it had the engine to itself.
   * Elsewhere it runs again, in a new one, unless something of it was seen already.
   */
  #attempt(
    script: Script,
    { keys, args }: ScriptArguments,
    finish: FinishScript,
  ): Outcome<unknown> {
    const lua = this.#lua
    if (!this.#compiled.has(script.sha)) {
      const problem = this.#compile(lua, script)
      if (problem !== undefined && !this.#mayTryAgain(lua)) throw problem
      if (problem !== undefined) return AGAIN
    }
    const outcome = lua.request<unknown>('eval', keys, args, script.sha, '', (ok, value) =>
      !ok && this.#mayTryAgain(lua) ? AGAIN : finish(ok, value, lua.memory),
    )
    this.#wasUsed = true
    return outcome
  }

  #mayTryAgain(lua: LuaEngine): boolean {
    return lua.isFull && this.#wasUsed && !this.#runner.hasActed
  }

  flush(isAsync: boolean): void {
    const { size } = this.#scripts
    if (isAsync && size > LAZY_FREE_MIN) this.#server.stats.lazyFreed += size
    this.#scripts.clear()
    this.#recent.clear()
    this.#recentText = 0
    this.#compiled.clear()
    this.#engine = undefined
  }

  // ---- The engine ------------------------------------------------------------------------------

  /** An engine with room. */
  get #lua(): LuaEngine {
    this.#tidy()
    if (this.#engine !== undefined) return this.#engine
    this.#wasUsed = false
    this.#engine = this.#runner.makeEngine(EVAL_FUNCTIONS, {}, canSleep =>
      this.#runner.judge(canSleep),
    )
    return this.#engine
  }

  /** An engine that is no longer fit for others gives its memory back at once. */
  #tidy(): void {
    if (this.#engine?.isSpent === false && this.#engine.grownTo < GROWN_MAX) return
    this.#engine = undefined
    this.#compiled.clear()
  }

  #compileSomewhere(script: Script): void {
    const lua = this.#lua
    let problem = this.#compile(lua, script)
    if (problem !== undefined && lua.isFull && this.#wasUsed) {
      problem = this.#compile(this.#lua, script)
    }
    if (problem !== undefined) throw problem
  }

  #compile(lua: LuaEngine, { sha, code }: Script): ReplyError | undefined {
    const problem = lua.request('compile', [], [], sha, code, (ok, text) =>
      ok ? undefined : cannotCompile(String(text)),
    )
    invariant(problem === undefined || problem instanceof ReplyError, 'compiling is not stopped')
    if (problem === undefined) this.#compiled.add(sha)
    return problem
  }

  // ---- What is forgotten -----------------------------------------------------------------------

  #remember(script: Script): void {
    this.#recent.set(script.sha, script)
    this.#recentText += script.code.length
  }

  /** Makes room for one more. */
  #evict(length: number): void {
    const textMax = Math.max(0, EVAL_TEXT_MAX - length)
    for (const [sha, { code }] of this.#recent) {
      if (this.#recent.size < EVAL_SCRIPTS_MAX && this.#recentText <= textMax) return
      this.#recent.delete(sha)
      this.#recentText -= code.length
      this.#scripts.delete(sha)
      if (this.#compiled.delete(sha)) this.#engine?.request('forget', [], [], sha, '', () => {})
      this.#server.stats.evictedScripts++
    }
  }
}

function cannotCompile(problem: string): ReplyError {
  return err(`Error compiling script (new function): ${problem}`)
}
