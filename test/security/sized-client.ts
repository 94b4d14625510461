// Sends requests with large words, and looks at the replies without keeping them: each request is
// followed by an ECHO of its own, so that what comes before that must be one reply.

import { once } from 'node:events'
import net from 'node:net'
import { decodeReply } from '../../src/resp3/decoder.ts'
import { requestBytes } from '../../src/resp3/exchange.ts'
import { chunksOf, type Sized, writeAll } from '../helpers/sized.ts'

/** Longest word that Redis takes. */
const WORD_MAX = 512 * 1024 * 1024
/** Longer replies are judged by their beginning. */
const DECODED_MAX = 256 * 1024
const REFUSED = '-ERR Protocol error: invalid bulk length\r\n'

export interface Answer {
  /** From the last byte that was sent to the last that came. */
  readonly ms: number
  /** What is wrong with the reply; '' if it is one. */
  readonly fault: string
}

export class SizedClient {
  readonly #port: number
  #socket: net.Socket | undefined
  #count = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Runs requests that are sound, and forgets their replies. */
  async fill(requests: Buffer): Promise<void> {
    await this.#exchange([requests])
  }

  async ask(request: Sized): Promise<Answer> {
    const isTooLong = request.some(word => typeof word === 'number' && word > WORD_MAX)
    const { ms, head, size, closed } = await this.#exchange(chunksOf(request))
    return { ms, fault: faultOf(head, size, closed, isTooLong) }
  }

  close(): void {
    this.#socket?.destroy()
  }

  async #exchange(chunks: readonly Buffer[]): Promise<Heard> {
    const socket = this.#socket ?? (await this.#connect())
    const marker = `marker-${++this.#count}`
    const end = Buffer.from(`$${marker.length}\r\n${marker}\r\n`)
    const heard = new Hearing(socket, end)
    await writeAll(socket, chunks)
    const startedAt = performance.now()
    if (!heard.isClosed) socket.write(requestBytes('ECHO', marker))
    await heard.over
    const { head, size, isClosed } = heard
    if (isClosed) this.#socket = undefined
    return { ms: Math.round(performance.now() - startedAt), head, size, closed: isClosed }
  }

  async #connect(): Promise<net.Socket> {
    const socket = net.connect(this.#port, '127.0.0.1')
    socket.on('error', () => {})
    socket.setMaxListeners(0)
    socket.setNoDelay()
    await once(socket, 'connect')
    this.#socket = socket
    return socket
  }
}

interface Heard {
  readonly ms: number
  readonly head: Buffer
  readonly size: number
  readonly closed: boolean
}

/** What comes until the marker: its size, and its beginning. */
class Hearing {
  size = 0
  isClosed = false
  readonly over: Promise<void>
  readonly #parts: Buffer[] = []
  #tail: Buffer = Buffer.alloc(0)

  constructor(socket: net.Socket, end: Buffer) {
    this.over = new Promise(resolve => {
      const finish = (): void => {
        socket.off('data', hear).off('close', close)
        resolve()
      }
      const hear = (chunk: Buffer): void => {
        if (this.size <= DECODED_MAX) this.#parts.push(chunk)
        this.size += chunk.length
        this.#tail = Buffer.concat([this.#tail, chunk.subarray(-end.length)]).subarray(-end.length)
        if (!this.#tail.equals(end)) return
        this.size -= end.length
        finish()
      }
      const close = (): void => {
        this.isClosed = true
        finish()
      }
      socket.on('data', hear).on('close', close)
    })
  }

  get head(): Buffer {
    return Buffer.concat(this.#parts).subarray(0, this.size)
  }
}

function faultOf(head: Buffer, size: number, isClosed: boolean, isTooLong: boolean): string {
  if (isTooLong) return isClosed && isRefusal(head.toString('latin1')) ? '' : 'was taken'
  if (isClosed) return `the connection ended: ${head.toString('latin1', 0, 200)}`
  if (size > DECODED_MAX) return faultOfLarge(head, size)
  const decoded = decodeReply(head)
  if (decoded === undefined) return `half a reply: ${head.toString('latin1', 0, 200)}`
  if (decoded.reply.type === 'error' && /internal/.test(decoded.reply.text)) {
    return decoded.reply.text
  }
  return decoded.end === size ? '' : `more than a reply: ${head.toString('latin1', 0, 200)}`
}

// A client that still sends when the server hangs up may lose what it has not read: a real server
// loses its word here more often than ours does.
function isRefusal(text: string): boolean {
  return text === '' || text.endsWith(REFUSED)
}

/** Text has the length that it announces; of others only the first byte is known. */
function faultOfLarge(head: Buffer, size: number): string {
  const end = head.indexOf(13)
  const line = head.toString('latin1', 0, end < 0 ? head.length : end)
  if (/^[+*%~:-]/.test(line)) return ''
  if (/^[$=]\d+$/.test(line)) return Number(line.slice(1)) + line.length + 4 === size ? '' : line
  return `no reply: ${line.slice(0, 200)}`
}
