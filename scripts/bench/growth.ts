// Line 5: what becomes of the rate with many keys, many connections, large values and long ACL
// rules; and what many keys cost in memory.

import { readFileSync } from 'node:fs'
import { CERTS, startChild } from './child.ts'
import { type Load, rate, requestsFor } from './load.ts'
import { connectTls, type Peer, residentMegabytes, startOurs, startReal } from './peers.ts'
import { atLeast, atMost, percentile } from './row.ts'
import type { Run } from './run.ts'
import { fillKeys } from './wire.ts'

/** Line 5. */
export async function growth(run: Run): Promise<void> {
  await manyKeys(run)
  const servers = await Promise.all([startOurs(), startReal()])
  try {
    await largeValues(run, ...servers)
    await longRules(run, servers[0])
    await manyConnections(run, servers[0])
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

/** Both kinds of servers, with few keys and with many: the rate, and the memory. */
async function manyKeys(run: Run): Promise<void> {
  const count = run.size(1_000_000, 20_000)
  for (const start of [startOurs, startReal]) {
    const [few, many] = await Promise.all([start(), start()])
    try {
      await fill(few, 1000)
      await fill(many, count)
      for (const test of ['set', 'get']) {
        const load = { test, pipeline: 16, connections: run.size(50, 5) }
        const requests = await requestsFor(run, few, { ...load, keys: 1000 })
        await requestsFor(run, many, { ...load, keys: count })
        const name = `TLS ${test.toUpperCase()}, ${count} keys against 1000`
        const [full, sparse] = await run.alternate(
          `${name}, ${few.name}`,
          () => rate(many, { ...load, keys: count }, requests),
          () => rate(few, { ...load, keys: 1000 }, requests),
        )
        const isOurs = start === startOurs
        run.add({
          ...{ line: 5, name: isOurs ? name : `${name}, redis-server`, unit: 'requests/s' },
          ...{ ours: full, peer: { name: `${few.name}, 1000 keys`, values: sparse } },
          ...(isOurs && { goal: atLeast(0.9) }),
        })
      }
    } finally {
      await Promise.all([few.stop(), many.stop()])
    }
  }
  const memory = async (start: () => Promise<Peer>): Promise<number> => {
    const server = await start()
    const before = residentMegabytes(server.pid) ?? Number.NaN
    await fill(server, count)
    const after = residentMegabytes(server.pid) ?? Number.NaN
    await server.stop()
    return after - before
  }
  const name = `memory of ${count} small keys`
  const [ours, real] = await run.alternate(
    name,
    () => memory(startOurs),
    () => memory(startReal),
    Math.min(3, run.rounds),
  )
  const peer = { name: 'redis-server', values: real }
  run.add({ line: 5, name, unit: 'MB', ours, peer, goal: atMost(2.5) })
}

async function fill(server: Peer, count: number): Promise<void> {
  const wire = await connectTls(server)
  await fillKeys(wire, count)
  wire.close()
}

async function largeValues(run: Run, ours: Peer, real: Peer): Promise<void> {
  const sizes = run.isShort ? [1] : [1, 64]
  for (const megabytes of sizes) {
    for (const test of ['set', 'get']) {
      const bytes = megabytes * 2 ** 20
      const load: Load = { test, pipeline: 1, bytes, keys: 1, connections: 4 }
      const requests = run.isShort ? 20 : Math.max(8, 400 / megabytes)
      const measure = async (peer: Peer): Promise<number> => {
        // Keys of the size that is read.
        if (test === 'get') await rate(peer, { ...load, test: 'set' }, 1)
        return (await rate(peer, load, requests)) * megabytes
      }
      const name = `TLS ${test.toUpperCase()}, ${megabytes} MB values`
      const [mine, theirs] = await run.alternate(
        name,
        () => measure(ours),
        () => measure(real),
      )
      const peer = { name: real.name, values: theirs }
      run.add({ line: 5, name, unit: 'MB/s', ours: mine, peer, goal: atLeast(0.7) })
    }
  }
}

/** A third each of command rules, key patterns and selectors; the key's own pattern is the last. */
function hundredRules(): string[] {
  const third = Array.from({ length: 33 }, (_, i) => i)
  return [
    ...['on', '>secret', '+@all'],
    ...third.map(i => (i % 2 === 0 ? '-config|set' : '+config|set')),
    ...third.map(i => `%RW~app${i}:*:end`),
    ...third.map(i => `(+get ~selector${i}:*)`),
    '~key:*',
  ]
}

async function longRules(run: Run, ours: Peer): Promise<void> {
  const wire = await connectTls(ours)
  await wire.ask(['ACL', 'SETUSER', 'ruled', ...hundredRules()])
  await wire.ask(['ACL', 'SETUSER', 'free', 'on', '>secret', '+@all', '~*', '&*'])
  wire.close()
  for (const test of ['set', 'get']) {
    const load: Load = { test, pipeline: 16, connections: run.size(50, 5) }
    const requests = await requestsFor(run, ours, load)
    const name = `TLS ${test.toUpperCase()}, a user with 100 rules`
    const [ruled, free] = await run.alternate(
      name,
      () => rate(ours, { ...load, login: ['ruled', 'secret'] }, requests),
      () => rate(ours, { ...load, login: ['free', 'secret'] }, requests),
    )
    const peer = { name: 'a user who may all', values: free }
    run.add({ line: 5, name, unit: 'requests/s', ours: ruled, peer, goal: atLeast(0.9) })
  }
}

async function manyConnections(run: Run, ours: Peer): Promise<void> {
  const count = Math.min(run.size(10_000, 100), openFilesMax() - 500)
  const unloaded = await run.repeat('pings alone', () => slowPing(ours, run))
  run.progress(`opening ${count} connections`)
  const release = await startChild('hold', [ours.tlsPort ?? 0, CERTS, count], 'held')
  const loaded = await run.repeat(`pings beside ${count} connections`, () => slowPing(ours, run))
  await release()
  run.add({
    ...{ line: 5, name: `p99 of PING beside ${count} held connections`, unit: 'ms', ours: loaded },
    ...{ peer: { name: 'without them', values: unloaded }, goal: atMost(2) },
  })
}

async function slowPing(peer: Peer, run: Run): Promise<number> {
  const wire = await connectTls(peer)
  const times: number[] = []
  for (let i = 0; i < run.size(3000, 200); i++) times.push(await wire.ping())
  wire.close()
  return percentile(times, 0.99)
}

/** How many files a process of ours may have open. */
function openFilesMax(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return Number(/Max open files\s+(\d+)/.exec(limits)?.[1] ?? 1024)
  } catch {
    return 1024
  }
}
