// Clients that wait until replicas, or files, have what they wrote: WAIT and WAITAOF.

import type { AppendOnly } from '../engine/append-only.ts'
import type { Client } from '../engine/client.ts'
import type { Blocked } from '../engine/wait.ts'
import type { Args } from '../resp3/args.ts'
import { err, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Replica } from './replica.ts'

/** What is asked of whoever knows the replicas. */
interface Stream {
  readonly online: readonly Replica[]
  /** This server's own file, if it keeps one. */
  readonly file: AppendOnly | undefined
  requestAcknowledgements(): void
}

/** How many must have what was written up to an offset. */
export interface WantedCopies {
  readonly offset: number
  readonly replicas: number
  /** Of the replicas' files, and of this server's own: WAITAOF. */
  readonly inFiles: boolean
  readonly local: number
  /** What of this server's own file must be on the disk. */
  readonly fileOffset: number
}

export interface Reached {
  readonly replicas: number
  readonly local: number
}

interface Waiting {
  readonly client: Client
  readonly blocked: Blocked | undefined
  readonly wanted: WantedCopies
  readonly write: (reply: ReplyWriter, reached: Reached) => void
}

export const NO_FILE = err(
  'WAITAOF cannot be used when numlocal is set but appendonly is disabled.',
)
const ROLE_CHANGED = replyError(
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
)

export class Acknowledgements {
  readonly #stream: Stream
  #waiting: Waiting[] = []

  constructor(stream: Stream) {
    this.#stream = stream
  }

  reached({ offset, inFiles, fileOffset }: WantedCopies): Reached {
    const has = (replica: Replica): boolean =>
      (inFiles ? replica.fileAcknowledged : replica.acknowledged) >= offset
    const { file } = this.#stream
    return {
      replicas: this.#stream.online.filter(has).length,
      local: file !== undefined && file.fsyncedOffset >= fileOffset ? 1 : 0,
    }
  }

  /** Replies at once if that is enough, or if nobody may wait; otherwise later. */
  wait(
    client: Client,
    args: Args,
    wanted: WantedCopies,
    timeoutMs: number,
    write: Waiting['write'],
  ): void {
    const reached = this.reached(wanted)
    if (isEnough(reached, wanted) || client.mayNotBlock) {
      write(client.reply, reached)
      return
    }
    client.waitFor(args, {
      for: 'acknowledgements',
      timeoutMs,
      onTimeout: late => write(late, this.reached(wanted)),
    })
    this.#waiting.push({ client, blocked: client.blocked, wanted, write })
    this.#stream.requestAcknowledgements()
    if (wanted.inFiles) this.#stream.file?.hurry()
  }

  /** This server keeps no file any more: who waits for that waits for nothing. */
  fileClosed(): void {
    for (const { client, blocked, wanted } of this.#waiting) {
      if (wanted.local === 0 || client.closed || client.blocked !== blocked) continue
      client.server.stats.countError(NO_FILE.code)
      client.reply.error(NO_FILE.message)
      client.server.blocking.unblock(client, true)
    }
  }

  /** Somebody is further than before. */
  moved(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) {
      const { client, blocked, wanted, write } = one
      // Gone, or no longer waiting.
      if (client.closed || client.blocked !== blocked) continue
      const reached = this.reached(wanted)
      if (!isEnough(reached, wanted)) {
        this.#waiting.push(one)
        continue
      }
      write(client.reply, reached)
      client.server.blocking.unblock(client)
    }
  }
}

function isEnough(reached: Reached, wanted: WantedCopies): boolean {
  return reached.replicas >= wanted.replicas && reached.local >= wanted.local
}

/** Whoever waits on a server that becomes a replica would wait for what never comes. */
export function endWaits(clients: Iterable<Client>): void {
  for (const client of [...clients]) {
    if (client.blocked === undefined) continue
    client.server.stats.countError(ROLE_CHANGED.code)
    client.reply.error(ROLE_CHANGED.message)
    client.closeAfterReply = true
    client.server.blocking.unblock(client, true)
  }
}
