// Running one script: as whom, under which rules, and what happens when it calls a command. EVAL
// and FCALL share it. A script's commands go the one way of all commands (engine/dispatch.ts call),
// by a client of the server's own that acts for the caller.

import type { Client } from '../engine/client.ts'
import { call } from '../engine/dispatch.ts'
import { TARGET } from '../engine/effect.ts'
import {
  ANY_STATE,
  deniedBy,
  logRefusal,
  refusalInScript,
  type ScriptRun,
  stateRefusal,
} from '../engine/gate.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { err, type ReplyError, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { type Command, FLAG } from '../table/command.ts'
import { invariant } from '../util/assert.ts'
import { upToNul } from '../util/bytes.ts'
import { Answer, REPLY_TOO_LARGE } from './answer.ts'
import { LuaEngine, NO_MEMORY } from './engine.ts'
import { LuaRandom } from './lua-random.ts'
import type { NativeFunction } from './lua-stack.ts'
import { type LuaMemory, LuaTable, type LuaValue } from './lua-value.ts'
import { CONSTANTS, redisFunctions } from './redis-table.ts'
import { ALLOW_OOM, COMPATIBLE, NO_CLUSTER, NO_WRITES } from './shebang.ts'
import { STOPPED } from './stop-hook.ts'

/** What commands answer scripts is kept in a block for the next one, unless it is large. */
const KEPT_REPLY_MAX = 2 ** 20
const DASH = 45

/** What is run: a script by its SHA1, or a function by its name. */
export interface Runnable {
  readonly name: string
  readonly flags: number
}

/** The words of EVAL and its like, without the script itself. */
export interface ScriptArguments {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

interface Run extends ScriptRun {
  readonly caller: Client
  readonly startedAt: number
  hasWritten: boolean
  /** Something was done that would be done twice if the script began anew. */
  hasActed: boolean
}

/** The error that a called command answered, or why it was not called. */
export interface CallError {
  readonly message: string
  readonly isCounted: boolean
}

/** Answers with what the script returned, or with the error that ended it. */
export type FinishScript = (ok: boolean, value: LuaValue, memory: LuaMemory) => void

export class Runner {
  /** Redis lets scripts go on beyond a low busy-reply-threshold, and so do we, up to here. */
  patienceMs = 5000
  readonly #server: RedisServer
  #binary: ReturnType<typeof LuaEngine.compile> | undefined
  readonly #random = new LuaRandom()
  #client: Client | undefined
  #run: Run | undefined

  constructor(server: RedisServer) {
    this.#server = server
  }

  /** A new engine, as EVAL's scripts and the function libraries have one each. */
  makeEngine(
    functions: Readonly<Record<string, NativeFunction>>,
    requests: Readonly<Record<string, NativeFunction>>,
    mustStop: () => boolean,
  ): LuaEngine {
    this.#binary ??= LuaEngine.compile()
    try {
      return new LuaEngine(this.#binary, {
        functions: { ...redisFunctions(this.#server, this), ...functions },
        constants: CONSTANTS,
        requests,
        mustStop,
        random: this.#random,
      })
    } catch (error) {
      // The system has no memory for another one.
      throw error instanceof RangeError ? err(NO_MEMORY) : error
    }
  }

  /** The client of the running script. */
  get client(): Client {
    return this.#running.client
  }

  /** Whether the running script has done anything that others could see. */
  get hasActed(): boolean {
    return this.#running.hasActed
  }

  /** To be told before the running script changes anything outside of its engine. */
  acts(): void {
    if (this.#run !== undefined) this.#run.hasActed = true
  }

  get #running(): Run {
    invariant(this.#run !== undefined, 'a script is running')
    return this.#run
  }

  /** Runs a script that is compiled; `execute` starts it and hands its result to the callback. */
  run(
    caller: Client,
    command: Command,
    { name, flags }: Runnable,
    reply: ReplyWriter,
    execute: (finish: FinishScript) => unknown,
  ): void {
    const server = this.#server
    if (this.#run !== undefined) throw err('This Redis command is not allowed from script')
    const isReadOnly = command.has('readonly')
    const isOutOfMemory = server.memory.isLimited && !server.memory.makeRoom()
    const refusal = this.#refusal(flags, isReadOnly, isOutOfMemory)
    if (refusal !== undefined) throw refusal
    const run: Run = {
      caller,
      client: this.#clientFor(caller),
      isReadOnly: isReadOnly || ((flags & COMPATIBLE) === 0 && (flags & NO_WRITES) !== 0),
      allowsOom: (flags & COMPATIBLE) === 0 && (flags & ALLOW_OOM) !== 0,
      isOutOfMemory,
      startedAt: performance.now(),
      hasWritten: false,
      hasActed: false,
    }
    this.#run = run
    server.effects.scriptTargets = TARGET.all
    let failed = false
    try {
      const outcome = execute((ok, value, memory) => {
        const answer = new Answer(reply, run.client.reply.resp, server.stats, memory)
        if (ok) answer.value(value)
        else this.#answerError(answer, name, value)
        failed = answer.failed
      })
      if (outcome === STOPPED) throw this.#stoppedError(name)
    } catch (error) {
      // A RangeError is the runtime's word for what it cannot hold.
      const isTooLarge = error === REPLY_TOO_LARGE || error instanceof RangeError
      throw isTooLarge ? err(failureText(name, NO_MEMORY)) : error
    } finally {
      this.#run = undefined
      // The commands that it called have said what it did.
      server.effects.drop()
    }
    if (failed) server.stats.failed[command.id]!++
  }

  /**
   * Nothing else happens while a script runs, so that nobody could send SCRIPT KILL: a script that
   * goes on for too long is ended as if somebody had. Measured in real time, as an endless loop
   * must end also by a clock that stands still. A busy-reply-threshold of 0 allows any length.
   */
  mustStop(): boolean {
    const limitMs = this.#server.settings['busy-reply-threshold']
    if (this.#run === undefined || limitMs === 0) return false
    return performance.now() - this.#run.startedAt >= Math.max(limitMs, this.patienceMs)
  }

  #stoppedError(name: string): ReplyError {
    this.#server.log.notice('Lua script killed by user with SCRIPT KILL.')
    return err(`Script killed by user with SCRIPT KILL... script: ${name}`)
  }

  // ---- Before ----------------------------------------------------------------------------------

  #refusal(flags: number, isReadOnly: boolean, isOutOfMemory: boolean): ReplyError | undefined {
    if ((flags & COMPATIBLE) !== 0) return undefined
    if ((flags & NO_CLUSTER) !== 0 && this.#server.settings['cluster-enabled']) {
      return err("Can not run script on cluster, 'no-cluster' flag is set.")
    }
    if ((flags & NO_WRITES) !== 0) return undefined
    if (isReadOnly) return err('Can not execute a script with write flag using *_ro command.')
    const refusal = stateRefusal(this.#server, ANY_STATE)
    if (refusal !== undefined) return refusal.error
    if (isOutOfMemory && (flags & ALLOW_OOM) === 0) {
      return replyError(
        'OOM allow-oom flag is not set on the script, ' +
          "can not run it when used memory > 'maxmemory'",
      )
    }
    return undefined
  }

  #clientFor(caller: Client): Client {
    this.#client ??= this.#server.internalClient()
    const client = this.#client
    client.user = caller.user
    client.authenticated = true
    client.db = caller.db
    client.scriptCaller = caller
    client.mayNotBlock = true
    client.noTouch = caller.noTouch
    client.reply.resp = 2
    return client
  }

  // ---- Commands --------------------------------------------------------------------------------

  /** redis.call and redis.pcall. A reply that is no error is left for the caller to take. */
  call(args: Args): CallError | undefined {
    const run = this.#running
    run.hasActed = true
    const command = this.find(args)
    const refusal = refusalInScript(run, command, args)
    if (refusal !== undefined) {
      logRefusal(run.client, refusal)
      if (command !== undefined) this.#server.stats.rejected[command.id]!++
      this.#server.stats.countError(refusal.error.code)
      return { message: refusal.error.message, isCounted: true }
    }
    invariant(command !== undefined, 'an unknown command was refused')
    const { client } = run
    const { reply } = client
    if ((command.flags & FLAG.write) !== 0) run.hasWritten = true
    client.lastCommand = command
    call(client, command, args)
    const { size } = reply
    invariant(size > 0, 'every command is answered')
    if (reply.block[0] !== DASH) return undefined
    const message = this.takeReply().toString('latin1', 1, size - 2)
    return { message: withCode(message), isCounted: true }
  }

  /** The reply of the last call: at the beginning of these bytes until the next. */
  takeReply(): Buffer {
    const { reply } = this.client
    const { block, size } = reply
    if (size > KEPT_REPLY_MAX) return reply.take()
    reply.rewind(0)
    return block
  }

  /** The command or subcommand that the words name. */
  find(args: Args): Command | undefined {
    return this.#server.table.findWhole(args)
  }

  isAllowed(command: Command, args: Args): boolean {
    return deniedBy(this.#running.caller.user, command, args) === undefined
  }

  // ---- After -----------------------------------------------------------------------------------

  #answerError(answer: Answer, name: string, value: LuaValue): void {
    if (!(value instanceof LuaTable)) {
      const text = typeof value === 'string' ? value.slice(0, 100) : 'execution failure'
      answer.error(`ERR ${failureText(name, text)}`, false)
      return
    }
    const message = value.field('err')
    const source = value.field('source')
    const line = value.field('line')
    const text = isText(message) ? upToNul(String(message)) : 'ERR unknown error'
    const place = isText(source) && isText(line) ? ` script: ${name}, on ${source}:${line}.` : ''
    answer.raised(text + place, value.field('ignore_error_stats_update') === true)
  }
}

function isText(value: LuaValue): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function failureText(name: string, problem: string): string {
  return `Error running script ${name}, ${problem}`
}

function withCode(text: string): string {
  return text.includes(' ') ? text : `ERR ${text}`
}
