// The scripts of EVAL, kept by their SHA1. Those that came with EVAL are forgotten when there are
// too many, the ones that were not run for longest first; those of SCRIPT LOAD stay.

import { err, type ReplyError, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import type { Command } from '../server/command.ts'
import { NO_SCRIPTS, type RedisServer } from '../server/server.ts'
import { invariant } from '../util/assert.ts'
import { type LuaEngine, STOPPED } from './engine.ts'
import { EVAL_FUNCTIONS, sha1 } from './redis-table.ts'
import { Runner, type ScriptArguments } from './runner.ts'
import { readScriptHead } from './shebang.ts'

const EVAL_SCRIPTS_MAX = 500
/** Redis frees fewer at once even if it is asked to take its time. */
const LAZY_FREE_MIN = 64
const NOSCRIPT = replyError('NOSCRIPT No matching script. Please use EVAL.')

export interface Script {
  readonly sha: string
  readonly code: string
  readonly flags: number
  readonly isEvictable: boolean
}

export class Scripts {
  readonly #server: RedisServer
  readonly #runner: Runner
  readonly #scripts = new Map<string, Script>()
  /** The evictable ones, those that were run last at the end. */
  readonly #recent = new Map<string, Script>()
  #engine: LuaEngine | undefined
  #compiled = new Set<string>()

  constructor(server: RedisServer) {
    this.#server = server
    this.#runner = server.feature(Runner)
    const others = server.hooks.scriptMemory
    server.hooks.scriptMemory = () => ({
      ...(others?.() ?? NO_SCRIPTS),
      scriptEngineBytes: this.#engine?.usedBytes ?? 0,
      scriptBytes: this.bytes,
      scripts: this.count,
    })
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
    const head = readScriptHead(body)
    if (!('codeAt' in head)) throw head
    const script = { sha, code: body.slice(head.codeAt), flags: head.flags, isEvictable }
    this.#compile(script)
    if (isEvictable) this.#evict()
    this.#scripts.set(sha, script)
    if (isEvictable) this.#recent.set(sha, script)
    return script
  }

  run(
    caller: Client,
    command: Command,
    script: Script,
    { keys, args }: ScriptArguments,
    reply: ReplyWriter,
  ): void {
    const { sha } = script
    this.#runner.run(caller, command, { name: sha, flags: script.flags }, reply, finish => {
      if (!this.#compiled.has(sha) || this.#engine?.isBroken) this.#compile(script)
      return this.#lua.request('eval', keys, args, sha, '', finish)
    })
    if (script.isEvictable && this.#recent.delete(sha)) this.#recent.set(sha, script)
  }

  flush(isAsync: boolean): void {
    const { size } = this.#scripts
    if (isAsync && size > LAZY_FREE_MIN) this.#server.stats.lazyFreed += size
    this.#scripts.clear()
    this.#recent.clear()
    this.#compiled.clear()
    this.#engine = undefined
  }

  get #lua(): LuaEngine {
    if (this.#engine === undefined || this.#engine.isBroken) {
      this.#compiled.clear()
      this.#engine = this.#runner.makeEngine(EVAL_FUNCTIONS, {}, () => this.#runner.mustStop())
    }
    return this.#engine
  }

  #compile({ sha, code }: Script): void {
    const problem = this.#lua.request<ReplyError | undefined>(
      'compile',
      [],
      [],
      sha,
      code,
      (ok, text) =>
        ok ? undefined : err(`Error compiling script (new function): ${String(text)}`),
    )
    invariant(problem !== STOPPED, 'compiling is not stopped')
    if (problem !== undefined) throw problem
    this.#compiled.add(sha)
  }

  #evict(): void {
    while (this.#recent.size >= EVAL_SCRIPTS_MAX) {
      const [sha] = this.#recent.keys()
      invariant(sha !== undefined, 'the oldest script')
      this.#recent.delete(sha)
      this.#scripts.delete(sha)
      if (this.#compiled.delete(sha)) this.#lua.request('forget', [], [], sha, '', () => {})
      this.#server.stats.evictedScripts++
    }
  }
}
