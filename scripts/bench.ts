// npm run bench: ours beside redis-server, in one run, over TLS with client certificates. Ratios
// count; absolute numbers belong to the machine. Needs redis-server and redis-benchmark.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../src/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const certs = path.join(root, 'certs')
const PROGRAM = path.join(root, 'dist/esm/cli/main.js')
const REAL = process.env['REDIS_SERVER'] ?? 'redis-server'
const BENCHMARK = process.env['REDIS_BENCHMARK'] ?? 'redis-benchmark'
const DEPTHS = [1, 16, 64]
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)
const REQUESTS_AT_1 = Number(process.env['BENCH_REQUESTS'] ?? 20_000)

const pem = (file: string): string => path.join(certs, file)
const SERVER_FILES = [
  ['--tls-cert-file', pem('server.crt')],
  ['--tls-key-file', pem('server.key')],
  ['--tls-ca-cert-file', pem('ca.crt')],
].flat()
const CLIENT = {
  ca: fs.readFileSync(pem('ca.crt')),
  cert: fs.readFileSync(pem('client-default.crt')),
  key: fs.readFileSync(pem('client-default.key')),
}

interface Started {
  readonly port: number
  readonly child: ChildProcess
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

async function start(command: string, ...before: readonly string[]): Promise<Started> {
  const port = await freePort()
  const args = ['--port', '0', '--tls-port', String(port), '--bind', '127.0.0.1', '--save', '']
  const child = spawn(command, [...before, ...args, '--dir', os.tmpdir(), ...SERVER_FILES], {
    stdio: 'ignore',
  })
  await firstPong(port)
  return { port, child }
}

/** Tries until somebody answers PING over TLS. */
async function firstPong(port: number): Promise<void> {
  for (let tries = 0; tries < 5000; tries++) {
    if (await ping(port)) return
    await new Promise(resolve => setImmediate(resolve))
  }
  throw new Error(`No PONG on port ${port}`)
}

function ping(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = tls.connect({ host: '127.0.0.1', port, ...CLIENT })
    socket.on('secureConnect', () => socket.write('PING\r\n'))
    socket.on('data', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
  })
}

function stop({ child }: Started): Promise<void> {
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

/** Requests a second, as redis-benchmark counts them. */
async function throughput(port: number, command: string, depth: number): Promise<number> {
  const requests = REQUESTS_AT_1 * (depth === 1 ? 1 : 10)
  const args = [
    '-p',
    String(port),
    '--tls',
    '--cacert',
    pem('ca.crt'),
    '--cert',
    pem('client-default.crt'),
  ]
  args.push('--key', pem('client-default.key'), '-t', command, '-n', String(requests))
  args.push('-P', String(depth), '-c', '50', '-r', '10000', '--csv')
  const child = spawn(BENCHMARK, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  await new Promise(resolve => child.once('close', resolve))
  const row = output
    .split('\n')
    .find(line => line.toUpperCase().startsWith(`"${command.toUpperCase()}"`))
  return Number(row?.split(',')[1]?.replaceAll('"', ''))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function compareThroughput(): Promise<void> {
  const ours = await start(process.execPath, PROGRAM)
  const theirs = await start(REAL)
  console.log('| command | pipeline | ours/s | redis-server/s | ratio |')
  console.log('|---|---|---|---|---|')
  try {
    for (const command of ['set', 'get']) {
      for (const depth of DEPTHS) {
        const mine: number[] = []
        const real: number[] = []
        // In turn, so that a machine whose speed drifts is unfair to neither.
        for (let round = 0; round < ROUNDS; round++) {
          mine.push(await throughput(ours.port, command, depth))
          real.push(await throughput(theirs.port, command, depth))
        }
        const ratio = median(mine.map((value, i) => value / (real[i] ?? 1)))
        const cells = [
          command.toUpperCase(),
          depth,
          Math.round(median(mine)),
          Math.round(median(real)),
        ]
        console.log(`| ${cells.join(' | ')} | ${ratio.toFixed(2)} |`)
      }
    }
  } finally {
    await Promise.all([stop(ours), stop(theirs)])
  }
}

async function timed(run: () => Promise<() => Promise<void>>): Promise<number> {
  const startedAt = performance.now()
  const end = await run()
  const elapsed = performance.now() - startedAt
  await end()
  return elapsed
}

async function compareStart(): Promise<void> {
  const library: number[] = []
  const program: number[] = []
  const real: number[] = []
  for (let round = 0; round < ROUNDS * 3; round++) {
    library.push(
      await timed(async () => {
        const redis = await startRedis()
        await firstPong(redis.port)
        return () => redis.close()
      }),
    )
    for (const [times, command, before] of [
      [program, process.execPath, [PROGRAM]],
      [real, REAL, []],
    ] as const) {
      times.push(
        await timed(async () => {
          const started = await start(command, ...before)
          return () => stop(started)
        }),
      )
    }
  }
  console.log('\n| start to first PONG over TLS | ms (median) | against redis-server |')
  console.log('|---|---|---|')
  const base = median(real)
  for (const [name, times] of [
    ['startRedis() in the process', library],
    ['redis-tls-mock, a process', program],
    ['redis-server, a process', real],
  ] as const) {
    const value = median(times)
    console.log(`| ${name} | ${value.toFixed(1)} | ${(value / base).toFixed(2)} |`)
  }
}

for (const command of [REAL, BENCHMARK]) {
  if (spawnSync(command, ['--version']).error) {
    console.log(`npm run bench needs ${command}, which is not on the PATH`)
    process.exit(1)
  }
}
await compareThroughput()
await compareStart()
