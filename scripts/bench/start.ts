// Line 3: how long it takes until a server is there, as a library and as a program. Line 4: a
// thousand servers in one process.

import fs from 'node:fs'
import path from 'node:path'
import { RedisMemoryServer } from 'redis-memory-server'
import { CERTS, LIBRARY, measure, runToEnd } from './child.ts'
import { freePorts, PROGRAM, REDIS_SERVER, serverArguments } from './peers.ts'
import { replication } from './replication.ts'
import { atMost, spread } from './row.ts'
import type { Run } from './run.ts'

const READY = 'Ready to accept connections'
/** A start is over in a blink and noisy: it is measured more often than others. */
const STARTS_A_ROUND = 3

interface Times {
  readonly importMs: number
  readonly ours: readonly number[]
  readonly bare: readonly number[]
  /** js-redis-server, plain, and a handshake. */
  readonly plain: readonly number[]
}

/** Line 3. */
export async function start(run: Run): Promise<void> {
  await startInProcess(run)
  await startProgram(run)
  await replication(run)
}

async function startInProcess(run: Run): Promise<void> {
  const fresh: Times[] = []
  const warm: Times[] = []
  for (let round = 0; round < run.rounds; round++) {
    run.progress(`startRedis(), round ${round + 1} of ${run.rounds}`)
    fresh.push(await measure<Times>('start', [LIBRARY, CERTS, 0, 1]))
    warm.push(await measure<Times>('start', [LIBRARY, CERTS, run.size(20, 1), run.size(50, 3)]))
  }
  const medians = (of: 'ours' | 'bare' | 'plain'): number[] =>
    warm.map(times => spread(times[of]).median)
  run.add({
    line: 3,
    name: 'startRedis() to first PONG',
    unit: 'ms',
    ours: medians('ours'),
    peer: { name: 'bare node:tls', values: medians('bare') },
    goal: atMost(1.2),
  })
  run.add({
    line: 3,
    name: 'startRedis() to first PONG',
    unit: 'ms',
    ours: medians('ours'),
    peer: { name: 'js-redis-server and a handshake', values: medians('plain') },
    goal: atMost(1),
  })
  run.add({
    line: 3,
    name: 'the first startRedis() of a process',
    unit: 'ms',
    ours: fresh.map(({ ours }) => ours[0] ?? Number.NaN),
  })
  const imports = [...fresh, ...warm].map(({ importMs }) => importMs)
  run.add({ line: 3, name: 'import', unit: 'ms', ours: imports, goal: atMost(60) })
}

async function startProgram(run: Run): Promise<void> {
  const rounds = run.rounds * run.size(STARTS_A_ROUND, 1)
  const [ours, empty] = await run.alternate(
    'the program to ready',
    () => untilReady(process.execPath, PROGRAM),
    async () => (await runToEnd(process.execPath, ['-e', '0'])).elapsedMs,
    rounds,
  )
  const row = { line: 3, name: 'the program to ready', unit: 'ms', ours }
  run.add({ ...row, peer: { name: 'node -e 0', values: empty }, goal: atMost(2.5) })
  const [mine, real] = await run.alternate(
    'the program to ready',
    () => untilReady(process.execPath, PROGRAM),
    () => untilReady(REDIS_SERVER),
    rounds,
  )
  run.add({ ...row, ours: mine, peer: { name: 'redis-server', values: real } })
  const [program, launched] = await run.alternate(
    'the program to ready',
    () => untilReady(process.execPath, PROGRAM),
    memoryServer,
  )
  run.add({ ...row, ours: program, peer: { name: 'redis-memory-server', values: launched } })
}

async function untilReady(command: string, ...before: readonly string[]): Promise<number> {
  const args = [...before, ...serverArguments(...(await freePorts()))]
  return (await runToEnd(command, args, READY)).elapsedMs
}

/** With the system's redis-server, so that nothing is downloaded or compiled. */
async function memoryServer(): Promise<number> {
  const startedAt = performance.now()
  const server = await RedisMemoryServer.create({
    binary: { systemBinary: pathOf(REDIS_SERVER) },
    autoStart: true,
  })
  const elapsed = performance.now() - startedAt
  await server.stop()
  return elapsed
}

/** redis-memory-server takes a path, and downloads Redis if there is nothing. */
function pathOf(command: string): string {
  const folders = command.includes(path.sep)
    ? ['']
    : (process.env['PATH'] ?? '').split(path.delimiter)
  const found = folders.map(folder => path.join(folder, command)).find(fs.existsSync)
  if (found === undefined) throw new Error(`There is no ${command} on the PATH`)
  return found
}

interface Crowd {
  readonly startMs: number
  readonly megabytes: number
  readonly left: number
}

/** Line 4. */
export async function crowd(run: Run): Promise<void> {
  const count = run.size(1000, 50)
  const crowds: Crowd[] = []
  for (let round = 0; round < run.rounds; round++) {
    run.progress(`${count} servers, round ${round + 1} of ${run.rounds}`)
    crowds.push(await measure<Crowd>('crowd', [LIBRARY, count], ['--expose-gc']))
  }
  const row = (name: string, unit: string, of: keyof Crowd, limit: number): void =>
    run.add({ line: 4, name, unit, ours: crowds.map(it => it[of]), goal: atMost(limit) })
  row(`${count} TLS servers, to start each`, 'ms', 'startMs', 2)
  row(`${count} TLS servers, to hold each`, 'MB', 'megabytes', 0.5)
  row(`${count} TLS servers, left after close`, 'handles', 'left', 0)
}
