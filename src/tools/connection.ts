// A connection to a running Redis, real or ours, by URL: calls a command and waits for its reply.
// As much of a client as the tools need, so that none of them depends on a client library.
//
// Replies come in the order of the calls. What comes unasked (MONITOR's lines) goes to whoever
// listens, and is an error if nobody does.

import net from 'node:net'
import tls from 'node:tls'
import type { Reply } from '../resp3/decoder.ts'
import { ReplyReader, requestBlocks, TOOL_LIMITS } from '../resp3/exchange.ts'
import { fromText } from '../util/bytes.ts'
import { shownUrl, withoutWords } from '../util/secret-text.ts'

/** How to reach a server. PEM texts, as node:tls takes them. */
export interface ConnectionOptions {
  /** `redis://` or `rediss://[user[:password]@]host[:port][/database]`. */
  readonly url: string
  /** The authority that is trusted, instead of those of the system. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name that the certificate must have, if it is not the host. */
  readonly serverName?: string | undefined
  /** Takes any certificate. */
  readonly isInsecure?: boolean | undefined
  /** For the URL's user; the URL's own password goes first. */
  readonly password?: string | undefined
  /** For connecting and for each reply. Default: 5000. */
  readonly timeoutMs?: number | undefined
}

/** A server that cannot be reached or understood, or an error that it answered. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

export interface RedisUrl {
  readonly isTls: boolean
  readonly host: string
  readonly port: number
  /** Binary strings, as all that is sent. */
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
}

const DEFAULT_PORT = 6379
const DEFAULT_TIMEOUT_MS = 5000

/** @throws ConnectionError, whose message shows no password */
export function readRedisUrl(text: string): RedisUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new ConnectionError(`'${withoutPassword(text)}' is no redis:// or rediss:// URL`)
  }
  // A / ? or # ends the login: of one that holds it the rest would be taken for a path.
  if (/@|%40/.test(`${url.pathname}${url.search}${url.hash}`)) {
    throw new ConnectionError('The URL has a / ? or # in its login: write it as %2F %3F or %23')
  }
  const part = (value: string): string | undefined => (value === '' ? undefined : decoded(value))
  return {
    isTls: url.protocol === 'rediss:',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: part(url.username),
    password: part(url.password),
    database: part(url.pathname.slice(1)),
  }
}

export function withoutPassword(url: string): string {
  return shownUrl(url)
}

function decoded(value: string): string {
  try {
    return fromText(decodeURIComponent(value))
  } catch {
    throw new ConnectionError('The URL has a % that is no escape: write it as %25')
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

export class RedisConnection {
  readonly #socket: net.Socket
  readonly #timeoutMs: number
  #waiting: Waiting[] = []
  readonly #reader = new ReplyReader(TOOL_LIMITS)
  #ended: ConnectionError | undefined
  #isClosed = false
  #hear: ((reply: Reply) => void) | undefined
  /** Resolves when the connection is over, with the reason, or undefined after close(). */
  readonly ended: Promise<ConnectionError | undefined>

  /** @param socket connected already */
  constructor(socket: net.Socket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', error => this.#end(new ConnectionError(error.message)))
    this.ended = new Promise(resolve => {
      socket.once('close', () => {
        this.#end(new ConnectionError('The server closed the connection'))
        resolve(this.#isClosed ? undefined : this.#ended)
      })
    })
  }

  /**
   * Sends a command, binary strings, and resolves to its reply, which may be an error.
   * @throws ConnectionError if no reply comes
   */
  send(...words: readonly string[]): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(new ConnectionError(`No reply to ${words[0]} in ${this.#timeoutMs} ms`))
      }, this.#timeoutMs)
      this.#waiting.push({ resolve, reject, timer })
      for (const block of requestBlocks(words)) this.#socket.write(block)
    })
  }

  /** As send(), but an error reply is thrown. */
  async call(...words: readonly string[]): Promise<Reply> {
    const reply = await this.send(...words)
    if (reply.type !== 'error') return reply
    const [name, ...rest] = words
    const text = name === 'AUTH' ? withoutWords(reply.text, rest) : reply.text
    throw new ConnectionError(`${name}: ${text}`)
  }

  /** Hears every reply that no call waits for: what MONITOR shows. */
  listen(hear: (reply: Reply) => void): void {
    this.#hear = hear
  }

  close(): void {
    this.#isClosed = true
    this.#socket.end()
    this.#end(new ConnectionError('Closed'))
  }

  #receive(chunk: Buffer): void {
    // What comes after the end is not looked at any more.
    if (this.#ended !== undefined) return
    try {
      this.#reader.read(chunk, reply => this.#take(reply))
    } catch (error) {
      this.#end(new ConnectionError(error instanceof Error ? error.message : String(error)))
    }
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      clearTimeout(waiting.timer)
      waiting.resolve(reply)
    } else if (this.#hear !== undefined) {
      this.#hear(reply)
    } else {
      throw new ConnectionError('The server sent what nobody asked for')
    }
  }

  #end(error: ConnectionError): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    // What was sent may still leave; but a server that does not take it cannot keep us here.
    if (this.#isClosed) {
      this.#socket.destroySoon()
      setTimeout(() => this.#socket.destroy(), this.#timeoutMs).unref()
    } else {
      this.#socket.destroy()
    }
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(error)
    }
  }
}

/**
 * Connects, and logs in if the URL or the options say with what.
 * @throws ConnectionError
 */
export async function connectTo(options: ConnectionOptions): Promise<RedisConnection> {
  const url = readRedisUrl(options.url)
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const connection = new RedisConnection(await openSocket(url, options, timeoutMs), timeoutMs)
  try {
    const password = url.password ?? options.password
    if (password !== undefined) {
      await connection.call('AUTH', ...(url.user === undefined ? [] : [url.user]), password)
    }
    if (url.database !== undefined && url.database !== '0') {
      await connection.call('SELECT', url.database)
    }
  } catch (error) {
    connection.close()
    throw error
  }
  return connection
}

function openSocket(
  { isTls, host, port }: RedisUrl,
  { ca, cert, key, serverName, isInsecure }: ConnectionOptions,
  timeoutMs: number,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const name = serverName ?? (net.isIP(host) === 0 ? host : undefined)
    const socket = isTls
      ? tls.connect({
          host,
          port,
          rejectUnauthorized: isInsecure !== true,
          ...(name !== undefined && { servername: name }),
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
        })
      : net.connect({ host, port })
    const fail = (reason: string): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new ConnectionError(`Cannot connect to ${host}:${port}: ${reason}`))
    }
    const timer = setTimeout(() => fail(`nothing heard in ${timeoutMs} ms`), timeoutMs)
    const onError = (error: Error): void => fail(error.message || String(error))
    socket.once('error', onError)
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve(socket)
    })
  })
}

/** The texts of an array, set or map of texts, flat; what is no text is ''. */
export function textsOf(reply: Reply): string[] {
  switch (reply.type) {
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(textOf)
    case 'map':
      return reply.pairs.flatMap(pair => pair.map(textOf))
    default:
      return []
  }
}

export function textOf(reply: Reply): string {
  return 'text' in reply ? reply.text : ''
}
