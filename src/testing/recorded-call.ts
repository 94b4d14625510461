// One call as it is kept: the request and its reply as bytes, out of which all else is worked out
// when somebody looks. Passwords never get out, in which place ever: neither in the words, as in
// SLOWLOG, nor in the error that quotes them, nor in the reply of a command that tells settings or
// users.

import { inspect } from 'node:util'
import type { Client } from '../engine/client.ts'
import { isSensitive } from '../host/config/config.ts'
import { type Hidden, hiddenWords, withoutSecrets } from '../host/secrets.ts'
import type { Args } from '../resp3/args.ts'
import { decodeReply, type Reply } from '../resp3/decoder.ts'
import type { CommandTable } from '../table/catalogue.ts'
import type { Command } from '../table/command.ts'
import { channelsOf, keysOf } from '../table/keys.ts'
import type { SecretReply } from '../table/row.ts'
import { fromText, quoted, toText } from '../util/bytes.ts'
import { printable } from '../util/printable.ts'
import { REDACTED } from '../util/secret-text.ts'
import type { Call, ConnectedClient } from './calls.ts'
import { describeClient } from './connected-client.ts'

/** What follows in the error of an unknown command is what the client sent. */
const ECHO = ', with args beginning with:'

interface Outcome {
  readonly reply?: Buffer | undefined
  /** The text of the error, if the command did not run. */
  readonly refusal?: string
  readonly durationMs?: number
  /** It consists of the replies of other commands, some of them secret. */
  readonly isSecretReply?: boolean
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

  toString(this: Call): string {
    return lineOf(this)
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
  /** As it was then. */
  readonly client: ConnectedClient
  readonly #commands: CommandTable
  readonly #command: Command | undefined
  readonly #args: Args
  readonly #reply: Buffer | undefined
  readonly #refusal: string | undefined
  readonly #secretReply: SecretReply | undefined

  constructor(client: Client, command: Command | undefined, args: Args, outcome: Outcome) {
    super()
    this.user = toText(client.user?.name ?? '')
    this.database = client.db.index
    this.refused = outcome.refusal !== undefined
    this.fromScript = client.scriptCaller !== undefined
    this.at = client.server.clock.now()
    this.durationMs = outcome.durationMs ?? 0
    this.client = describeClient(client.scriptCaller ?? client)
    this.#commands = client.server.table
    this.#command = command
    this.#args = args.own()
    this.#reply = outcome.reply
    this.#refusal = outcome.refusal
    this.#secretReply = outcome.isSecretReply ? 'all' : command?.secretReply
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
    const isHidden = this.#hidden
    return this.#args.texts().map((text, i) => (isHidden(i) ? REDACTED : text))
  }

  /** Whether these are its words: lower case; `*` is any word, a last `...` whatever follows. */
  says(words: readonly string[]): boolean {
    const isOpen = words.at(-1) === '...'
    const length = isOpen ? words.length - 1 : words.length
    const { count } = this.#args
    if (isOpen ? count < length : count !== length) return false
    return words.slice(0, length).every((word, i) => word === '*' || word === this.#args.lower(i))
  }

  get keys(): readonly string[] {
    if (this.#command === undefined) return []
    const isHidden = this.#hidden
    return keysOf(this.#command, this.#args).flatMap(({ name, position }) =>
      isHidden(position) ? [] : toText(name),
    )
  }

  get channels(): readonly string[] {
    if (this.#command === undefined) return []
    return channelsOf(this.#command, this.#args).map(({ name }) => toText(name))
  }

  get reply(): unknown {
    const reply = this.#decoded
    if (reply === undefined) return undefined
    if (reply.type === 'error') return this.error
    return plain(this.#secretReply === undefined ? reply : SHOWN[this.#secretReply](reply))
  }

  get error(): string | undefined {
    const reply = this.#decoded
    const text = this.#refusal ?? (reply?.type === 'error' ? reply.text : undefined)
    return text === undefined ? undefined : toText(this.#withoutSecrets(text))
  }

  get #decoded(): Reply | undefined {
    return this.#reply?.length ? decodeReply(this.#reply)?.reply : undefined
  }

  get #hidden(): Hidden {
    return hiddenWords(this.#commands, this.#args)
  }

  // Errors quote what was sent: an unknown command's words, cut short, or a rule of ACL SETUSER.
  #withoutSecrets(error: string): string {
    if (this.#command === undefined) return error.split(ECHO)[0] ?? ''
    return withoutSecrets(error, this.#commands, this.#args)
  }
}

/** What a reply with secrets shows of itself. */
const SHOWN: Readonly<Record<SecretReply, (reply: Reply) => Reply>> = {
  all: () => ({ type: 'simple', text: REDACTED }),
  hashes: reply => eachText(reply, text => text.replace(/\b[0-9a-f]{64}\b/g, REDACTED)),
  settings: withoutSensitive,
}

/** The reply with every text in it changed. */
function eachText(reply: Reply, change: (text: string) => string): Reply {
  if ('text' in reply) return { ...reply, text: change(reply.text) }
  if ('items' in reply) return { ...reply, items: reply.items.map(one => eachText(one, change)) }
  if (!('pairs' in reply)) return reply
  const pairs = reply.pairs.map(
    ([key, value]) => [eachText(key, change), eachText(value, change)] as const,
  )
  return { ...reply, pairs }
}

/** Names of settings and their values: a map, or one after the other. */
function withoutSensitive(reply: Reply): Reply {
  const shown = (name: Reply | undefined, value: Reply): Reply => {
    const isSecret = name !== undefined && 'text' in name && isSensitive(name.text)
    return isSecret ? eachText(value, text => (text === '' ? '' : REDACTED)) : value
  }
  if ('pairs' in reply) {
    return { ...reply, pairs: reply.pairs.map(([name, value]) => [name, shown(name, value)]) }
  }
  if (!('items' in reply)) return reply
  const { items } = reply
  return { ...reply, items: items.map((one, i) => (i % 2 === 0 ? one : shown(items[i - 1], one))) }
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

/** One line a call, for messages. */
export function lineOf({ user, command, args, error }: Call): string {
  const words = [command.toUpperCase().replace('|', ' '), ...args.map(a => quoted(fromText(a)))]
  return printable(`${user}: ${words.join(' ')}${error === undefined ? '' : ` -> ${error}`}`)
}

function forJson(reply: unknown): unknown {
  if (typeof reply === 'bigint') return String(reply)
  if (typeof reply === 'number') return Number.isFinite(reply) ? reply : String(reply)
  if (Array.isArray(reply)) return reply.map(forJson)
  if (!(reply instanceof Map)) return reply
  return Object.fromEntries([...reply].map(([key, value]) => [String(key), forJson(value)]))
}
