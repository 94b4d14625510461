// What one call asks of the rules, and all that a user asked: calls that ask the same are one deed,
// counted, so that a long recording takes no more room than the names in it.

import type { ChannelUse, CommandFacts, KeyUse } from '../../acl/command-facts.ts'
import { KnownRequest, type Request } from '../../acl/request.ts'
import { QuestionError } from '../../policy/errors.ts'
import { readsOtherKeys } from '../../policy/explain.ts'
import { readQuestion } from '../../policy/question.ts'

/** One call as learn() wants it. Words and names are binary strings, one character a byte. */
export interface ObservedCall {
  readonly user: string
  /** The command and its arguments; values and passwords do not matter. */
  readonly words: readonly string[]
  /** By a script. */
  readonly fromScript?: boolean
  /** The text of an error that was answered. */
  readonly error?: string | undefined
}

export interface Deed {
  readonly command: CommandFacts
  readonly keys: readonly KeyUse[]
  readonly channels: readonly ChannelUse[]
  /** SORT with BY or GET: it needs the right to read every key. */
  readonly readsEveryKey: boolean
  readonly request: Request
  calls: number
  fromScripts: number
  /** In which runs of the program it was seen, a bit for each. */
  runs: number
}

/** Calls that no rule follows from, and why. */
export interface LeftOut {
  readonly command: string
  readonly reason: string
  readonly calls: number
}

export class Deeds {
  readonly #byUser = new Map<string, Map<string, Deed>>()
  readonly #leftOut = new Map<string, LeftOut>()
  #calls = 0
  #run = 1

  /** The deeds by user, in the order in which users came. */
  get users(): readonly (readonly [user: string, deeds: readonly Deed[]])[] {
    return [...this.#byUser].map(([user, deeds]) => [user, [...deeds.values()]])
  }

  get leftOut(): readonly LeftOut[] {
    return [...this.#leftOut.values()]
  }

  get calls(): number {
    return this.#calls
  }

  /** What follows is of another run of the program. */
  nextRun(): void {
    this.#run *= 2
  }

  add(call: ObservedCall): void {
    this.#calls++
    const { user, words, error = '' } = call
    if (/^(?:NOPERM|NOAUTH) /.test(error)) {
      this.#leave(words, `refused: ${error}`)
      return
    }
    try {
      this.#keep(user, deedOf(words), call.fromScript === true)
    } catch (failure) {
      if (!(failure instanceof QuestionError)) throw failure
      // Redis says the same before it asks the rules, so that no right is needed for it.
      this.#leave(words, failure.message)
    }
  }

  #keep(user: string, deed: Deed, isFromScript: boolean): void {
    const deeds = this.#byUser.get(user) ?? new Map<string, Deed>()
    this.#byUser.set(user, deeds)
    const { command, keys, channels, readsEveryKey } = deed
    const same = JSON.stringify([
      command.name,
      readsEveryKey,
      keys.map(({ name, needs }) => [name, needs]),
      channels.map(({ name, isPattern }) => [name, isPattern]),
    ])
    const known = deeds.get(same) ?? deed
    deeds.set(same, known)
    known.calls++
    known.runs |= this.#run
    if (isFromScript) known.fromScripts++
  }

  #leave([command = '']: readonly string[], reason: string): void {
    const key = JSON.stringify([command, reason])
    const calls = (this.#leftOut.get(key)?.calls ?? 0) + 1
    this.#leftOut.set(key, { command, reason, calls })
  }
}

/** @throws QuestionError if the words are no command */
function deedOf(words: readonly string[]): Deed {
  const { command, args, request } = readQuestion(words)
  const [keys, channels] = [request.keys(), request.channels()]
  return {
    command,
    keys,
    channels,
    readsEveryKey: readsOtherKeys(command.name, args),
    // Without the words, whose values may be large.
    request: new KnownRequest(command, undefined, keys, channels),
    calls: 0,
    fromScripts: 0,
    runs: 0,
  }
}
