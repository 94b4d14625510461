// The test's side of a thread: sends what is asked and settles the promises that were given for it.

import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ownFile } from '../../util/lazy.ts'
import { type Kind, MEMBERS, type RemoteKinds } from './members.ts'
import {
  type Answer,
  type Packed,
  type Request,
  receivedCalls,
  revivedError,
  type Step,
} from './messages.ts'
import type { ThreadData } from './serve.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly askedAt: Error
}

/** How long a server that was asked to close may take; one that hangs is ended then. */
const CLOSE_MS = 2000

const START = 0

/** Makes objects of this side for those that stay in the thread. */
export type Unpack = (packed: Exclude<Packed, { plain: unknown } | { isOne: boolean }>) => unknown

export class ThreadLink {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Map<string, Set<(value: never) => void>>()
  readonly #unpack: Unpack
  readonly #ended: Promise<void>
  readonly #released = new FinalizationRegistry<number>(release => this.#post({ release }))
  /** Without a question under way the thread keeps no process alive. */
  readonly #unref: boolean
  #nextId = START
  #end: Error | undefined

  constructor(data: ThreadData, unpack: (link: ThreadLink) => Unpack, unref: boolean) {
    this.#unpack = unpack(this)
    this.#unref = unref
    this.#worker = openWorker(data)
    this.#worker.on('message', (answer: Answer) => this.#hear(answer))
    this.#worker.on('error', error => this.#fail(error))
    this.#ended = new Promise(resolve => {
      this.#worker.once('exit', () => {
        this.#fail(new Error('The thread of this server has ended'))
        resolve()
      })
    })
  }

  /** The server that the thread starts with. */
  started(): Promise<unknown> {
    return this.#wait(new Error(), () => {})
  }

  ask(on: number, path: readonly Step[]): Promise<unknown> {
    return this.#wait(new Error(), id => this.#post({ id, on, path }))
  }

  #wait(askedAt: Error, send: (id: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end
      const id = this.#nextId++
      send(id)
      this.#waiting.set(id, { resolve, reject, askedAt })
      if (this.#unref) this.#worker.ref()
    })
  }

  on(on: number, event: string, listener: (value: never) => void): void {
    const listeners = this.#listenersTo(on, event)
    if (listeners.size === 0 && event !== 'log') this.#post({ subscribe: event, on, isOn: true })
    listeners.add(listener)
  }

  off(on: number, event: string, listener: (value: never) => void): void {
    const listeners = this.#listenersTo(on, event)
    if (!listeners.delete(listener) || listeners.size > 0) return
    this.#post({ subscribe: event, on, isOn: false })
  }

  #listenersTo(on: number, event: string): Set<(value: never) => void> {
    const key = `${on} ${event}`
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners)
    return listeners
  }

  /** The thread forgets the object when nobody has this one any more. */
  holds<T extends object>(holder: T, reference: number): T {
    this.#released.register(holder, reference)
    return holder
  }

  /** Closes a server; without answer the thread is ended. @throws what its close() throws */
  async close(on: number): Promise<void> {
    if (this.#end !== undefined) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        void this.end()
        resolve()
      }, CLOSE_MS)
    })
    try {
      await Promise.race([this.ask(on, [['close', []]]), late])
    } finally {
      clearTimeout(timer)
    }
  }

  async end(): Promise<void> {
    this.#end ??= new Error('The thread of this server was ended')
    await this.#worker.terminate()
    await this.#ended
  }

  #post(request: Request): void {
    if (this.#end === undefined) this.#worker.postMessage(request)
  }

  #hear(answer: Answer): void {
    if ('event' in answer) {
      const value = this.#valueOf(answer.value) as never
      for (const listener of this.#listenersTo(answer.on, answer.event)) listener(value)
      return
    }
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#unref && this.#waiting.size === 0) this.#worker.unref()
    if ('error' in answer) {
      waiting?.reject(revivedError(answer.error, waiting.askedAt))
    } else {
      waiting?.resolve(this.#valueOf(answer.value))
    }
  }

  #valueOf(packed: Packed): unknown {
    if ('plain' in packed) return packed.plain
    if ('isOne' in packed) return receivedCalls(packed)
    return this.#unpack(packed)
  }

  #fail(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

// The file is loaded by code, which is the same in ES modules and in CommonJS. Options of the
// process are not passed on: those of a test's own loader or of --eval would be in the way. Only
// TypeScript sources, of which this package's own tests are made, need their loader.
function openWorker(data: ThreadData): Worker {
  const own = ownFile()
  return new Worker(own.endsWith('.ts') ? loadSource(own) : loadBuilt(own), {
    eval: true,
    execArgv: [],
    name: 'redis-tls-mock',
    workerData: data,
  })
}

function loadBuilt(own: string): string {
  // In the bundled build this is in a folder of chunks.
  const folder = new URL(/\/chunks\/[^/]+$/.test(own) ? '../testing/thread/' : './', own)
  const file = JSON.stringify(new URL('serve.js', folder).href)
  return `import(${file}).then(({ serve }) => serve())`
}

function loadSource(own: string): string {
  const loader = JSON.stringify(new URL('../../../scripts/sources/loader.mjs', own).href)
  const file = JSON.stringify(fileURLToPath(new URL('serve.ts', own)))
  return `import(${loader}).then(({ load }) => load(${file}).serve())`
}

/** Gives an object of this side the members of a kind, for one that is reached by a path. */
export function remote<K extends Kind, T extends object>(
  link: ThreadLink,
  on: number,
  path: readonly Step[],
  kind: K,
  members: T,
): T & RemoteKinds[K] {
  const { readers, methods } = MEMBERS[kind]
  for (const name of readers) {
    const get = (): Promise<unknown> => link.ask(on, [...path, [name]])
    Object.defineProperty(members, name, { get, configurable: true })
  }
  for (const name of methods) {
    const value = (...args: unknown[]): Promise<unknown> =>
      link.ask(on, [...path, [name, args.map(packArgument)]])
    Object.defineProperty(members, name, { value, configurable: true })
  }
  return members as T & RemoteKinds[K]
}

/** A state that the thread keeps. */
export class KeptState {
  readonly reference: number

  constructor(reference: number) {
    this.reference = reference
  }
}

function packArgument(value: unknown): Packed {
  return value instanceof KeptState ? { state: value.reference } : { plain: value }
}
