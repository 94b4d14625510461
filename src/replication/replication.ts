// One data node among others: the stream of what its writes did, the replicas that follow it, and
// the master that it follows itself, if it does. It begins with the first replica, or the first
// REPLICAOF; until then a server knows nothing of all this, and its writes cost nothing for it.
//
// The stream has a name and counts its bytes. A replica has its master's stream, byte for byte, so
// that whoever was left behind can go on at another node that has the same stream: also where that
// has become a master, and its stream has a new name from then on.

import type { AppendOnly } from '../engine/append-only.ts'
import type { Client } from '../engine/client.ts'
import type { Effect } from '../engine/effect.ts'
import type { EffectListener } from '../engine/effects.ts'
import type { Feature, Report } from '../engine/features.ts'
import type { InfoFields } from '../engine/info-fields.ts'
import {
  type LaggingReplica,
  type LoadedStream,
  minReplicasFields,
  type Remarks,
  type ReplicationStatus,
  randomId,
  streamFields,
  wantsReplicas,
} from '../engine/replication.ts'
import type { RedisServer } from '../engine/server.ts'
import { err, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { Acknowledgements, endWaits } from './acknowledgements.ts'
import { Failover, type FailoverRequest } from './failover.ts'
import { FileProgress } from './file-progress.ts'
import type { StreamPlace } from './follower.ts'
import { LocalKeys } from './local-keys.ts'
import { MasterLink } from './master-link.ts'
import type { Replica } from './replica.ts'
import { Replicas, type WantedPlace } from './replicas.ts'
import {
  laggingOf,
  linkFields,
  replicaFields,
  writeMasterRole,
  writeReplicaRole,
} from './status.ts'
import { Stream } from './stream.ts'

export { NO_FILE } from './acknowledgements.ts'
export type { FailoverRequest } from './failover.ts'
export type { Replica } from './replica.ts'

const SECOND_MS = 1000

export class Replication implements Feature, ReplicationStatus, EffectListener {
  readonly acknowledgements: Acknowledgements
  readonly #server: RedisServer
  readonly #stream: Stream
  readonly #replicas: Replicas
  readonly #failover: Failover
  readonly #fileProgress: FileProgress
  #link: MasterLink | undefined
  /** Where the stream of a master was left that may be gone on with. */
  #place: StreamPlace | undefined
  /** Of links that are gone. */
  #linkBytes = { in: 0, out: 0 }
  /** Of a replica that takes writes from others as well. */
  #localKeys: LocalKeys | undefined
  #ranAt: number

  constructor(server: RedisServer) {
    this.#server = server
    this.#stream = new Stream(server, this)
    this.#replicas = new Replicas(server, this.#stream, this)
    this.#failover = new Failover(server, this)
    this.#fileProgress = new FileProgress(server, () => this.acknowledgements.moved())
    this.acknowledgements = new Acknowledgements(this)
    this.#ranAt = server.clock.now()
    server.replication = this
    server.features.use(this)
    server.config.watch(
      ['replica-read-only', 'replica-serve-stale-data', 'replica-ignore-maxmemory'],
      () => this.#linkChanged(),
    )
    server.config.watch(['appendonly'], () => {
      if (!server.settings.appendonly) this.acknowledgements.fileClosed()
    })
    this.settingsChanged()
  }

  get isReplica(): boolean {
    return this.#link !== undefined
  }

  /** The link to a master, if there is to be one. */
  get masterLink(): MasterLink | undefined {
    return this.#link
  }

  get isFailingOver(): boolean {
    return this.#failover.state !== 'no-failover'
  }

  get replicas(): Iterable<Replica> {
    return this.#replicas
  }

  get online(): readonly Replica[] {
    return this.#replicas.online
  }

  get offset(): number {
    return this.#stream.end
  }

  get reached(): number {
    const state = this.#link?.state ?? 'connected'
    if (state === 'connected') return this.#stream.end
    return state === 'sync' ? 0 : (this.#place?.offset ?? 0)
  }

  get file(): AppendOnly | undefined {
    return this.#fileProgress.file
  }

  // ---- What writes do --------------------------------------------------------------------------

  unit(effects: readonly Effect[], atomic: boolean, client: Client | undefined): void {
    this.#replicas.feed(this.#stream.commands.blocksOf(effects, atomic))
    if (client !== undefined) client.streamOffset = this.#stream.end
  }

  /** Whoever follows would have other data from now on, and has to be told all of it. */
  lost(): void {
    this.#stream.replace()
    this.#replicas.dropAll()
    this.#stream.open()
  }

  // ---- Replicas --------------------------------------------------------------------------------

  replicaOf(client: Client): Replica {
    return this.#replicas.of(client)
  }

  serve(client: Client, wanted: WantedPlace | undefined): void {
    this.#replicas.serve(client, wanted)
  }

  acknowledged(client: Client, offset: number, fileOffset: number | undefined): void {
    this.#replicas.acknowledged(client, offset, fileOffset)
  }

  childEnded(): void {
    this.#replicas.startDue()
  }

  requestAcknowledgements(): void {
    this.#replicas.requestAcknowledgements()
  }

  replicasChanged(): void {
    this.#failover.update()
    this.settingsChanged()
    this.acknowledgements.moved()
  }

  released(client: Client): void {
    if (client.isReplica) this.#replicas.left(client)
    else if (client === this.#link?.client) this.#link.drop()
  }

  /** Throws a ReplyError where nobody can be served who wants the stream. */
  refuseSync(): void {
    if (this.#failover.state === 'failover-in-progress') {
      throw replyError("NOMASTERLINK Can't SYNC while failing over")
    }
    if (this.#link !== undefined && this.#link.state !== 'connected') {
      throw replyError("NOMASTERLINK Can't SYNC while not connected with my master")
    }
  }

  // ---- Following a master ----------------------------------------------------------------------

  /**
   * REPLICAOF host port. False if that is the master already.
   *
   * @param now whether to connect at once, or when what there is has been loaded
   */
  follow(host: string, port: number, now = true): boolean {
    const former = this.#link
    if (former?.host === host && former.port === port) return false
    const server = this.#server
    this.#endLink()
    endWaits(server.clients.values())
    if (former === undefined) {
      // What this server has may be where the new master goes on from.
      if (this.#stream.backlog === undefined) this.#stream.open()
      if (now) this.#place = { id: this.#stream.id, offset: this.#stream.end, database: 0 }
      // Its own writes are its own affair from now on, and what dies is its master's.
      this.#stream.isOwn = false
      server.keyspace.suspendExpiry()
    }
    server.log.role = 'S'
    server.config.put('replicaof', host, String(port))
    this.#link = this.#newLink(host, port)
    this.#linkChanged()
    if (now) this.#link.connect()
    return true
  }

  /** REPLICAOF NO ONE: the stream goes on from here, by a name of its own. False if it does. */
  lead(): boolean {
    if (this.#link === undefined) return false
    const server = this.#server
    const stream = this.#stream
    this.#endLink()
    this.#place = undefined
    stream.rename()
    server.log.notice(
      `Setting secondary replication ID to ${stream.formerId}, valid up to offset: ` +
        `${stream.formerEnd}. New replication ID is ${stream.id}`,
    )
    this.#replicas.dropAll()
    this.#replicas.restartTime()
    stream.isOwn = true
    server.keyspace.resumeExpiry()
    server.log.role = 'M'
    server.config.put('replicaof', 'no', 'one')
    this.#linkChanged()
    return true
  }

  #endLink(): void {
    const link = this.#link
    this.#link = undefined
    if (link === undefined) return
    link.drop()
    this.#linkBytes.in += link.bytesIn
    this.#linkBytes.out += link.bytesOut
  }

  #newLink(host: string, port: number): MasterLink {
    const link: MasterLink = new MasterLink(this.#server, host, port, {
      place: () => this.#place,
      has: id => id.toLowerCase() === this.#stream.id,
      isFailover: () => this.#failover.state === 'failover-in-progress',
      fileOffset: () => this.#fileProgress.offset,
      refused: reason => this.#failover.abort(reason),
      continued: id => this.#continued(id),
      starting: () => this.#failover.succeeded(),
      replacing: () => this.#replacing(),
      loaded: (id, offset) => this.#loaded(id, offset),
      applied: bytes => this.#replicas.feed([bytes]),
      changed: () => this.#linkChanged(),
      broke: place => {
        this.#place = place && { ...place, id: this.#stream.id }
        this.#linkChanged()
        if (link === this.#link) link.reconnect()
      },
    })
    return link
  }

  #continued(id: string | undefined): void {
    const stream = this.#stream
    if (id !== undefined && id.toLowerCase() !== stream.id) {
      stream.rename(id)
      this.#server.log.notice(`Master replication ID changed to ${id}`)
      // They have to learn the new name.
      this.#replicas.dropAll()
    }
    this.#place = undefined
    if (stream.backlog === undefined) stream.open()
    this.#failover.succeeded()
  }

  #replacing(): void {
    this.#place = undefined
    this.#stream.replace()
    this.#stream.close()
    this.#replicas.dropAll()
  }

  #loaded(id: string, offset: number): void {
    const { keyspace, effects } = this.#server
    this.#stream.replace(id === '' ? randomId() : id)
    this.#stream.open(offset)
    keyspace.saved()
    effects.lose()
  }

  /** REPLCONF GETACK: the master asks how far this replica is. */
  answerMaster(): void {
    this.#link?.acknowledge()
  }

  #linkChanged(): void {
    const { standing, settings } = this.#server
    const link = this.#link
    const isDown = link !== undefined && link.state !== 'connected'
    standing.keepsAll = link !== undefined && settings['replica-ignore-maxmemory']
    standing.isReadOnly = link !== undefined && settings['replica-read-only']
    standing.isStale = isDown && !settings['replica-serve-stale-data']
    this.#keepLocalKeys(link !== undefined && !settings['replica-read-only'])
    this.settingsChanged()
  }

  #keepLocalKeys(isWritable: boolean): void {
    if (isWritable) {
      this.#localKeys ??= new LocalKeys(this.#server)
    } else {
      this.#localKeys?.end()
      this.#localKeys = undefined
    }
  }

  // ---- Handing over ----------------------------------------------------------------------------

  /** FAILOVER. Throws a ReplyError if there can be none. */
  failover(request: FailoverRequest): void {
    this.#failover.start(request)
  }

  /** PSYNC with FAILOVER: the master wants this replica to be the master. Throws a ReplyError. */
  takeOver(client: Client, id: string): void {
    if (this.#link === undefined) throw err("PSYNC FAILOVER can't be sent to a master.")
    if (id.toLowerCase() !== this.#stream.id) {
      throw err('PSYNC FAILOVER replid must match my replid.')
    }
    this.lead()
    const who = this.#server.describeClient(client)
    this.#server.log.notice(`MASTER MODE enabled (failover request from '${who}')`)
  }

  // ---- By itself -------------------------------------------------------------------------------

  tick(): void {
    this.#failover.update()
    const now = this.#server.clock.now()
    if (now - this.#ranAt < SECOND_MS) return
    this.#ranAt = now
    const isElse = this.#server.loading !== undefined && this.#link?.transfer === undefined
    if (!isElse) this.#link?.tick()
    this.#replicas.tick(now)
    this.settingsChanged()
    this.#server.endTurn()
  }

  turnEnds(): void {
    this.#fileProgress.note(this.#stream.end)
  }

  closed(): void {
    this.#fileProgress.close()
    this.#endLink()
    this.#stream.close()
  }

  // ---- What is told of it ----------------------------------------------------------------------

  settingsChanged(): void {
    const { settings, standing } = this.#server
    standing.lacksReplicas =
      this.#link === undefined &&
      wantsReplicas(settings) &&
      this.#replicas.goodCount < settings['min-replicas-to-write']
  }

  report(): Partial<Report> {
    let sent = this.#replicas.bytesSent + this.#linkBytes.out + (this.#link?.bytesOut ?? 0)
    for (const replica of this.#replicas) sent += replica.bytesSent
    const allocated = this.#stream.backlog?.allocated ?? 0
    const size = this.#server.settings['repl-backlog-size']
    // What is kept beyond that is kept for slow replicas.
    const replicaBytes = this.#replicas.count > 0 ? Math.max(0, allocated - size) : 0
    return {
      replicationBytesIn: this.#linkBytes.in + (this.#link?.bytesIn ?? 0),
      replicationBytesOut: sent,
      backlogBytes: allocated - replicaBytes,
      replicaBytes,
    }
  }

  remarks(): Remarks {
    const link = this.#link
    if (link === undefined && this.#stream.backlog === undefined) return []
    if (link !== undefined && link.client === undefined && this.#place === undefined) return []
    return [
      ['repl-stream-db', String(link?.client?.db.index ?? this.#place?.database ?? 0)],
      ['repl-id', this.#stream.id],
      ['repl-offset', String(this.#stream.end)],
    ]
  }

  get lagging(): readonly LaggingReplica[] {
    if (this.#link !== undefined) return []
    return laggingOf(this.#replicas, this.#stream.end, this.#server.clock.now())
  }

  changeId(): void {
    this.#stream.replace()
  }

  get replicaCount(): number {
    return this.#replicas.count
  }

  /**
   * The server has started with a snapshot that says where a stream was. A replica goes on there; a
   * master lets those go on who had it, and tells them what has expired in the meantime.
   */
  resume({ id, offset, database, expired }: LoadedStream): void {
    const stream = this.#stream
    if (this.#link !== undefined) {
      stream.replace(id)
      stream.open(offset)
      this.#place = { id: stream.id, offset, database }
      return
    }
    stream.resume(id, offset)
    const { effects, keyspace } = this.#server
    for (const { database: index, key } of expired) {
      const db = keyspace.get(index)
      if (db !== undefined) effects.removed(db, key, 'expiry')
    }
  }

  fields(): InfoFields {
    const server = this.#server
    const link = this.#link
    const now = server.clock.now()
    const left = this.#place?.offset ?? this.#stream.end
    return [
      ['role', link === undefined ? 'master' : 'slave'],
      ...(link === undefined ? [] : linkFields(link, server.settings, now, left)),
      ['connected_slaves', this.#replicas.count],
      ...minReplicasFields(server, this.#replicas.goodCount),
      ...replicaFields(this.#replicas, now),
      ...streamFields(server, this.#stream.facts(this.#failover.state)),
    ]
  }

  writeRole(reply: ReplyWriter): void {
    if (this.#link === undefined) writeMasterRole(reply, this.offset, this.online)
    else writeReplicaRole(reply, this.#link)
  }
}
