// Requests a second: over TLS with client certificates (line 1), and plain (line 2).

import { type Load, rate, requestsFor } from './load.ts'
import {
  connectTls,
  type Peer,
  startEcho,
  startJsRedisServer,
  startOurs,
  startReal,
} from './peers.ts'
import { atLeast, type Goal } from './row.ts'
import type { Run } from './run.ts'

const DEPTHS = [1, 16, 64]
const COMMANDS = ['incr', 'lpush', 'rpop', 'sadd', 'hset', 'spop', 'zadd', 'zpopmin']

/** What has to be there, so that a command that takes has something to take. */
const FOOD: ReadonlyMap<string, readonly string[]> = new Map([
  ['rpop', ['LPUSH', 'mylist', 'xxx']],
  ['spop', ['SADD', 'myset', 'element:__rand_int__']],
  ['zpopmin', ['ZADD', 'myzset', '0', 'element:__rand_int__']],
])

interface Contest {
  readonly line: number
  readonly name: string
  readonly ours: Peer
  readonly peer: Peer
  readonly load: Load
  readonly goal?: Goal
}

async function compare(run: Run, contest: Contest): Promise<void> {
  const { line, name, ours, peer, goal } = contest
  const load = run.isShort ? { ...contest.load, connections: 5 } : contest.load
  run.progress(`${name}: warming up`)
  const enough = [await requestsFor(run, ours, load), await requestsFor(run, peer, load)]
  const requests = Math.min(...enough)
  const measure = async (server: Peer): Promise<number> => {
    await feed(server, load, requests)
    return rate(server, load, requests)
  }
  const [mine, theirs] = await run.alternate(
    name,
    () => measure(ours),
    () => measure(peer),
  )
  const figures = { ours: mine, peer: { name: peer.name, values: theirs } }
  run.add({ line, name, unit: 'requests/s', ...figures, ...(goal && { goal }) })
}

async function feed(server: Peer, { test, isPlain }: Load, requests: number): Promise<void> {
  const food = FOOD.get(String(test))
  if (food === undefined) return
  await rate(
    server,
    { test: food, pipeline: 64, keys: 1_000_000_000, ...(isPlain && { isPlain }) },
    requests,
  )
}

async function empty(...servers: readonly Peer[]): Promise<void> {
  for (const server of servers) {
    const wire = await connectTls(server)
    await wire.ask(['FLUSHALL'])
    wire.close()
  }
}

/** Line 1. */
export async function tlsThroughput(run: Run): Promise<void> {
  const [ours, real, echo] = await Promise.all([startOurs(), startReal(), startEcho()])
  try {
    for (const command of ['set', 'get']) {
      for (const pipeline of DEPTHS) {
        const name = `TLS ${command.toUpperCase()}, pipeline ${pipeline}`
        const load = { test: command, pipeline }
        await compare(run, { line: 1, name, ours, peer: real, load, goal: atLeast(1) })
      }
    }
    for (const command of ['set', 'get']) {
      const name = `TLS ${command.toUpperCase()}, pipeline 1, ceiling`
      const load = { test: command, pipeline: 1 }
      await compare(run, { line: 1, name, ours, peer: echo, load, goal: atLeast(0.9) })
    }
    for (const pipeline of DEPTHS) {
      // What is left to reach: a server that does nothing at all, in the place of ours.
      const name = `TLS SET, pipeline ${pipeline}, bare node in the place of ours`
      await compare(run, { line: 1, name, ours: echo, peer: real, load: { test: 'set', pipeline } })
    }
    for (const command of [...COMMANDS, 'lrange_100', 'mset']) {
      await empty(ours, real)
      const name = `TLS ${command.toUpperCase()}, pipeline 16`
      const load = { test: command, pipeline: 16 }
      await compare(run, { line: 1, name, ours, peer: real, load, goal: atLeast(0.9) })
    }
  } finally {
    await Promise.all([ours.stop(), real.stop(), echo.stop()])
  }
}

/** Line 2. */
export async function plainThroughput(run: Run): Promise<void> {
  const servers = await Promise.all([startOurs(), startReal(), startEcho(), startJsRedisServer()])
  const [ours, real, echo, other] = servers
  try {
    for (const command of ['set', 'get']) {
      const contest = (peer: Peer, pipeline: number, goal?: Goal): Promise<void> => {
        const name = `plain ${command.toUpperCase()}, pipeline ${pipeline}`
        const load = { test: command, pipeline, isPlain: true }
        return compare(run, { line: 2, name, ours, peer, load, ...(goal && { goal }) })
      }
      await contest(echo, 1, atLeast(0.9))
      await contest(real, 1)
      await contest(real, 16, atLeast(0.8))
      await contest(other, 1)
      await contest(other, 16)
    }
    const name = 'plain SET, pipeline 16, bare node in the place of ours'
    const load = { test: 'set', pipeline: 16, isPlain: true }
    await compare(run, { line: 2, name, ours: echo, peer: real, load })
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}
