// The replicas of this server: who they are, how each gets in step, and how far each is.

import type { Client } from '../engine/client.ts'
import { wordsToRequest } from '../engine/effect.ts'
import type { Outcome } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import { FullSync, takesStream, wantTheSame } from './full-sync.ts'
import { Replica } from './replica.ts'
import type { Stream } from './stream.ts'

const SECOND_MS = 1000
const PING = wordsToRequest(['PING'])
const GETACK = wordsToRequest(['REPLCONF', 'GETACK', '*'])
const NEWLINE = '\n'

/** What a replica has, and wants to go on with. */
export interface WantedPlace {
  readonly id: string
  /** The next byte that it needs. */
  readonly from: number
}

/** What is asked of the node that they follow. */
export interface Followed {
  /** Whether it follows somebody itself: then the stream is not its own. */
  readonly isReplica: boolean
  /** Somebody came, went, or said how far it is. */
  replicasChanged(): void
}

export class Replicas {
  /** Sent to those who are gone. */
  bytesSent = 0
  readonly #server: RedisServer
  readonly #stream: Stream
  readonly #node: Followed
  readonly #all = new Set<Replica>()
  /** The snapshot that is under way for some of them. */
  #fullSync: FullSync | undefined
  /** Who may become one, with what it has said of itself. */
  readonly #known = new WeakMap<Client, Replica>()
  #aloneSince: number
  #pingedAt: number

  constructor(server: RedisServer, stream: Stream, node: Followed) {
    this.#server = server
    this.#stream = stream
    this.#node = node
    this.#aloneSince = server.clock.now()
    this.#pingedAt = this.#aloneSince
  }

  get count(): number {
    return this.#all.size
  }

  [Symbol.iterator](): Iterator<Replica> {
    return this.#all[Symbol.iterator]()
  }

  get online(): Replica[] {
    return [...this.#all].filter(({ stage }) => stage === 'online')
  }

  /** How many keep up, as min-replicas-max-lag has it. */
  get goodCount(): number {
    const now = this.#server.clock.now()
    const most = this.#server.settings['min-replicas-max-lag']
    return this.online.filter(replica => replica.lagAt(now) <= most).length
  }

  /** What a client has said of itself, be it a replica yet or not. */
  of(client: Client): Replica {
    let replica = this.#known.get(client)
    if (replica === undefined) {
      replica = new Replica(client, () => this.#stream.backlog)
      this.#known.set(client, replica)
    }
    return replica
  }

  // ---- The stream ------------------------------------------------------------------------------

  /** Adds to the stream, which all are sent at the end of the turn. */
  feed(blocks: readonly Buffer[]): void {
    const { backlog } = this.#stream
    if (backlog === undefined) return
    for (const block of blocks) backlog.append(block)
    this.#trim()
    for (const { client } of this.#all) this.#server.wantsFlush(client)
  }

  /** Lets go what nobody is to be sent any more. */
  #trim(): void {
    const { backlog } = this.#stream
    if (backlog === undefined) return
    let oldest = backlog.end
    for (const replica of this.#all) {
      if (replica.follows && !replica.waits) oldest = Math.min(oldest, replica.sent)
    }
    backlog.trim(oldest)
  }

  /** Asks all how far they are. */
  requestAcknowledgements(): void {
    if (this.#mayBeFed) this.feed([GETACK])
  }

  get #mayBeFed(): boolean {
    return !this.#node.isReplica && this.#all.size > 0 && this.#server.pause.mode === undefined
  }

  // ---- Getting in step -------------------------------------------------------------------------

  /**
   * SYNC and PSYNC: a client becomes a replica. It gets what follows the byte that it has, if
   * `wanted` names a stream that this one is or was; otherwise a snapshot.
   */
  serve(client: Client, wanted: WantedPlace | undefined): void {
    const { log, settings } = this.#server
    const replica = this.of(client)
    log.notice(`Replica ${replica.name} asks for synchronization`)
    if (wanted !== undefined) {
      if (this.#continue(replica, wanted)) return
      if (wanted.id !== '?') this.#server.stats.partialSyncsRefused++
    }
    this.#server.stats.fullSyncs++
    this.#join(replica)
    replica.isOld = wanted === undefined
    replica.stage = 'wait_bgsave'
    this.#openStream()
    if (takesStream(this.#server, replica) && settings['repl-diskless-sync-delay'] > 0) {
      log.notice('Delay next BGSAVE for diskless SYNC')
    } else {
      this.startFullSync()
    }
  }

  #openStream(): void {
    const stream = this.#stream
    if (stream.backlog !== undefined) return
    if (!this.#node.isReplica) stream.replace()
    stream.open()
    this.#server.log.notice(
      `Replication backlog created, my new replication IDs are '${stream.id}' and ` +
        `'${stream.formerId}'`,
    )
  }

  #join(replica: Replica): void {
    const { client } = replica
    client.isReplica = true
    client.outlet = replica
    replica.heardAt = this.#server.clock.now()
    this.#all.add(replica)
  }

  #continue(replica: Replica, { id, from }: WantedPlace): boolean {
    const { log } = this.#server
    const { backlog } = this.#stream
    if (!this.#stream.isMeantBy(id, from)) {
      this.#logStranger(replica, id, from)
      return false
    }
    if (backlog === undefined || !backlog.has(from - 1)) {
      log.notice(
        `Unable to partial resync with replica ${replica.name} for lack of backlog (Replica ` +
          `request was: ${from}).`,
      )
      return false
    }
    this.#join(replica)
    const name = replica.capabilities.psync2 ? ` ${this.#stream.id}` : ''
    replica.sendNow(`+CONTINUE${name}\r\n`)
    replica.stage = 'online'
    replica.sent = from - 1
    this.#server.stats.partialSyncs++
    log.notice(
      `Partial resynchronization request from ${replica.name} accepted. Sending ` +
        `${backlog.end - from + 1} bytes of backlog starting from offset ${from}.`,
    )
    this.#server.wantsFlush(replica.client)
    this.#node.replicasChanged()
    return true
  }

  #logStranger(replica: Replica, id: string, from: number): void {
    const { log } = this.#server
    const { id: own, formerId, formerEnd } = this.#stream
    if (id === '?') {
      log.notice(`Full resync requested by replica ${replica.name}`)
    } else if (id.toLowerCase() === formerId) {
      log.notice(
        'Partial resynchronization not accepted: Requested offset for second ID was ' +
          `${from}, but I can reply up to ${formerEnd}`,
      )
    } else {
      log.notice(
        'Partial resynchronization not accepted: Replication ID mismatch (Replica asked for ' +
          `'${id}', my replication IDs are '${own}' and '${formerId}')`,
      )
    }
  }

  /**
   * One snapshot for the first who waits, and for all who want the same. Nothing else may be under
   * way; but one that has not gone out yet will do.
   */
  startFullSync(): void {
    const server = this.#server
    const waiting = [...this.#all].filter(({ waits }) => waits)
    for (const replica of waiting) {
      if (this.#fullSync?.mayJoin(replica)) this.#begin(replica, this.#fullSync)
    }
    const [first, ...others] = waiting.filter(({ waits }) => waits)
    if (first === undefined || server.persistence.child !== undefined) return
    // What follows for them has no database before it, whatever others were told last.
    this.#stream.commands.forget()
    const sync = new FullSync(server, first, this.#stream.end, {
      sent: (replica, wasMarked) => this.#bulkSent(replica, wasMarked),
      ended: outcome => this.#syncEnded(outcome),
    })
    this.#fullSync = sync
    this.#begin(first, sync)
    for (const other of others) if (wantTheSame(other, first)) this.#begin(other, sync)
  }

  #begin(replica: Replica, sync: FullSync): void {
    if (!replica.isOld) replica.sendNow(`+FULLRESYNC ${this.#stream.id} ${sync.offset}\r\n`)
    replica.sent = sync.offset
    sync.add(replica)
  }

  #syncEnded(outcome: Outcome): void {
    const sync = this.#fullSync
    this.#fullSync = undefined
    if (sync === undefined) return
    for (const replica of [...this.#all]) {
      if (replica.fullSync !== sync) continue
      if (outcome !== 'done') this.#server.disconnect(replica.client)
      else if (!sync.isMarked) replica.stage = 'send_bulk'
    }
  }

  #bulkSent(replica: Replica, isMarked: boolean): void {
    if (replica.capabilities.snapshotOnly) {
      replica.client.closeAfterReply = true
      this.#server.wantsFlush(replica.client)
      return
    }
    replica.heardAt = this.#server.clock.now()
    replica.awaitsLoading = isMarked
    this.#goOnline(replica)
  }

  #goOnline(replica: Replica): void {
    replica.stage = 'online'
    this.#server.log.notice(`Synchronization with replica ${replica.name} succeeded`)
    this.#server.wantsFlush(replica.client)
    this.#node.replicasChanged()
  }

  /** It has loaded what it was sent. */
  #startStream(replica: Replica): void {
    replica.awaitsLoading = false
    this.#server.wantsFlush(replica.client)
  }

  /** REPLCONF ACK: how far it is, and its file if it has one. */
  acknowledged(client: Client, offset: number, fileOffset: number | undefined): void {
    if (!client.isReplica) return
    const replica = this.of(client)
    replica.acknowledge(offset, fileOffset)
    if (replica.awaitsLoading && replica.stage === 'online') this.#startStream(replica)
    this.#node.replicasChanged()
  }

  // ---- Going -----------------------------------------------------------------------------------

  left(client: Client): void {
    const replica = this.#known.get(client)
    if (replica === undefined || !this.#all.delete(replica)) return
    replica.leave()
    this.bytesSent += replica.bytesSent
    this.#trim()
    if (this.#all.size === 0) this.#aloneSince = this.#server.clock.now()
    this.#node.replicasChanged()
  }

  dropAll(): void {
    for (const { client } of [...this.#all]) this.#server.disconnect(client)
  }

  // ---- Once a second ---------------------------------------------------------------------------

  tick(now: number): void {
    this.#ping(now)
    this.#endSilent(now)
    this.startDue(now)
    this.#trim()
    this.#forget(now)
  }

  #ping(now: number): void {
    const period = this.#server.settings['repl-ping-replica-period'] * SECOND_MS
    if (now - this.#pingedAt >= period) {
      this.#pingedAt = now
      if (this.#mayBeFed) this.feed([PING])
    }
    // Who waits for a snapshot is told that somebody is there, as long as none of it has gone.
    for (const replica of this.#all) {
      if (replica.stage === 'wait_bgsave' && replica.fullSync?.isMarked !== true) {
        replica.sendNow(NEWLINE)
      }
    }
  }

  #endSilent(now: number): void {
    const most = this.#server.settings['repl-timeout'] * SECOND_MS
    for (const replica of [...this.#all]) {
      // One that takes what there is may wait for others, who take it more slowly.
      const isLoading = replica.fullSync?.isMarked === true
      const silentSince = isLoading ? replica.stuckSince : replica.heardAt
      const isWatched = (replica.stage === 'online' || isLoading) && !replica.isOld
      if (!isWatched || silentSince === undefined || now - silentSince <= most) continue
      const kind = isLoading ? 'full' : 'streaming'
      this.#server.log.warning(`Disconnecting timedout replica (${kind} sync): ${replica.name}`)
      this.#server.disconnect(replica.client)
    }
  }

  /** A snapshot that others might still have joined has waited long enough. */
  startDue(now: number = this.#server.clock.now()): void {
    const { settings } = this.#server
    const waiting = [...this.#all].filter(({ waits }) => waits)
    if (waiting.length === 0) return
    const most = settings['repl-diskless-sync-max-replicas']
    const idle = Math.max(...waiting.map(replica => replica.lagAt(now)))
    const isFull = most > 0 && waiting.length >= most
    if (isFull || idle >= settings['repl-diskless-sync-delay']) this.startFullSync()
  }

  /** What nobody has asked for in long is kept no longer. */
  #forget(now: number): void {
    const seconds = this.#server.settings['repl-backlog-ttl']
    const stream = this.#stream
    if (stream.backlog === undefined || this.#node.isReplica || seconds === 0) return
    if (this.#all.size > 0 || now - this.#aloneSince <= seconds * SECOND_MS) return
    stream.replace()
    stream.close()
    this.#server.log.notice(
      `Replication backlog freed after ${seconds} seconds without connected replicas.`,
    )
  }

  /** The time without replicas begins anew: this server has just become a master. */
  restartTime(): void {
    this.#aloneSince = this.#server.clock.now()
  }
}
