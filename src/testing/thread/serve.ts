// The server's side of a thread: an ordinary startRedis(), and the objects that the other side
// holds on to by their numbers.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { RedisEvents } from '../calls.ts'
import type { RunningRedis } from '../running.ts'
import { startRedis } from '../start.ts'
import type { StartOptions } from '../start-options.ts'
import { ServerState } from '../state.ts'
import { type Answer, errorData, type Packed, pack, type Request, type Step } from './messages.ts'

/** What the thread starts with. */
export interface ThreadData {
  readonly options: StartOptions
  readonly wantsLog: boolean
}

/** Starts the server, or says why not, and does what it is asked to until the thread is ended. */
export async function serve(): Promise<void> {
  if (parentPort === null) throw new Error('This runs in a thread of its own')
  const desk = new Desk(parentPort)
  const { options, wantsLog } = workerData as ThreadData
  const log = (line: string): void => desk.tell('log', 0, { plain: line })
  await desk.answer(0, () => startRedis({ ...options, ...(wantsLog && { log }) }))
  parentPort.on('message', (request: Request) => desk.hear(request))
}

class Desk {
  readonly #port: MessagePort
  readonly #objects = new Map<number, unknown>()
  readonly #listeners = new Map<string, () => void>()
  #next = 0

  constructor(port: MessagePort) {
    this.#port = port
  }

  hear(request: Request): void {
    if ('release' in request) this.#objects.delete(request.release)
    else if ('subscribe' in request) this.#subscribe(request)
    else void this.answer(request.id, () => this.#walk(request.on, request.path))
  }

  async answer(id: number, find: () => unknown): Promise<void> {
    try {
      this.#post({ id, value: this.#pack(await find()) })
    } catch (error) {
      try {
        this.#post({ id, error: errorData(error) })
      } catch {
        this.#post({ id, error: { ...errorData(error), more: {} } })
      }
    }
  }

  tell(event: string, on: number, value: Packed): void {
    this.#post({ event, on, value })
  }

  #post(answer: Answer): void {
    this.#port.postMessage(answer)
  }

  #walk(on: number, path: readonly Step[]): unknown {
    let found = this.#objects.get(on)
    for (const [name, args] of path) {
      const holder = found as Record<string, unknown>
      const member = holder[name]
      if (args === undefined) found = member
      else {
        const values = args.map(packed => this.#unpack(packed))
        found = (member as (...args: unknown[]) => unknown).apply(holder, values)
      }
    }
    return found
  }

  #unpack(packed: Packed): unknown {
    if ('plain' in packed) return packed.plain
    if ('state' in packed) return this.#objects.get(packed.state)
    return undefined
  }

  #pack(value: unknown): Packed {
    if (value instanceof ServerState) return { state: this.#keep(value) }
    if (isFault(value)) return { fault: this.#keep(value) }
    if (!isRedis(value)) return pack(value)
    const { host, port, url, unixsocket, tls } = value
    const pem = tls && { ca: tls.ca, cert: tls.cert, key: tls.key }
    return { redis: { reference: this.#keep(value), host, port, url, unixsocket, tls: pem } }
  }

  #keep(value: unknown): number {
    const reference = this.#next++
    this.#objects.set(reference, value)
    return reference
  }

  #subscribe({ subscribe: event, on, isOn }: Extract<Request, { isOn: boolean }>): void {
    const key = `${on} ${event}`
    this.#listeners.get(key)?.()
    this.#listeners.delete(key)
    const redis = this.#objects.get(on) as RunningRedis
    if (!isOn) return
    const name = event as keyof RedisEvents
    const listener = (value: unknown): void => this.tell(event, on, pack(value))
    redis.on(name, listener)
    this.#listeners.set(key, () => redis.off(name, listener))
  }
}

function isFault(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'fired' in value && 'remove' in value
}

function isRedis(value: unknown): value is RunningRedis {
  return typeof value === 'object' && value !== null && 'connectOptions' in value
}
