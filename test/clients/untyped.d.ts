// Packages that come without types: as much of them as the tests use.

declare module 'redlock' {
  interface Lock {
    readonly resource: string | readonly string[]
    readonly value: string
    readonly expiration: number
    unlock(): Promise<void>
    extend(ttlMs: number): Promise<Lock>
  }

  interface RedlockOptions {
    readonly driftFactor?: number
    readonly retryCount?: number
    readonly retryDelay?: number
    readonly retryJitter?: number
  }

  export default class Redlock {
    constructor(clients: readonly unknown[], options?: RedlockOptions)
    lock(resource: string | readonly string[], ttlMs: number): Promise<Lock>
    on(event: 'clientError', listener: (error: Error) => void): this
  }
}

declare module 'express-session' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface SessionData {
    [name: string]: unknown
  }

  export interface Session extends SessionData {
    readonly id: string
    regenerate(done: (error?: unknown) => void): void
    destroy(done: (error?: unknown) => void): void
  }

  export class Store extends EventEmitter {}

  interface SessionOptions {
    readonly store: Store
    readonly secret: string
    readonly resave: boolean
    readonly saveUninitialized: boolean
    readonly rolling?: boolean
    readonly cookie?: { readonly maxAge?: number }
  }

  type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

  export default function session(options: SessionOptions): Handler
}
