// ioredis, iovalkey and node-redis against us, in RESP2 and (where they speak it) in RESP3.

import { Redis as Ioredis } from 'ioredis'
import { Redis as Iovalkey } from 'iovalkey'
import { createClient } from 'redis'
import t from 'tap'
import type { RunningRedis } from '../../src/index.ts'
import { type Adapter, authorityOf, type Outcome, playScenario, type Session } from './scenario.ts'

function outcomeOf(value: unknown): Outcome {
  if (value === null || value === undefined) return '(nil)'
  if (value instanceof Error) return `!${value.message}`
  return String(value)
}

async function attempt(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    return outcomeOf(await run())
  } catch (error) {
    return outcomeOf(error)
  }
}

/** What ioredis and its fork iovalkey have in common. */
interface IoClient {
  connect(): Promise<void>
  call(command: string, args: string[]): Promise<unknown>
  multi(commands: string[][]): { exec(): Promise<[Error | null, unknown][] | null> }
  duplicate(): IoClient
  subscribe(channel: string): Promise<unknown>
  on(event: string, listener: (...args: string[]) => void): unknown
  disconnect(): void
}

type MakeIoClient = (options: Record<string, unknown>) => IoClient

function ioAdapter(name: string, make: MakeIoClient, protocol: number): Adapter {
  return {
    name,
    async open(redis: RunningRedis, username: string, password: string): Promise<Session> {
      const options = redis.connectOptions('ioredis', { username, password })
      const client = make({
        ...options,
        tls: { ...options.tls, ca: authorityOf(redis) },
        lazyConnect: true,
        enableReadyCheck: false,
        retryStrategy: () => null,
        ...(protocol === 3 && { protocol }),
      })
      let problem: string | undefined
      client.on('error', (error: unknown) => {
        problem ??= (error as Error).message
      })
      try {
        await client.connect()
        const greeting = await attempt(() => client.call('PING', []))
        if (greeting !== 'PONG') throw new Error(greeting)
      } catch (error) {
        client.disconnect()
        throw new Error(problem ?? (error as Error).message)
      }
      return ioSession(client)
    },
  }
}

function ioSession(client: IoClient): Session {
  return {
    send: ([command = '', ...args]) => attempt(() => client.call(command, args)),
    async transaction(commands) {
      const queue = commands.map(([command = '', ...args]) => ['call', command, ...args])
      try {
        const replies = await client.multi(queue).exec()
        return (replies ?? []).map(([error, value]) => outcomeOf(error ?? value))
      } catch (error) {
        return [outcomeOf(error)]
      }
    },
    async receive(channel, publish) {
      const listener = client.duplicate()
      await listener.connect()
      await listener.subscribe(channel)
      const message = new Promise<string>(resolve => {
        listener.on('message', (_channel, text = '') => resolve(text))
      })
      await publish()
      const text = await message
      listener.disconnect()
      return text
    },
    close: async () => client.disconnect(),
  }
}

function nodeRedisAdapter(name: string, protocol: 2 | 3): Adapter {
  return {
    name,
    async open(redis: RunningRedis, username: string, password: string): Promise<Session> {
      const options = redis.connectOptions('node-redis', { username, password })
      const socket = {
        ...options.socket,
        ca: authorityOf(redis),
        reconnectStrategy: false as const,
      }
      const client = createClient({ ...options, socket, RESP: protocol })
      client.on('error', () => {})
      await client.connect()
      return {
        send: words => attempt(() => client.sendCommand([...words])),
        async transaction(commands) {
          const multi = client.multi()
          for (const words of commands) multi.addCommand([...words])
          try {
            return (await multi.exec()).map(outcomeOf)
          } catch (error) {
            return [outcomeOf(error)]
          }
        },
        async receive(channel, publish) {
          const listener = client.duplicate()
          listener.on('error', () => {})
          await listener.connect()
          const message = new Promise<string>(resolve => {
            void listener.subscribe(channel, text => resolve(text)).then(publish)
          })
          const text = await message
          listener.destroy()
          return text
        },
        close: async () => client.destroy(),
      }
    },
  }
}

const ADAPTERS: readonly Adapter[] = [
  ioAdapter('ioredis, RESP2', options => new Ioredis(options) as unknown as IoClient, 2),
  ioAdapter('ioredis, RESP3', options => new Ioredis(options) as unknown as IoClient, 3),
  ioAdapter('iovalkey', options => new Iovalkey(options) as unknown as IoClient, 2),
  nodeRedisAdapter('node-redis, RESP2', 2),
  nodeRedisAdapter('node-redis, RESP3', 3),
]

for (const adapter of ADAPTERS) t.test(adapter.name, t => playScenario(t, adapter))
