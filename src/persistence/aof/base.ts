// What append-only files begin with: all data, as a snapshot or as commands.

import { wordsToRequest } from '../../engine/effect.ts'
import type { RedisServer } from '../../engine/server.ts'
import type { Value } from '../../store/value.ts'
import type { Contents, Sink, SnapshotForm } from '../snapshot.ts'
import type { BaseFormat } from './manifest.ts'
import { commandsOf } from './value-commands.ts'

/** As the settings want it. */
export function baseFormat({ settings }: RedisServer): BaseFormat {
  return settings['aof-use-rdb-preamble'] ? 'rdb' : 'aof'
}

export function contentsOf(format: BaseFormat): Contents {
  if (format === 'rdb') return { isAofBase: true }
  return { form: (server, out) => new CommandForm(server, out) }
}

/** What is handed on at a time. */
const BLOCK_SIZE = 64 * 1024

class CommandForm implements SnapshotForm {
  readonly #server: RedisServer
  readonly #out: Sink
  #blocks: Buffer[] = []
  #bytes = 0

  constructor(server: RedisServer, out: Sink) {
    this.#server = server
    this.#out = out
  }

  head(libraries: Iterable<{ readonly code: string }>): void {
    const { settings, clock } = this.#server
    if (settings['aof-timestamp-enabled']) this.#add(remarkOfTime(clock.now()))
    for (const { code } of libraries) this.#add(wordsToRequest(['FUNCTION', 'LOAD', code]))
  }

  select(index: number): void {
    this.#add(wordsToRequest(['SELECT', String(index)]))
  }

  sizes(): void {}

  key(key: string, value: Value): void {
    for (const command of commandsOf(key, value)) this.#add(command)
  }

  end(): void {
    if (this.#bytes === 0) return
    this.#out(Buffer.concat(this.#blocks, this.#bytes))
    this.#blocks = []
    this.#bytes = 0
  }

  #add(block: Buffer): void {
    this.#blocks.push(block)
    this.#bytes += block.length
    if (this.#bytes >= BLOCK_SIZE) this.end()
  }
}

/** A line that says when what follows it was written: aof-timestamp-enabled. */
export function remarkOfTime(now: number): Buffer {
  return Buffer.from(`#TS:${Math.floor(now / 1000)}\r\n`)
}
