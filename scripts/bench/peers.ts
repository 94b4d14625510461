// The servers that are compared, each a process of its own that listens on a plain and on a TLS
// port: ours as built, redis-server, bare echoes (what node itself can do) and js-redis-server.

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Wire } from './wire.ts'

const require = createRequire(import.meta.url)
const certs = fileURLToPath(new URL('../../certs/', import.meta.url))
const echo = fileURLToPath(new URL('programs/echo.mjs', import.meta.url))

/** Our program as built. */
export const PROGRAM = fileURLToPath(new URL('../../dist/esm/cli/main.js', import.meta.url))
export const REDIS_SERVER = process.env['REDIS_SERVER'] ?? 'redis-server'

export const FILES = {
  ca: path.join(certs, 'ca.crt'),
  cert: path.join(certs, 'client-default.crt'),
  key: path.join(certs, 'client-default.key'),
}
export const CLIENT_TLS = {
  ca: fs.readFileSync(FILES.ca),
  cert: fs.readFileSync(FILES.cert),
  key: fs.readFileSync(FILES.key),
}

export interface Peer {
  readonly name: string
  readonly port: number
  /** Undefined: it has no TLS. */
  readonly tlsPort: number | undefined
  readonly pid: number
  stop(): Promise<void>
}

/** What nodes that follow each other over TLS are started with beside that. */
export const LINK_ARGUMENTS = [
  ...['--tls-replication', 'yes', '--repl-diskless-sync-delay', '0'],
  ...['--tls-client-cert-file', FILES.cert, '--tls-client-key-file', FILES.key],
]

/** redis-server's command line, for it and for ours. */
export function serverArguments(port: number, tlsPort: number): string[] {
  return [
    ...['--port', String(port), '--tls-port', String(tlsPort), '--bind', '127.0.0.1'],
    ...['--save', '', '--dir', os.tmpdir(), '--maxclients', '20000'],
    ...['--tls-cert-file', path.join(certs, 'server.crt')],
    ...['--tls-key-file', path.join(certs, 'server.key'), '--tls-ca-cert-file', FILES.ca],
  ]
}

export async function startOurs(program = PROGRAM, ...more: readonly string[]): Promise<Peer> {
  const [port, tlsPort] = await freePorts()
  const args = [program, ...serverArguments(port, tlsPort), ...more]
  return started('redis-tls-mock', spawnQuiet(process.execPath, args), port, tlsPort)
}

export async function startReal(...more: readonly string[]): Promise<Peer> {
  const [port, tlsPort] = await freePorts()
  const child = spawnQuiet(REDIS_SERVER, [...serverArguments(port, tlsPort), ...more])
  return started('redis-server', child, port, tlsPort)
}

/** A server that counts requests and answers each with +OK: nothing can be faster on node. */
export async function startEcho(): Promise<Peer> {
  const [port, tlsPort] = await freePorts()
  const child = spawnQuiet(process.execPath, [echo, String(port), String(tlsPort), certs])
  return started('bare node', child, port, tlsPort)
}

/** js-redis-server is plain TCP only. */
export async function startJsRedisServer(): Promise<Peer> {
  const [port] = await freePorts()
  const program = path.join(path.dirname(require.resolve('js-redis-server')), 'cli.js')
  const child = spawnQuiet(process.execPath, [program, '--port', String(port)])
  return started('js-redis-server', child, port, undefined)
}

function spawnQuiet(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: 'ignore' })
}

async function started(
  name: string,
  child: ChildProcess,
  port: number,
  tlsPort: number | undefined,
): Promise<Peer> {
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const stop = (): Promise<void> => {
    child.kill('SIGKILL')
    return ended
  }
  let failure: Error | undefined
  child.once('error', error => {
    failure = error
  })
  for (let tries = 0; tries < 1000; tries++) {
    if (failure !== undefined || child.exitCode !== null) break
    const ports = tlsPort === undefined ? [port] : [port, tlsPort]
    const listening = await Promise.all(ports.map(isListening))
    if (listening.every(Boolean)) return { name, port, tlsPort, pid: child.pid ?? 0, stop }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await stop()
  throw new Error(`${name} does not start: ${failure?.message ?? `exit code ${child.exitCode}`}`)
}

async function isListening(port: number): Promise<boolean> {
  try {
    const wire = await Wire.connect(port)
    wire.close()
    return true
  } catch {
    return false
  }
}

/** Two ports that were free a moment ago. */
export async function freePorts(): Promise<[number, number]> {
  const probes = [net.createServer(), net.createServer()]
  const ports: number[] = []
  for (const probe of probes) {
    await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
    ports.push((probe.address() as net.AddressInfo).port)
  }
  for (const probe of probes) probe.close()
  return [ports[0]!, ports[1]!]
}

/** The client's end of a connection to the peer's TLS port. */
export function connectTls(peer: Peer): Promise<Wire> {
  return Wire.connect(peer.tlsPort ?? peer.port, CLIENT_TLS)
}

/** Seconds of processor time that a process has used, or undefined where there is no /proc. */
export function processorSeconds(pid: number): number | undefined {
  try {
    const [, words = ''] = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')
    const [user, system] = words.split(' ').slice(11, 13)
    return (Number(user) + Number(system)) / 100
  } catch {
    return undefined
  }
}

/** Megabytes that a process holds in memory, or undefined where there is no /proc. */
export function residentMegabytes(pid: number): number | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/status`, 'latin1')
    return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024
  } catch {
    return undefined
  }
}
