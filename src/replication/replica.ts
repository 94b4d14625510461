// A replica of this server: what it has said of itself, how far it is, and what is still to be sent
// to it. First that is a snapshot, then the stream from where the snapshot was taken. It is sent no
// faster than it takes it, so that a slow one costs what it has not been sent: once, in the blocks
// that all replicas and the backlog share.

import type { Client } from '../engine/client.ts'
import type { Outlet } from '../engine/session.ts'
import type { Backlog } from './backlog.ts'
import type { FullSync } from './full-sync.ts'

/** As INFO names them. */
export type Stage = 'wait_bgsave' | 'send_bulk' | 'online'

/** Unsent bytes in the socket up to which more is handed to it. */
const SOCKET_FULL = 256 * 1024

const NOTHING = Buffer.alloc(0)

/** Where the bytes of a snapshot come from, in one go or bit by bit. */
export interface Bulk {
  /** The next bytes; none if there are none yet, undefined behind the last. */
  next(): Buffer | undefined
}

/** What it has said of itself by REPLCONF, in order to be sent what it understands. */
export interface Capabilities {
  /** It takes a snapshot of which the size is not known. */
  eof: boolean
  /** It knows streams that have changed their name. */
  psync2: boolean
  /** It wants a snapshot alone, and no stream. */
  snapshotOnly: boolean
  withoutKeys: boolean
  withoutFunctions: boolean
}

export class Replica implements Outlet {
  readonly client: Client
  readonly capabilities: Capabilities = {
    eof: false,
    psync2: false,
    snapshotOnly: false,
    withoutKeys: false,
    withoutFunctions: false,
  }
  listeningPort = 0
  /** Where it says that it is, if the connection's own address does not tell. */
  announcedHost = ''
  stage: Stage = 'wait_bgsave'
  /** How far it has run the stream, and how far its own file has it. */
  acknowledged = 0
  fileAcknowledged = 0
  /** When it was heard of last. */
  heardAt: number
  /** The last byte of the stream that was handed to its socket. */
  sent = 0
  /** It is sent the stream only once it has said that it has loaded the snapshot. */
  awaitsLoading = false
  /** It has asked by SYNC: it wants the bytes alone, and never says how far it is. */
  isOld = false
  /** The snapshot that it gets; undefined before and after. */
  fullSync: FullSync | undefined
  bytesSent = 0
  #bulk: Bulk | undefined
  #bulkSent: (() => void) | undefined
  readonly #backlog: () => Backlog | undefined
  /** Since when its socket takes no more; undefined as long as it does. */
  stuckSince: number | undefined

  constructor(client: Client, backlog: () => Backlog | undefined) {
    this.client = client
    this.#backlog = backlog
    this.heardAt = client.server.clock.now()
  }

  /** What the log calls it. */
  get name(): string {
    const { listeningPort, client } = this
    return listeningPort === 0 ? `client id #${client.id}` : `${this.host}:${listeningPort}`
  }

  get host(): string {
    if (this.announcedHost !== '') return this.announcedHost
    const { peer } = this.client
    return peer.slice(0, peer.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  }

  /** It says how far it is. */
  acknowledge(offset: number, fileOffset: number | undefined): void {
    this.acknowledged = Math.max(this.acknowledged, offset)
    if (fileOffset !== undefined)
      this.fileAcknowledged = Math.max(this.fileAcknowledged, fileOffset)
    this.heardAt = this.client.server.clock.now()
  }

  /** Seconds since it was heard of. */
  lagAt(now: number): number {
    return Math.floor(now / 1000) - Math.floor(this.heardAt / 1000)
  }

  /** Whether it takes part in the stream. */
  get follows(): boolean {
    return !this.capabilities.snapshotOnly && !this.client.closed
  }

  /** Bytes of the stream that are kept for it, beside those in its socket. */
  get pending(): number {
    const backlog = this.#backlog()
    return this.follows && backlog !== undefined && !this.waits ? backlog.end - this.sent : 0
  }

  get #mayStream(): boolean {
    return this.stage === 'online' && !this.awaitsLoading
  }

  // ---- What it is sent -------------------------------------------------------------------------

  /** It waits for a snapshot, and none has begun for it. */
  get waits(): boolean {
    return this.stage === 'wait_bgsave' && this.fullSync === undefined
  }

  /** Sends a snapshot, and says when its last byte was handed to the socket. */
  sendBulk(bulk: Bulk, done: () => void): void {
    this.#bulk = bulk
    this.#bulkSent = done
  }

  /** A line of the handshake, or the sign that the server is still there. */
  sendNow(text: string): void {
    this.client.connection?.socket.write(text, 'latin1')
  }

  answered(): void {
    const { client } = this
    const { server } = client
    server.log.warning(
      `Replica generated a reply to command '${client.lastCommand?.name ?? '<unknown>'}', ` +
        `disconnecting it: ${server.describeClient(client)}`,
    )
    server.disconnect(client)
  }

  /** Hands on as much as the socket takes. */
  pump(): void {
    const socket = this.client.connection?.socket
    if (socket === undefined || this.client.closed) return
    socket.cork()
    let isMore = true
    while (isMore && socket.writableLength < SOCKET_FULL) {
      const bytes = this.#next()
      isMore = bytes.length > 0
      if (!isMore) break
      this.bytesSent += bytes.length
      if (this.#bulk !== undefined) this.heardAt = this.client.server.clock.now()
      this.client.bytesOut += bytes.length
      socket.write(bytes)
    }
    socket.uncork()
    if (!isMore || this.stuckSince !== undefined) return
    const { server } = this.client
    this.stuckSince = server.clock.now()
    socket.once('drain', () => {
      this.stuckSince = undefined
      server.guard(this.client, () => this.pump())
    })
  }

  #next(): Buffer {
    if (this.#bulk !== undefined) {
      const bytes = this.#bulk.next()
      if (bytes !== undefined) return bytes
      this.#bulk = undefined
      this.#bulkSent?.()
    }
    const backlog = this.#backlog()
    if (backlog === undefined || !this.#mayStream || !this.follows) return NOTHING
    const bytes = backlog.after(this.sent)
    this.sent += bytes.length
    return bytes
  }

  /** It is gone. */
  leave(): void {
    this.#bulk = undefined
    this.fullSync?.remove(this)
    this.fullSync = undefined
  }
}
