// Running one script: as whom, under which rules, and what happens when it calls a command. EVAL
// and FCALL share it. A script's commands go the one way of all commands (engine/dispatch.ts call),
// by a client of the server's own that acts for the caller.
//
// A script that goes on beyond busy-reply-threshold sleeps now and then, so that others are
// answered BUSY, and may end it. One that cannot sleep, because it is in the middle of EXEC or
// inside of a function of C that calls back, is ended when it has held all others up for too
// long.

import { hold, release } from '../engine/busy.ts'
import type { Client } from '../engine/client.ts'
import { call, goOn } from '../engine/dispatch.ts'
import { TARGET } from '../engine/effect.ts'
import type { Feature } from '../engine/features.ts'
import {
  deniedBy,
  logRefusal,
  refusalInScript,
  type ScriptRun,
  writeRefusal,
} from '../engine/gate.ts'
import { BUSY_FUNCTION, BUSY_SCRIPT } from '../engine/long-run.ts'
import type { RedisServer } from '../engine/server.ts'
import type { OtherWait } from '../engine/wait.ts'
import type { Args } from '../resp3/args.ts'
import {
  err,
  MASTERDOWN,
  MASTERDOWN_SCRIPT,
  NOTBUSY,
  READONLY_SCRIPT,
  type ReplyError,
  replyError,
  UNKILLABLE,
} from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { type Command, FLAG } from '../table/command.ts'
import { invariant } from '../util/assert.ts'
import { upToNul } from '../util/bytes.ts'
import { warmingUp, warmUpMs } from '../util/lazy.ts'
import { Answer, REPLY_TOO_LARGE } from './answer.ts'
import { LuaEngine } from './engine.ts'
import { LuaRandom } from './lua-random.ts'
import type { NativeFunction } from './lua-stack.ts'
import { isText, type LuaMemory, LuaTable, type LuaValue } from './lua-value.ts'
import { Asleep, NO_MEMORY, type Outcome, placeOf, Stopped } from './outcome.ts'
import { CONSTANTS, redisFunctions } from './redis-table.ts'
import type { Runnable, ScriptRequest } from './script-request.ts'
import {
  ALLOW_CROSS_SLOT_KEYS,
  ALLOW_OOM,
  ALLOW_STALE,
  COMPATIBLE,
  NO_CLUSTER,
  NO_WRITES,
} from './shebang.ts'
import type { Verdict } from './stop-hook.ts'

/** A caller waits for its script's end, and for nothing else. */
const WAIT: OtherWait = { for: 'script', timeoutMs: 0, onTimeout: () => {} }

/** What commands answer scripts is kept in a block for the next one, unless it is large. */
const KEPT_REPLY_MAX = 2 ** 20
const DASH = 45
/** A script that others wait for runs for so long at a time. */
const SLICE_MS = 10

interface Run extends ScriptRun {
  readonly caller: Client
  /** Its words, which are the client's own once it waits. */
  args: Args
  readonly runnable: Runnable
  /** Whether the caller can wait for its end. */
  readonly maySleep: boolean
  readonly startedAt: number
  /** Since when it has not slept. */
  awakeSince: number
  /** How it goes on, once it has slept. */
  asleep: Asleep<unknown> | undefined
  isKilled: boolean
  hasFailed: boolean
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

/** What FUNCTION STATS shows of a function that runs for long. */
export interface RunningFunction {
  readonly name: string
  readonly args: Args
  readonly durationMs: number
}

export class Runner implements Feature {
  /** Redis lets scripts go on beyond a low busy-reply-threshold, and so do we, up to here. */
  patienceMs = 5000
  readonly #server: RedisServer
  #binary: ReturnType<typeof LuaEngine.compile> | undefined
  readonly #random = new LuaRandom()
  #client: Client | undefined
  #run: Run | undefined
  /** When a script that sleeps goes on. */
  #next: NodeJS.Immediate | undefined

  constructor(server: RedisServer) {
    this.#server = server
    server.features.use(this)
  }

  closed(): void {
    clearImmediate(this.#next)
  }

  /** A new engine, as EVAL's scripts and the function libraries have one each. */
  makeEngine(
    functions: Readonly<Record<string, NativeFunction>>,
    requests: Readonly<Record<string, NativeFunction>>,
    judge: (canSleep: boolean) => Verdict,
  ): LuaEngine {
    const make = (): LuaEngine => {
      this.#binary ??= LuaEngine.compile()
      return new LuaEngine(this.#binary, {
        functions: { ...redisFunctions(this.#server, this), ...functions },
        constants: CONSTANTS,
        requests,
        judge,
        random: this.#random,
      })
    }
    try {
      return warmingUp(make)
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
    request: ScriptRequest,
    runnable: Runnable,
    reply: ReplyWriter,
    execute: (finish: FinishScript) => Outcome<unknown>,
  ): void {
    const server = this.#server
    if (this.#run !== undefined) throw err('This Redis command is not allowed from script')
    const { caller, command } = request
    const { flags } = runnable
    const isReadOnly = command.has('readonly')
    const isOutOfMemory = server.memory.isLimited && !server.memory.makeRoom()
    const refusal = caller.isObeyed ? undefined : this.#refusal(flags, isReadOnly, isOutOfMemory)
    if (refusal !== undefined) throw refusal
    const now = timeOfScripts()
    const run: Run = {
      ...request,
      runnable,
      client: this.#clientFor(caller),
      isReadOnly: isReadOnly || ((flags & COMPATIBLE) === 0 && (flags & NO_WRITES) !== 0),
      allowsOom: (flags & COMPATIBLE) === 0 && (flags & ALLOW_OOM) !== 0,
      isOutOfMemory,
      mayCrossSlots: (flags & (COMPATIBLE | ALLOW_CROSS_SLOT_KEYS)) !== 0,
      slot: undefined,
      maySleep: server.turn.depth === 1 && !caller.mayNotBlock && caller.connection !== undefined,
      startedAt: now,
      awakeSince: now,
      asleep: undefined,
      isKilled: false,
      hasFailed: false,
      hasWritten: false,
      hasActed: false,
    }
    this.#run = run
    server.effects.scriptTargets = TARGET.all
    const isAsleep = this.#advance(run, () =>
      execute((ok, value, memory) => {
        const answer = new Answer(reply, run.client.reply.resp, server.stats, memory)
        if (ok) answer.value(value)
        else this.#answerError(answer, runnable.name, value)
        run.hasFailed = answer.failed
      }),
    )
    if (isAsleep) this.#hold(run)
  }

  /** Runs a script until it ends, or sleeps: true then. */
  #advance(run: Run, step: () => Outcome<unknown>): boolean {
    const server = this.#server
    const { name } = run.runnable
    let isAsleep = false
    try {
      const outcome = step()
      if (outcome instanceof Asleep) {
        run.asleep = outcome
        isAsleep = true
        return true
      }
      if (outcome instanceof Stopped) throw this.#stoppedError(name, outcome)
    } catch (error) {
      // A RangeError is the runtime's word for what it cannot hold.
      const isTooLarge = error === REPLY_TOO_LARGE || error instanceof RangeError
      throw isTooLarge ? err(failureText(name, NO_MEMORY)) : error
    } finally {
      if (!isAsleep) {
        this.#run = undefined
        // The commands that it called have said what it did.
        server.effects.drop()
      }
    }
    if (run.hasFailed) server.stats.failed[run.command.id]!++
    return false
  }

  // ---- Long runs -------------------------------------------------------------------------------

  /**
   * What is to become of the script that runs. Measured in real time, as an endless loop must end
   * also by a clock that stands still. A busy-reply-threshold of 0 allows any length.
   */
  judge(canSleep: boolean): Verdict {
    const limitMs = this.#server.settings['busy-reply-threshold']
    const run = this.#run
    // What has run before, and is in a file or comes from a primary, runs again.
    if (run === undefined || limitMs === 0 || run.caller.isObeyed) return 'go on'
    if (run.isKilled) return 'stop'
    const awakeMs = timeOfScripts() - run.awakeSince
    if (canSleep && run.maySleep) {
      return awakeMs >= (run.asleep ? SLICE_MS : limitMs) ? 'sleep' : 'go on'
    }
    return awakeMs >= Math.max(limitMs, this.patienceMs) ? 'stop' : 'go on'
  }

  /** Lets its caller wait for a script, and others be answered. */
  #hold(run: Run): void {
    const { caller, args, runnable } = run
    const { kind, name } = runnable
    caller.waitFor(args, WAIT)
    run.args = caller.blocked?.args ?? args
    this.#server.effects.drop()
    hold(this.#server, {
      answer: kind === 'script' ? BUSY_SCRIPT : BUSY_FUNCTION,
      end: () => {
        clearImmediate(this.#next)
        run.isKilled = true
        this.#goOn(run)
      },
    })
    this.#server.log.warning(
      `Slow script detected: still in execution after ${Math.floor(this.#durationOf(run))} ` +
        `milliseconds. You can try killing the script using the ${kind.toUpperCase()} KILL ` +
        `command. Script name is: ${name}.`,
    )
    this.#goOnSoon(run)
  }

  /** After everybody who has something to ask. */
  #goOnSoon(run: Run): void {
    this.#next = setImmediate(() => this.#goOn(run))
  }

  #goOn(run: Run): void {
    const { caller, command, args, asleep } = run
    invariant(asleep !== undefined, 'a script that sleeps')
    run.awakeSince = timeOfScripts()
    const step = (): boolean => {
      let isAsleep = false
      try {
        isAsleep = this.#advance(run, asleep.wake)
      } finally {
        if (!isAsleep) release(this.#server)
      }
      if (isAsleep) this.#goOnSoon(run)
      return !isAsleep
    }
    goOn(caller, command, args, step, () => this.#durationOf(run))
  }

  #durationOf({ startedAt }: Run): number {
    return timeOfScripts() - startedAt
  }

  /** SCRIPT KILL and FUNCTION KILL: a script that has not written yet ends soon. */
  kill(kind: Runnable['kind']): void {
    const { busy } = this.#server
    const run = this.#run
    if (run === undefined || busy === undefined) throw NOTBUSY
    if (run.hasWritten) throw UNKILLABLE
    if (run.runnable.kind !== kind) throw busy.answer
    run.isKilled = true
  }

  /** The function that runs for long, if one does; while a script does, the answer is BUSY. */
  get runningFunction(): RunningFunction | undefined {
    const { busy } = this.#server
    const run = this.#run
    if (run === undefined || busy === undefined) return undefined
    if (run.runnable.kind === 'script') throw busy.answer
    return { name: run.runnable.name, args: run.args, durationMs: this.#durationOf(run) }
  }

  #stoppedError(name: string, { place }: Stopped): ReplyError {
    this.#server.log.notice('Lua script killed by user with SCRIPT KILL.')
    const where = place === undefined ? '' : `, on ${place}.`
    return err(`Script killed by user with SCRIPT KILL... script: ${name}${where}`)
  }

  // ---- Before ----------------------------------------------------------------------------------

  #refusal(flags: number, isReadOnly: boolean, isOutOfMemory: boolean): ReplyError | undefined {
    const { standing } = this.#server
    if ((flags & COMPATIBLE) !== 0) return standing.isStale ? MASTERDOWN : undefined
    if ((flags & NO_CLUSTER) !== 0 && this.#server.cluster !== undefined) {
      return err("Can not run script on cluster, 'no-cluster' flag is set.")
    }
    if (standing.isStale && (flags & ALLOW_STALE) === 0) return MASTERDOWN_SCRIPT
    if ((flags & NO_WRITES) !== 0) return undefined
    if (standing.isReadOnly) return READONLY_SCRIPT
    if (isReadOnly) return err('Can not execute a script with write flag using *_ro command.')
    const refusal = writeRefusal(this.#server, FLAG.write)
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
    client.isObeyed = caller.isObeyed
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
    const place = placeOf(value)
    const text = isText(message) ? upToNul(String(message)) : 'ERR unknown error'
    const where = place === undefined ? '' : ` script: ${name}, on ${place}.`
    answer.raised(text + where, value.field('ignore_error_stats_update') === true)
  }
}

/** Milliseconds, without what goes into making engines. */
function timeOfScripts(): number {
  return performance.now() - warmUpMs()
}

function failureText(name: string, problem: string): string {
  return `Error running script ${name}, ${problem}`
}

function withCode(text: string): string {
  return text.includes(' ') ? text : `ERR ${text}`
}
