// A snapshot for replicas, taken once for all who wait for it while commands go on. Either it goes
// to their sockets as it is taken, at the pace of the slowest, and ends in a mark; or, for those
// who must know its size before, it is sent when it is whole: from the file of this server's own
// snapshots, where there is a folder for one, which it has replaced then.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import type { Outcome } from '../engine/features.ts'
import type { Child, RedisServer } from '../engine/server.ts'
import { BackgroundSaves } from '../persistence/background-save.ts'
import { SnapshotChild, type Taker } from '../persistence/child.ts'
import { removeSyncFile, snapshotFile } from '../persistence/saving.ts'
import type { Bulk, Replica } from './replica.ts'

const MARK_BYTES = 20
/** So many bytes may wait for the slowest of those who read along. */
const BEHIND_MAX = 1024 * 1024
const NOTHING = Buffer.alloc(0)

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

/** What is asked of whoever wants snapshots sent. */
export interface SyncEvents {
  /** A replica has been handed all of it. */
  sent(replica: Replica, isMarked: boolean): void
  /** It ends, or there is none for those who waited for it. */
  ended(outcome: Outcome): void
}

export class FullSync implements Taker {
  /** It goes out as it is taken. */
  readonly isMarked: boolean
  /** Where the stream was when it began. */
  readonly offset: number
  readonly #server: RedisServer
  readonly #events: SyncEvents
  readonly #readers = new Map<Replica, Reader>()
  readonly #child: Child
  /** Its own, whatever the settings become. */
  readonly #file: string
  readonly #isFile: boolean
  #source: Source
  #isWhole = false
  readonly #mark: string
  #goOn: (() => void) | undefined

  constructor(server: RedisServer, first: Replica, offset: number, events: SyncEvents) {
    this.isMarked = takesStream(server, first)
    this.offset = offset
    this.#server = server
    this.#events = events
    const { withoutKeys, withoutFunctions } = first.capabilities
    this.#mark = randomBytes(MARK_BYTES).toString('hex')
    const kept = new KeptBlocks()
    this.#source = kept
    this.#kept = kept
    const target = this.isMarked ? 'replicas sockets' : 'disk'
    server.log.notice(`Starting BGSAVE for SYNC with target: ${target}`)
    this.#file = snapshotFile(server)
    this.#isFile = !this.isMarked && server.persistence.onDisk
    const ended = (outcome: Outcome, error: unknown): void => this.#ended(outcome, error)
    if (this.#isFile) {
      this.#child = server.feature(BackgroundSaves).start(ended)
      return
    }
    server.log.notice(`Background ${this.#kind} started by pid ${process.pid}`)
    this.#child = new SnapshotChild(server, {
      kind: this.isMarked ? 'rdb to sockets' : 'rdb to disk',
      taker: this,
      contents: { withoutKeys, withoutFunctions },
      ended,
    })
  }

  /** What it writes itself. */
  readonly #kept: KeptBlocks

  /** For the log. */
  get #kind(): string {
    return this.isMarked ? 'RDB transfer' : 'saving'
  }

  /** Whether one who comes now may still have it: nothing of it has gone out. */
  mayJoin(replica: Replica): boolean {
    const [first] = this.#readers.keys()
    return !this.isMarked && first !== undefined && wantTheSame(replica, first)
  }

  add(replica: Replica): void {
    const reader = new Reader(this, replica)
    this.#readers.set(replica, reader)
    replica.fullSync = this
    if (this.isMarked) this.#send(replica, reader, `EOF:${this.#mark}`)
  }

  /** @param end how it is known where the snapshot ends: by its size, or by what follows */
  #send(replica: Replica, reader: Reader, end: string | number): void {
    replica.sendNow(`$${end}\r\n`)
    replica.sendBulk(reader, () => {
      replica.fullSync = undefined
      this.#events.sent(replica, this.isMarked)
    })
    replica.pump()
  }

  #sendAll(size: number): void {
    for (const [replica, reader] of this.#readers) this.#send(replica, reader, size)
  }

  /** A replica is gone, or it has all of it. */
  remove(replica: Replica): void {
    if (!this.#readers.delete(replica)) return
    if (this.#readers.size > 0) {
      // It may have been the slowest.
      this.hasRead()
      return
    }
    if (this.#isWhole) {
      this.#source.close()
      return
    }
    // A file has its use without them.
    if (this.#isFile && this.#server.settings.save.length > 0) return
    if (this.isMarked) {
      this.#server.log.notice('Diskless rdb transfer, last replica dropped, killing fork child.')
    }
    this.#child.kill()
  }

  // ---- What is taken ---------------------------------------------------------------------------

  async write(blocks: readonly Buffer[]): Promise<void> {
    this.#kept.add(...blocks)
    if (!this.isMarked) return
    this.#pump()
    if (this.#kept.bytes <= BEHIND_MAX) return
    await new Promise<void>(resolve => {
      this.#goOn = resolve
    })
  }

  async finish(): Promise<void> {
    this.#isWhole = true
    if (!this.isMarked) return
    const { log } = this.#server
    const { size } = this.#readers
    log.notice(`Diskless rdb transfer, done reading from pipe, ${size} replicas still up.`)
    this.#kept.add(Buffer.from(this.#mark))
    this.#pump()
  }

  discard(): void {
    this.#kept.close()
  }

  #pump(): void {
    for (const replica of this.#readers.keys()) replica.pump()
  }

  #ended(outcome: Outcome, error: unknown): void {
    this.#isWhole = true
    this.#goOn?.()
    if (!this.#isFile) this.#logEnd(outcome, error)
    const isSent = outcome === 'done' && !this.isMarked && this.#readers.size > 0
    let size = this.#kept.bytes
    if (isSent && this.#isFile) {
      const file = new FileBlocks(this.#server, this.#file)
      this.#source = file
      size = file.size
    }
    this.#events.ended(outcome)
    if (isSent) this.#sendAll(size)
  }

  #logEnd(outcome: Outcome, error: unknown): void {
    const { log } = this.#server
    const kind = this.isMarked ? 'transfer' : 'saving'
    if (outcome === 'failed') this.#server.recordBug(error, { name: 'a snapshot for replicas' })
    if (outcome === 'done') log.notice(`Background ${kind} terminated with success`)
    else
      log.warning(`Background ${kind} ${outcome === 'killed' ? 'terminated by signal' : 'error'}`)
  }

  // ---- What is read ----------------------------------------------------------------------------

  /** Of the first block that is not the reader's yet; none if there is none yet. */
  block(at: number): Buffer | undefined {
    return this.#source.block(at) ?? (this.#isWhole ? undefined : NOTHING)
  }

  /** Lets go what everybody has, and lets the snapshot go on. */
  hasRead(): void {
    this.#source.dropBelow(Math.min(...Array.from(this.#readers.values(), ({ at }) => at)))
    this.#mayGoOn()
  }

  #mayGoOn(): void {
    if (this.#goOn === undefined || this.#kept.bytes > BEHIND_MAX) return
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn()
  }
}

/** Where the blocks of a snapshot are. */
interface Source {
  /** Undefined if there is no such block, or not yet. */
  block(at: number): Buffer | undefined
  /** Nobody asks for those before it any more. */
  dropBelow(at: number): void
  /** Nobody asks for any. */
  close(): void
}

class KeptBlocks implements Source {
  bytes = 0
  #blocks: Buffer[] = []
  #dropped = 0

  add(...blocks: readonly Buffer[]): void {
    for (const block of blocks) this.bytes += block.length
    this.#blocks.push(...blocks)
  }

  block(at: number): Buffer | undefined {
    return this.#blocks[at - this.#dropped]
  }

  dropBelow(at: number): void {
    if (at <= this.#dropped) return
    for (const { length } of this.#blocks.splice(0, at - this.#dropped)) this.bytes -= length
    this.#dropped = at
  }

  close(): void {
    this.#blocks = []
    this.bytes = 0
  }
}

const FILE_BLOCK = 64 * 1024

/** The file as it is now, whatever takes its place. */
class FileBlocks implements Source {
  readonly size: number
  readonly #server: RedisServer
  readonly #file: string
  readonly #descriptor: number

  constructor(server: RedisServer, file: string) {
    this.#server = server
    this.#file = file
    this.#descriptor = fs.openSync(file, 'r')
    this.size = fs.fstatSync(this.#descriptor).size
  }

  block(at: number): Buffer | undefined {
    const bytes = Buffer.allocUnsafe(FILE_BLOCK)
    const read = fs.readSync(this.#descriptor, bytes, 0, FILE_BLOCK, at * FILE_BLOCK)
    return read === 0 ? undefined : bytes.subarray(0, read)
  }

  dropBelow(): void {}

  close(): void {
    fs.closeSync(this.#descriptor)
    removeSyncFile(
      this.#server,
      this.#file,
      'Removing the RDB file used to feed replicas in a persistence-less instance',
    )
  }
}

/** How far one replica has read it. */
class Reader implements Bulk {
  at = 0
  readonly #sync: FullSync
  readonly #replica: Replica

  constructor(sync: FullSync, replica: Replica) {
    this.#sync = sync
    this.#replica = replica
  }

  next(): Buffer | undefined {
    const block = this.#sync.block(this.at)
    if (block === undefined) {
      this.#sync.remove(this.#replica)
    } else if (block.length > 0) {
      this.at++
      this.#sync.hasRead()
    }
    return block
  }
}
