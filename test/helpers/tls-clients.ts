// What clients report of a server's TLS: each connects as its documentation says, sends PING, and
// its answer or its error becomes one short text without ports, paths and line numbers.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Redis, type RedisOptions } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import type { RunningRedis } from '../../src/index.ts'

export interface Target {
  readonly host: string
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

export type ReporterName =
  | 'node'
  | 'openssl'
  | 'redis-cli'
  | 'ioredis'
  | 'iovalkey'
  | 'node-redis'
  | 'redis-py'

export const REPORTERS: readonly ReporterName[] = [
  'node',
  'openssl',
  'redis-cli',
  'ioredis',
  'iovalkey',
  'node-redis',
  'redis-py',
]

const PATIENCE_MS = 900
const SILENCE = 'silence'

export class Reporters {
  readonly #python = new PythonReporter()

  /** Undefined where this machine does not have the client. */
  report(name: ReporterName, target: Target): Promise<string> | undefined {
    switch (name) {
      case 'node':
        return reportOfNode(target)
      case 'openssl':
        return has('openssl') ? reportOfOpenssl(target) : undefined
      case 'redis-cli':
        return has('redis-cli') ? reportOfRedisCli(target) : undefined
      case 'ioredis':
        return reportOfIoredis(Redis, target)
      case 'iovalkey':
        return reportOfIoredis(Valkey as unknown as IoredisLike, target)
      case 'node-redis':
        return reportOfNodeRedis(target)
      case 'redis-py':
        return this.#python.report(target)
    }
  }

  close(): Promise<void> {
    return this.#python.close()
  }
}

const found = new Map<string, boolean>()

function has(program: string): boolean {
  const known = found.get(program)
  if (known !== undefined) return known
  const there = spawnSync(program, ['version']).error === undefined
  found.set(program, there)
  return there
}

function words(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string }
  const isTold = typeof code === 'string' && code !== 'UNSPECIFIED'
  const text = isTold ? code : String(message ?? error)
  return text.replaceAll(/:\d{4,5}\b/g, '').trim()
}

function reportOfNode({ host, port, ca, cert, key }: Target): Promise<string> {
  return new Promise(resolve => {
    const socket = tls.connect({ host, port, ca, cert, key, servername: nameFor(host) })
    let heard = ''
    const timer = setTimeout(() => finish(SILENCE), PATIENCE_MS)
    const finish = (report: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(report)
    }
    socket.once('secureConnect', () => socket.write('PING\r\n'))
    socket.on('data', chunk => {
      heard += chunk
      if (heard.includes('\r\n')) whenNothingFollows(() => finish(heard.slice(1).trim()))
    })
    const whenNothingFollows = (then: () => void): void => void setImmediate(then)
    socket.once('error', error => finish(words(error)))
    socket.once('end', () => finish('closed'))
    socket.once('close', () => finish('closed'))
  })
}

/** For an address there is no name to ask for. */
function nameFor(host: string): string {
  return /[a-z]/.test(host) ? host : ''
}

/** What ioredis and its descendant have in common. */
type IoredisLike = new (
  options: RedisOptions,
) => Pick<Redis, 'connect' | 'ping' | 'disconnect'> & {
  on(event: 'error', listener: (error: unknown) => void): unknown
}

async function reportOfIoredis(
  Client: IoredisLike,
  { host, port, ca, cert, key }: Target,
): Promise<string> {
  const client = new Client({
    host,
    port,
    tls: { ca, cert, key },
    connectTimeout: PATIENCE_MS,
    // A record for each byte of INFO takes its time.
    commandTimeout: 3000,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  })
  let first: unknown
  client.on('error', error => {
    first ??= error
  })
  try {
    await client.connect()
    return await client.ping()
  } catch (error) {
    return words(first ?? error)
  } finally {
    client.disconnect()
  }
}

async function reportOfNodeRedis({ host, port, ca, cert, key }: Target): Promise<string> {
  const client = createClient({
    socket: {
      host,
      port,
      tls: true,
      ca,
      cert,
      key,
      connectTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
      reconnectStrategy: false,
    },
  })
  let first: unknown
  client.on('error', error => {
    first ??= error
  })
  try {
    await client.connect()
    return await client.ping()
  } catch (error) {
    return words(first ?? error)
  } finally {
    if (client.isOpen) client.destroy()
  }
}

interface Finished {
  readonly output: string
  readonly isOver: boolean
}

async function runProgram(program: string, args: string[], input: string): Promise<Finished> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let isOver = true
  const end = (): void => void child.kill('SIGKILL')
  const timer = setTimeout(() => {
    isOver = false
    end()
  }, PATIENCE_MS)
  child.stdin.on('error', () => {})
  child.stdin.write(input)
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
      if (output.includes('PONG')) end()
    })
  }
  await once(child, 'close')
  clearTimeout(timer)
  return { output, isOver }
}

async function reportOfRedisCli(target: Target): Promise<string> {
  const { host, port, caFile, certFile, keyFile } = target
  const tlsWords = ['--tls', '--cacert', caFile, '--cert', certFile, '--key', keyFile]
  const args = ['-h', host, '-p', String(port), ...tlsWords, 'PING']
  const { output, isOver } = await runProgram('redis-cli', args, '')
  if (!isOver) return SILENCE
  const line = output.split('\n').find(text => text.trim() !== '') ?? 'nothing'
  return line.replace(/^Could not connect to Redis at [^ ]+: /, '').trim()
}

async function reportOfOpenssl(target: Target): Promise<string> {
  const { host, port, caFile, certFile, keyFile } = target
  const name = nameFor(host)
  const check = name === '' ? ['-verify_ip', host] : ['-verify_hostname', name, '-servername', name]
  const files = ['-CAfile', caFile, '-cert', certFile, '-key', keyFile]
  const args = ['s_client', '-connect', `${host}:${port}`, ...check, ...files]
  args.push('-verify_return_error', '-brief')
  const { output, isOver } = await runProgram('openssl', args, 'PING\r\n')
  if (output.includes('PONG')) return 'PONG'
  const told = /verify error:num=(\d+:[^\n]+)|(?:::|routines:[^:]*:)([^:\n]+):\.\.\//.exec(output)
  if (told) return (told[1] ?? told[2] ?? '').trim()
  if (!isOver) return SILENCE
  if (/errno=(\d+)/.test(output)) return `errno ${/errno=(\d+)/.exec(output)?.[1]}`
  return 'closed'
}

const PYTHON_SCRIPT = fileURLToPath(new URL('tls-client.py', import.meta.url))

class PythonReporter {
  readonly #python: string | undefined
  #child: ChildProcess | undefined
  #lines: AsyncIterator<string> | undefined

  constructor() {
    this.#python = ['/usr/bin/python3', 'python3'].find(
      command => spawnSync(command, ['-c', 'import redis']).status === 0,
    )
  }

  report({ host, port, caFile, certFile, keyFile }: Target): Promise<string> | undefined {
    if (this.#python === undefined) return undefined
    return this.#ask({ host, port, caFile, certFile, keyFile, seconds: PATIENCE_MS / 1000 })
  }

  async #ask(question: unknown): Promise<string> {
    if (this.#child === undefined) {
      const child = spawn(this.#python ?? '', [PYTHON_SCRIPT], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      this.#child = child
      this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    }
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`)
    const answer = await this.#lines?.next()
    return String(answer?.value ?? 'nothing')
  }

  async close(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    child.stdin?.end()
    if (child.exitCode === null) await once(child, 'exit')
  }
}

const VERSION_CALLS: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  openssl: ['openssl', ['version']],
  'redis-cli': ['redis-cli', ['--version']],
  'redis-py': ['/usr/bin/python3', ['-c', 'import redis; print(redis.__version__)']],
}

/** Of the client and of the OpenSSL in Node; '' where this machine has no such client. */
export function versionOf(name: ReporterName): string {
  const call = VERSION_CALLS[name]
  if (call === undefined) return `Node.js ${process.versions.node.split('.')[0]}`
  const [program, args] = call
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/.exec(stdout ?? '')?.[0] ?? ''
}

export function targetOf(redis: RunningRedis, host: string): Target {
  const { tls: material, port } = redis
  if (material === undefined) throw new Error('This server has no TLS')
  const { ca, cert, key, caFile, certFile, keyFile } = material
  return { host, port, ca, cert, key, caFile, certFile, keyFile }
}
