// What client libraries send by themselves: to log in, to name themselves, to ask whether the
// server is ready or can do something. One table says what, which libraries do, since when, and
// which refusals they take without a word. All else is the application's, whoever sends it:
// - by its words: INFO is a library's where INFO keyspace is not
// - by its sender, as soon as a connection has named its library (CLIENT SETINFO)
// - by its place: before the first call that is none of these, and not more often than once

import { obtain } from '../util/lazy.ts'

/** What is looked at of a call. */
interface Sent {
  readonly command: string
  /** Whether its words fit: lower case; `*` is any word, and a last `...` whatever follows. */
  says(words: readonly string[]): boolean
  readonly client: { readonly id: number; readonly library: string }
  readonly reply: unknown
  readonly fromScript: boolean
}

/** By a library's name in CLIENT SETINFO, in lower case: since which version it sends it. */
type Libraries = Readonly<Record<string, string>>

/** One request that libraries make by themselves. */
export interface LibraryCall {
  /** As says() has them. */
  readonly words: string
  /** Left out: everybody. */
  readonly by?: Libraries
  /** Also later than while connecting, and then as often as it likes. */
  readonly always?: true
  /** How often while connecting. Default: once. */
  readonly times?: number
  /** The reply after which it is sent once more. */
  readonly againAfter?: RegExp
  /** Errors that these libraries pass over. Default: none. */
  readonly passedOver?: RegExp
}

const ANY_ERROR = /^/
const ANY_VERSION = '0'

const IOREDIS: Libraries = { ioredis: ANY_VERSION, iovalkey: ANY_VERSION }
const PYTHON: Libraries = { 'redis-py': ANY_VERSION, 'valkey-py': ANY_VERSION }
const STACK_EXCHANGE: Libraries = { 'se.redis': ANY_VERSION }
const GO_CACHING: Libraries = { rueidis: ANY_VERSION, valkey: ANY_VERSION }
const GLIDE: Libraries = Object.fromEntries(
  ['js', 'py', 'pysync', 'java', 'go', 'php', 'c#', 'ruby', 'rs'].map(name => [
    `glide${name}`,
    ANY_VERSION,
  ]),
)
/** It has no name of its own there. */
const REDIS_CLI: Libraries = { 'redis-cli': ANY_VERSION }

/** The first row that fits counts. */
const LIBRARY_CALLS: readonly LibraryCall[] = [
  // A second time where the first way is refused: HELLO 3, then as of old.
  { words: 'hello ...', times: 2 },
  // Credentials that are renewed.
  {
    words: 'auth ...',
    by: { 'node-redis': '5', 'redis-py': '5.3', jedis: '5.3', lettuce: '6.6', 'go-redis': '9.8' },
    always: true,
  },
  { words: 'auth ...', times: 2 },
  { words: 'select *' },
  { words: 'readonly' },
  { words: 'client setname *' },
  { words: 'client setinfo lib-name *', passedOver: ANY_ERROR },
  { words: 'client setinfo lib-ver *', passedOver: ANY_ERROR },
  { words: 'client id', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  {
    words: 'client maint_notifications on moving-endpoint-type *',
    by: {
      'node-redis': '5.9',
      'redis-py': '6.4',
      'go-redis': '9.14',
      ioredis: '5.9',
      jedis: '7',
      lettuce: '7',
      'se.redis': '2.9',
    },
    passedOver: ANY_ERROR,
  },
  { words: 'client maint_notifications on', by: { lettuce: '7' }, passedOver: ANY_ERROR },
  // Their caches, where the application has asked for one.
  {
    words: 'client tracking on',
    by: { 'node-redis': '4', 'redis-py': '5.1', jedis: '5.2', 'valkey-py': ANY_VERSION },
  },
  { words: 'client tracking on optin', by: GO_CACHING },
  { words: 'client capa redirect', by: GO_CACHING, passedOver: ANY_ERROR },
  // Whether the server has loaded its data.
  { words: 'info', by: IOREDIS, againAfter: /\bloading:1\b/, passedOver: /^NOPERM/ },
  // Which of several servers this is.
  { words: 'info replication', by: GLIDE },
  { words: 'info replication', by: STACK_EXCHANGE, always: true, passedOver: ANY_ERROR },
  { words: 'info server', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  { words: 'config get slave-read-only', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  { words: 'config get replica-read-only', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  { words: 'config get databases', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  { words: 'config get timeout', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  { words: 'sentinel masters', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  { words: 'cluster nodes', by: STACK_EXCHANGE, always: true, passedOver: ANY_ERROR },
  { words: 'get __booksleeve_tiebreak', by: STACK_EXCHANGE, always: true, passedOver: ANY_ERROR },
  { words: 'echo *', by: STACK_EXCHANGE, passedOver: ANY_ERROR },
  {
    words: 'subscribe __booksleeve_masterchanged',
    by: STACK_EXCHANGE,
    always: true,
    passedOver: ANY_ERROR,
  },
  // What it needs to complete words and to give hints.
  { words: 'command docs', by: REDIS_CLI, passedOver: ANY_ERROR },
  { words: 'command', by: REDIS_CLI, passedOver: ANY_ERROR },
  { words: 'info server', by: REDIS_CLI, passedOver: ANY_ERROR },
  // Signs of life and the end, which some send and all may.
  { words: 'ping redis-py-health-check', by: PYTHON, always: true },
  { words: 'ping', always: true },
  { words: 'quit', always: true },
]

const PATTERNS = LIBRARY_CALLS.map(row => ({ row, words: row.words.split(' ') }))
/** Of most calls no more has to be looked at. */
const FIRST_WORDS: ReadonlySet<string> = new Set(PATTERNS.map(({ words: [first = ''] }) => first))

/** How far a connection has come. */
interface Progress {
  /** It has sent something of the application's. */
  isConnected: boolean
  readonly sent: Map<LibraryCall, number>
  library: string
}

/** What is known of connections by their ids. */
export type Connections = ReadonlyMap<number, Progress>

/** Tells the libraries' calls from the application's. */
export class LibraryCalls {
  readonly #connections = new Map<number, Progress>()

  /** @param before what earlier calls have told of their connections */
  constructor(before: Connections = new Map()) {
    for (const [id, one] of before) this.#connections.set(id, { ...one, sent: new Map(one.sent) })
  }

  /** What is known for the calls that follow. */
  get connections(): Connections {
    return this.#connections
  }

  /** Those of these calls, the next in their order, that libraries made by themselves. */
  of<C extends Sent>(calls: readonly C[]): ReadonlyMap<C, LibraryCall> {
    // Some name themselves late.
    for (const call of calls) this.#progressOf(call)
    const own = new Map<C, LibraryCall>()
    for (const call of calls) {
      const row = this.take(call)
      if (row !== undefined) own.set(call, row)
    }
    return own
  }

  /** The row of a library's call; the call is to come. */
  peek(call: Sent): LibraryCall | undefined {
    const [first = ''] = call.command.split('|')
    if (call.fromScript || !FIRST_WORDS.has(first)) return undefined
    const progress = this.#progressOf(call)
    const found = PATTERNS.find(({ row, words }) => {
      if (!call.says(words) || !isBy(progress.library, row.by)) return false
      return row.always || (!progress.isConnected && sentOf(progress, row) < (row.times ?? 1))
    })
    return found?.row
  }

  /** The row of a library's call; the call was made. */
  take(call: Sent): LibraryCall | undefined {
    const row = this.peek(call)
    const progress = this.#progressOf(call)
    const isAgain = row?.againAfter?.test(String(call.reply)) ?? false
    if (row === undefined) progress.isConnected = true
    else if (!isAgain) progress.sent.set(row, sentOf(progress, row) + 1)
    return row
  }

  #progressOf({ client: { id, library } }: Sent): Progress {
    const progress = obtain(this.#connections, id, () => ({
      isConnected: false,
      sent: new Map<LibraryCall, number>(),
      library,
    }))
    if (library !== '') progress.library = library
    return progress
  }
}

function sentOf({ sent }: Progress, row: LibraryCall): number {
  return sent.get(row) ?? 0
}

/** `'ioredis(tag) 5.8.0'`: a name, what was added to it, and a version, if it was told. */
const LIBRARY = /^([^\s\d(][^\s(]*)(?:\(\S*)?(?: (\d\S*))?/

/** A connection without a name may be of any library. */
function isBy(library: string, libraries: Libraries | undefined): boolean {
  if (libraries === undefined) return true
  const [, name, version] = LIBRARY.exec(library.toLowerCase()) ?? []
  if (name === undefined) return true
  const own = Object.keys(libraries).find(one => name === one || name.startsWith(`${one}-`))
  return own !== undefined && (version === undefined || isSince(version, libraries[own] ?? ''))
}

function isSince(version: string, since: string): boolean {
  const [own, first] = [version, since].map(text => text.split(/[^\d]+/).map(Number))
  for (const [i, part] of (first ?? []).entries()) {
    const difference = (own?.[i] ?? 0) - part
    if (difference !== 0) return difference > 0
  }
  return true
}
