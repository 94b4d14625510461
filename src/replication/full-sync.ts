// A snapshot for replicas: taken once for all who wait for it, and sent to each at its own pace.

import { randomBytes } from 'node:crypto'
import type { RedisServer } from '../engine/server.ts'
import { type Contents, writeSnapshot } from '../persistence/saving.ts'
import type { Bulk, Replica } from './replica.ts'

const MARK_BYTES = 20

/** Whether one snapshot does for both. */
export function wantTheSame(a: Replica, b: Replica): boolean {
  const [one, other] = [a.capabilities, b.capabilities]
  return (
    one.eof === other.eof &&
    one.withoutKeys === other.withoutKeys &&
    one.withoutFunctions === other.withoutFunctions
  )
}

/** Whether it can be sent a snapshot whose size is not known before. */
export function takesStream({ settings }: RedisServer, { capabilities }: Replica): boolean {
  const { eof, withoutFunctions, withoutKeys } = capabilities
  return eof && (settings['repl-diskless-sync'] || withoutFunctions || withoutKeys)
}

/** The blocks of one snapshot, for any number of readers. */
export class SharedSnapshot {
  readonly #blocks: Buffer[] = []
  readonly #isMarked: boolean

  constructor(server: RedisServer, contents: Contents, isMarked: boolean) {
    this.#isMarked = isMarked
    writeSnapshot(server, block => this.#blocks.push(Buffer.from(block)), contents)
    const size = this.#blocks.reduce((sum, { length }) => sum + length, 0)
    const mark = randomBytes(MARK_BYTES).toString('hex')
    this.#blocks.unshift(Buffer.from(isMarked ? `$EOF:${mark}\r\n` : `$${size}\r\n`))
    if (isMarked) this.#blocks.push(Buffer.from(mark))
  }

  get isMarked(): boolean {
    return this.#isMarked
  }

  /** What one replica reads. */
  bulk(): Bulk {
    let at = 0
    return { next: () => this.#blocks[at++], leave: () => {} }
  }
}
