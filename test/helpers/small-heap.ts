// Starts child-server.ts, and tells whether it lives.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from './typescript.ts'
import { Wire } from './wire.ts'

const CHILD = fileURLToPath(new URL('child-server.ts', import.meta.url))
const MB = 1024 * 1024

export class SmallHeap {
  readonly port: number
  readonly #child: ChildProcess
  readonly #neighbour: Wire

  private constructor(child: ChildProcess, port: number, neighbour: Wire) {
    this.#child = child
    this.port = port
    this.#neighbour = neighbour
  }

  /** @param options of startRedis() */
  static async start(options: object = {}, heapMB = 512): Promise<SmallHeap> {
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${heapMB}`, ...TYPESCRIPT, CHILD, JSON.stringify(options)],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    )
    const ports = await new Promise<{ port: number; neighbour: number }>((resolve, reject) => {
      child.once('message', message => resolve(message as never))
      child.once('exit', code => reject(new Error(`The server ended with ${code}`)))
    })
    return new SmallHeap(child, ports.port, await Wire.connect(ports.neighbour))
  }

  connect(): Promise<Wire> {
    return Wire.connect(this.port)
  }

  /** Whether the other server of the process still answers. */
  async lives(): Promise<boolean> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return false
    return (await this.#neighbour.ask('PING')) === '+PONG'
  }

  /** How the process ended, if it did. */
  get end(): string {
    const { exitCode, signalCode } = this.#child
    return exitCode === null && signalCode === null ? '' : `${exitCode ?? signalCode}`
  }

  /** Memory of the process, in MB. */
  async residentMB(): Promise<number> {
    const info = String(await this.#neighbour.ask('INFO', 'memory'))
    return Number(/used_memory_rss:(\d+)/.exec(info)?.[1]) / MB
  }

  close(): Promise<void> {
    const ended = new Promise<void>(resolve => this.#child.once('exit', () => resolve()))
    const isOver = this.end !== ''
    this.#neighbour.close()
    this.#child.kill('SIGKILL')
    return isOver ? Promise.resolve() : ended
  }
}

interface Torn {
  teardown(end: () => unknown): void
}

/** One that ends with a test, and a connection to it. */
export async function openSmallHeap(
  t: Torn,
  options: object = {},
  heapMB = 512,
): Promise<{ child: SmallHeap; wire: Wire }> {
  const child = await SmallHeap.start(options, heapMB)
  t.teardown(() => child.close())
  return { child, wire: await child.connect() }
}
