// One call as it is kept: the request and its reply as bytes, out of which all else is worked out
// when somebody looks. Passwords never get out: the words that SLOWLOG hides are hidden here too.

import { inspect } from 'node:util'
import type { Args } from '../resp3/args.ts'
import { decodeReply, type Reply } from '../resp3/decoder.ts'
import type { Client } from '../server/client.ts'
import type { Command } from '../server/command.ts'
import { channelsOf, keysOf } from '../server/keys.ts'
import { toText } from '../util/bytes.ts'
import type { Call, ConnectedClient } from './calls.ts'
import { describeClient } from './connected-client.ts'

const SECRET = '(redacted)'
/** What follows in the error of an unknown command is what the client sent. */
const ECHO = ', with args beginning with:'
/** Words of these are secret also where the command was refused before its handler could say so. */
const SECRET_COMMANDS: ReadonlySet<string> = new Set([
  'auth',
  'hello',
  'acl|setuser',
  'config|set',
  'migrate',
])

interface Outcome {
  readonly reply?: Buffer | undefined
  /** The text of the error, if the command did not run. */
  readonly refusal?: string
  readonly durationMs?: number
}

/** What a call consists of, for those who print it or send it elsewhere. */
const MEMBERS = [
  'command',
  'args',
  'user',
  'keys',
  'channels',
  'database',
  'client',
  'reply',
  'error',
  'refused',
  'fromScript',
  'at',
  'durationMs',
] as const

/** A call as plain data. */
export type CallData = Pick<Call, (typeof MEMBERS)[number]>

export function dataOf(call: Call): CallData {
  return Object.fromEntries(MEMBERS.map(name => [name, call[name]])) as unknown as CallData
}

/** Getters of a class are no data to JSON.stringify() and console.log(), so it is told to them. */
abstract class PrintableCall {
  toJSON(this: Call): Readonly<Record<string, unknown>> {
    return { ...dataOf(this), reply: forJson(this.reply) }
  }

  [inspect.custom](this: Call): CallData {
    return dataOf(this)
  }
}

/** A call that was recorded elsewhere. */
export class ReceivedCall extends PrintableCall {
  constructor(data: CallData) {
    super()
    Object.assign(this, data)
  }
}

/** Keeps what was there; all else is worked out when somebody looks at it. */
export class RecordedCall extends PrintableCall implements Call {
  readonly user: string
  readonly database: number
  readonly refused: boolean
  readonly fromScript: boolean
  readonly at: number
  readonly durationMs: number
  readonly #client: Client
  readonly #command: Command | undefined
  readonly #args: Args
  readonly #hasRun: boolean
  readonly #redacted: ReadonlySet<number> | undefined
  readonly #reply: Buffer | undefined
  readonly #refusal: string | undefined

  constructor(client: Client, command: Command | undefined, args: Args, outcome: Outcome) {
    super()
    this.user = toText(client.user?.name ?? '')
    this.database = client.db.index
    this.refused = outcome.refusal !== undefined
    this.fromScript = client.scriptCaller !== undefined
    this.at = client.server.clock.now()
    this.durationMs = outcome.durationMs ?? 0
    this.#client = client.scriptCaller ?? client
    this.#command = command
    this.#args = args.own()
    this.#hasRun = outcome.durationMs !== undefined
    // What is hidden in a client's last command says nothing of one that did not run.
    this.#redacted = this.#hasRun ? client.redacted : undefined
    this.#reply = outcome.reply
    this.#refusal = outcome.refusal
  }

  get bytes(): number {
    return this.#args.bytes.length + (this.#reply?.length ?? 0)
  }

  get command(): string {
    return this.#command?.name ?? toText(this.#args.lower(0))
  }

  get args(): readonly string[] {
    return this.words.slice(this.#command?.parent === undefined ? 1 : 2).map(toText)
  }

  /** The whole request as binary strings, secrets hidden. */
  get words(): readonly string[] {
    return this.#args.texts().map((text, i) => (this.#isSecret(i) ? SECRET : text))
  }

  get keys(): readonly string[] {
    if (this.#command === undefined) return []
    return keysOf(this.#command, this.#args).map(({ name }) => toText(name))
  }

  get channels(): readonly string[] {
    if (this.#command === undefined) return []
    return channelsOf(this.#command, this.#args).map(({ name }) => toText(name))
  }

  get client(): ConnectedClient {
    return describeClient(this.#client)
  }

  get reply(): unknown {
    const reply = this.#decoded
    if (reply === undefined) return undefined
    return reply.type === 'error' ? this.error : plain(reply)
  }

  get error(): string | undefined {
    const reply = this.#decoded
    const text = this.#refusal ?? (reply?.type === 'error' ? reply.text : undefined)
    return text === undefined ? undefined : toText(this.#withoutSecrets(text))
  }

  get #decoded(): Reply | undefined {
    return this.#reply?.length ? decodeReply(this.#reply)?.reply : undefined
  }

  // Errors quote what was sent: an unknown command's words, cut short, or a rule of ACL SETUSER.
  #withoutSecrets(error: string): string {
    if (this.#command === undefined) return error.split(ECHO)[0] ?? ''
    let text = error
    for (const [i, word] of this.#args.texts().entries()) {
      if (this.#isSecret(i)) text = text.replaceAll(`'${word}'`, `'${SECRET}'`)
    }
    return text
  }

  // The words of an unknown command may be anything, also a password after a mistyped AUTH.
  #isSecret(i: number): boolean {
    if (this.#redacted?.has(i)) return true
    if (this.#hasRun) return false
    const first = this.#command?.parent === undefined ? 1 : 2
    return i >= first && (this.#command === undefined || SECRET_COMMANDS.has(this.#command.name))
  }
}

/** A reply as plain values: text, numbers (or a bigint beyond 2^53), arrays, Maps, null. */
function plain(reply: Reply): unknown {
  switch (reply.type) {
    case 'integer':
      return Number.isSafeInteger(Number(reply.value)) ? Number(reply.value) : reply.value
    case 'double':
    case 'boolean':
      return reply.value
    case 'null':
    case 'nullArray':
      return null
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(plain)
    case 'map':
    case 'attribute':
      return new Map(reply.pairs.map(([key, value]) => [plain(key), plain(value)]))
    default:
      return toText(reply.text)
  }
}

function forJson(reply: unknown): unknown {
  if (typeof reply === 'bigint') return String(reply)
  if (typeof reply === 'number') return Number.isFinite(reply) ? reply : String(reply)
  if (Array.isArray(reply)) return reply.map(forJson)
  if (!(reply instanceof Map)) return reply
  return Object.fromEntries([...reply].map(([key, value]) => [String(key), forJson(value)]))
}
