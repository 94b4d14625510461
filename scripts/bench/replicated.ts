// Line 8: a master with a replica of its own kind, over TLS: how much of its throughput is left, and
// how long a full synchronization takes, and keeps other clients waiting.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Load, rate, requestsFor } from './load.ts'
import { connectTls, LINK_ARGUMENTS, type Peer, startOurs, startReal } from './peers.ts'
import { atMost } from './row.ts'
import type { Run } from './run.ts'
import { fillKeys, type Wire } from './wire.ts'

const LOAD: Load = { test: 'set', pipeline: 16 }
const KEYS = 1_000_000
const PAUSE_MS = 50

interface Pair {
  readonly master: Peer
  readonly replica: Peer
}

type Start = (...more: readonly string[]) => Promise<Peer>

const OURS: Start = (...more) => startOurs(undefined, ...more)

/** Line 8. */
export async function replicated(run: Run): Promise<void> {
  await throughput(run)
  await fullSync(run)
}

async function throughput(run: Run): Promise<void> {
  for (const follows of [false, true]) {
    await withPairs(async (ours, real) => {
      if (follows) for (const pair of [ours, real]) await follow(pair)
      const enough = [
        await requestsFor(run, ours.master, LOAD),
        await requestsFor(run, real.master, LOAD),
      ]
      const requests = Math.min(...enough)
      const name = `TLS SET, pipeline 16, ${follows ? 'with a replica' : 'alone'}`
      const [mine, theirs] = await run.alternate(
        name,
        () => rate(ours.master, LOAD, requests),
        () => rate(real.master, LOAD, requests),
      )
      const peer = { name: 'redis-server', values: theirs }
      run.add({ line: 8, name, unit: 'requests/s', ours: mine, peer })
    })
  }
}

async function fullSync(run: Run): Promise<void> {
  const count = run.size(KEYS, 1000)
  const name = `full sync of ${count.toLocaleString('en-US')} keys over TLS`
  await withPairs(async (ours, real) => {
    for (const { master } of [ours, real]) {
      const wire = await connectTls(master)
      await fillKeys(wire, count)
      wire.close()
    }
    const pauses: number[] = []
    const [mine, theirs] = await run.alternate(
      name,
      () => syncOnce(ours, pauses),
      () => syncOnce(real, []),
    )
    const peer = { name: 'redis-server', values: theirs }
    run.add({ line: 8, name, unit: 'ms', ours: mine, peer, goal: atMost(2) })
    const longest = `${name}, longest pause of a client of the master`
    run.add({ line: 8, name: longest, unit: 'ms', ours: pauses, goal: atMost(PAUSE_MS) })
  })
}

/** Milliseconds until the replica is in step; how long a client waited is added to the pauses. */
async function syncOnce(pair: Pair, pauses: number[]): Promise<number> {
  const client = await connectTls(pair.master)
  let isOver = false
  let longest = 0
  const pinging = (async () => {
    while (!isOver) {
      longest = Math.max(longest, await client.ping())
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  })()
  const elapsed = await follow(pair)
  isOver = true
  await pinging
  client.close()
  const wire = await connectTls(pair.replica)
  await wire.ask(['REPLICAOF', 'NO', 'ONE'])
  wire.close()
  // A new name: or the next one would go on where this one ended.
  const master = await connectTls(pair.master)
  await master.ask(['DEBUG', 'CHANGE-REPL-ID'])
  master.close()
  pauses.push(longest)
  return elapsed
}

async function follow({ master, replica }: Pair): Promise<number> {
  const wire = await connectTls(replica)
  const startedAt = performance.now()
  await wire.ask(['REPLICAOF', '127.0.0.1', String(master.tlsPort)])
  while (!(await isUp(wire))) await new Promise(resolve => setTimeout(resolve, 10))
  const elapsed = performance.now() - startedAt
  wire.close()
  return elapsed
}

async function isUp(wire: Wire): Promise<boolean> {
  return (await wire.ask(['INFO', 'replication'])).includes('master_link_status:up')
}

async function withPairs(use: (ours: Pair, real: Pair) => Promise<void>): Promise<void> {
  // Nodes keep their snapshots apart.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'))
  const peers: Peer[] = []
  const start = async (of: Start, name: string): Promise<Peer> => {
    const dir = path.join(folder, name)
    fs.mkdirSync(dir)
    const peer = await of('--dir', dir, '--enable-debug-command', 'yes', ...LINK_ARGUMENTS)
    peers.push(peer)
    return peer
  }
  try {
    const pair = async (of: Start, name: string): Promise<Pair> => ({
      master: await start(of, `${name}-master`),
      replica: await start(of, `${name}-replica`),
    })
    await use(await pair(OURS, 'ours'), await pair(startReal, 'real'))
  } finally {
    await Promise.all(peers.map(peer => peer.stop()))
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
