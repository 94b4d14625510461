// A server as a node of a cluster: what it knows of the others, which requests it serves, and what
// it keeps of all that for its next start.

import type { ClusterMember, SlotRun } from '../engine/cluster.ts'
import { writeError } from '../engine/dispatch.ts'
import type { Feature } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Session } from '../engine/session.ts'
import { keyWaitOf } from '../engine/wait.ts'
import { resolveFile } from '../host/config/directives.ts'
import type { Host } from '../host/host.ts'
import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { countInSlot } from '../store/slot-keys.ts'
import { type Command, FLAG } from '../table/command.ts'
import { invariant } from '../util/assert.ts'
import { SLOT_COUNT } from '../util/crc.ts'
import { systemReason } from '../util/system-error.ts'
import { Bus } from './bus/bus.ts'
import type { BusEvents, BusLink, ClusterBus } from './bus/message.ts'
import { Claims } from './claims.ts'
import { Elections } from './elections.ts'
import { Failures } from './failures.ts'
import { GossipNews } from './gossip.ts'
import { HandOver } from './hand-over.ts'
import { Handshakes } from './handshakes.ts'
import { Health } from './health.ts'
import { type Hearers, Hearing } from './hearing.ts'
import {
  announceFlags,
  announceIp,
  announceNames,
  announcePorts,
  basePort,
  busPortOf,
} from './myself.ts'
import type { ClusterNode } from './node.ts'
import { readNodes } from './nodes-conf.ts'
import { NodesFile } from './nodes-file.ts'
import { lockNodes } from './nodes-lock.ts'
import { Redirects } from './redirects.ts'
import { ReplicaMigration } from './replica-migration.ts'
import type { BusCounts } from './replies.ts'
import { RoleNews } from './role-news.ts'
import { Roles } from './roles.ts'
import { Rounds } from './rounds.ts'
import { dropShardChannels } from './shard-channels.ts'
import { Speech } from './speech.ts'
import { ClusterState } from './state.ts'

export type MakeBus = (host: Host, events: BusEvents) => ClusterBus

/** One after the other: the offset is reached, the election begins, votes are asked for. */
const STEPS_MAX = 4

export class Cluster implements Feature, ClusterMember {
  readonly state: ClusterState
  readonly health: Health
  readonly roles: Roles
  readonly #server: RedisServer
  readonly #redirects: Redirects
  readonly #bus: ClusterBus
  readonly #speech: Speech
  readonly #failures: Failures
  readonly #handOver: HandOver
  readonly #elections: Elections
  readonly #migration: ReplicaMigration
  readonly #handshakes: Handshakes
  readonly #rounds: Rounds
  readonly #listeners: Hearers
  #file: NodesFile | undefined
  #unlock: (() => void) | undefined

  /** @param makeBus what carries its words to others: sockets, unless they are all at hand */
  constructor(server: RedisServer, makeBus: MakeBus = (host, events) => new Bus(host, events)) {
    this.#server = server
    this.state = new ClusterState({
      clock: server.clock,
      slotLeaves: slot => dropShardChannels(server.pubsub, one => one === slot),
    })
    const { state } = this
    const handOver = new HandOver(server, state, () => this.#speech)
    const hearing: Hearing = new Hearing(server, state, () => this.#listeners)
    this.#bus = makeBus(server, hearing)
    const speech = new Speech(server, state, this.#bus, () => handOver.isUnderWay)
    const failures = new Failures(server, state, speech)
    this.health = new Health(server, state)
    this.roles = new Roles(server, state, () => handOver.reset())
    this.#redirects = new Redirects(state, this.db)
    this.#speech = speech
    this.#failures = failures
    this.#handOver = handOver
    this.#migration = new ReplicaMigration(server, state, this.roles)
    this.#handshakes = new Handshakes(state, server.settings)
    this.#rounds = new Rounds(server, state, {
      bus: this.#bus,
      hearing,
      speech,
      failures,
      handOver,
    })
    this.#elections = new Elections(server, state, {
      speech,
      handOver,
      dataAge: () => this.roles.dataAge(),
      won: () => this.#replaceMaster(),
    })
    this.#listeners = {
      roles: this.roles,
      speech,
      failures,
      claims: new Claims(server, state, this.roles, speech),
      gossip: new GossipNews(server.settings, state, failures),
      roleNews: new RoleNews(state, server.log),
      elections: this.#elections,
      handOver,
    }
    server.cluster = this
    server.features.use(this)
    this.#followSettings()
  }

  /** The one database of a node. */
  get db(): Database {
    const [db] = this.#server.keyspace.databases
    invariant(db !== undefined, 'a server has a database')
    return db
  }

  #followSettings(): void {
    const { state } = this
    const { config, settings } = this.#server
    const follow = (names: Parameters<typeof config.watch>[0], apply: () => void): void => {
      apply()
      config.watch(names, apply)
    }
    follow(['cluster-announce-ip'], () => announceIp(state, settings))
    follow(['cluster-announce-hostname', 'cluster-announce-human-nodename'], () =>
      announceNames(state, settings),
    )
    follow(['cluster-replica-no-failover'], () => announceFlags(state, settings))
    follow(
      ['cluster-announce-port', 'cluster-announce-tls-port', 'cluster-announce-bus-port'],
      () => announcePorts(state, settings),
    )
  }

  // ---- Start -----------------------------------------------------------------------------------

  /**
   * Goes on as what nodes.conf says, and keeps it from now on.
   *
   * @throws StartError
   */
  async keepOnDisk(): Promise<void> {
    const { settings, log } = this.#server
    const path = resolveFile(settings, settings['cluster-config-file'])
    this.#unlock = await lockNodes(path)
    this.#file = new NodesFile(path, this.state)
    const text = this.#file.read()
    if (text === undefined) {
      log.notice(`No cluster configuration found, I'm ${this.state.myself.id}`)
      this.#save(true)
    } else {
      readNodes(this.state, text, settings['tls-cluster'])
      log.notice(`Node configuration loaded, I'm ${this.state.myself.id}`)
      announceIp(this.state, settings)
      announceNames(this.state, settings)
      announceFlags(this.state, settings)
      this.roles.connect(false)
    }
    if (basePort(settings) !== 0) busPortOf(settings)
  }

  /**
   * The ports are known at which clients are served.
   *
   * @param anyPort whether the bus listens on whatever port is free
   * @throws StartError
   */
  listen(anyPort = false): void {
    const { settings, config } = this.#server
    this.#bus.listen(anyPort ? 0 : busPortOf(settings))
    if (anyPort) config.put('cluster-port', String(this.#bus.port))
    announcePorts(this.state, settings)
  }

  /** The data is there that was kept: a master takes slots that it has keys of. */
  loaded(): void {
    const { slots, myself } = this.state
    const { log } = this.#server
    if (myself.isReplica) return
    let isOther = false
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (countInSlot(this.db, slot) === 0) continue
      const owner = slots.owner(slot)
      if (owner === myself || slots.importingFrom.has(slot)) continue
      isOther = true
      if (owner === undefined) {
        log.notice(`I have keys for unassigned slot ${slot}. Taking responsibility for it.`)
        slots.add(myself, slot)
      } else {
        log.notice(
          `I have keys for slot ${slot}, but the slot is assigned to another node. Setting it to ` +
            'importing state.',
        )
        slots.importingFrom.set(slot, owner)
      }
    }
    if (isOther) this.#save(true)
  }

  // ---- What commands do ------------------------------------------------------------------------

  /** CLUSTER MEET. False if that is no address. */
  meet(host: string, port: number, busPort: number): boolean {
    return this.#handshakes.start(host, port, busPort)
  }

  /** CLUSTER FAILOVER, of a replica that has a master. */
  failover(master: ClusterNode, mode: 'FORCE' | 'TAKEOVER' | undefined): void {
    const { log } = this.#server
    this.#handOver.start(mode !== undefined)
    if (mode === 'TAKEOVER') {
      log.notice('Taking over the master (user request).')
      this.bumpEpoch()
      this.#replaceMaster()
    } else if (mode === 'FORCE') {
      log.notice('Forced failover user request accepted.')
    } else {
      log.notice('Manual failover user request accepted.')
      this.#speech.askToHandOver(master)
    }
  }

  /** This replica is the master from now on, of all slots that its master had. */
  #replaceMaster(): void {
    const { slots, myself } = this.state
    const { master } = myself
    if (myself.isMaster || master === undefined) return
    this.roles.lead()
    slots.giveAllOf(master, myself)
    this.health.update()
    this.#save(true)
    this.#speech.pongAll()
    this.#handOver.reset()
  }

  reset(isHard: boolean): void {
    const { myself } = this.state
    const { keyspace, log, effects } = this.#server
    if (myself.isReplica) {
      this.roles.lead()
      keyspace.flush(keyspace.databases)
      effects.lose()
    }
    this.#handOver.reset()
    this.state.reset(isHard)
    if (!isHard) return
    log.notice('configEpoch set to 0 via CLUSTER RESET HARD')
    log.notice(`Node hard reset, now I'm ${myself.id}`)
  }

  bumpEpoch(): boolean {
    const isNew = this.state.bumpEpoch()
    if (isNew) this.#server.log.notice(`New configEpoch set to ${this.state.myself.configEpoch}`)
    return isNew
  }

  /** Tells all others how things are here. */
  announce(): void {
    this.#speech.pongAll()
  }

  /** A slot that came key by key is mine now, and all are told. */
  imported(slot: number): void {
    if (this.bumpEpoch()) {
      this.#server.log.notice(`configEpoch updated after importing slot ${slot}`)
    }
    this.state.slots.importingFrom.delete(slot)
    this.announce()
  }

  /** The last slot of this master was given to another one. */
  lostLastSlot(to: ClusterNode): void {
    if (!this.#server.settings['cluster-allow-replica-migration']) return
    this.roles.followWinner(to)
  }

  // ---- Requests --------------------------------------------------------------------------------

  redirect(client: Session, command: Command, args: Args, flags: number): ReplyError | undefined {
    return this.#redirects.refusal(client, command, args, flags)
  }

  redirectInScript(run: SlotRun, command: Command, args: Args): ReplyError | undefined {
    return this.#redirects.refusalInScript(run, command, args)
  }

  /** ASKING is for one request, or for a transaction up to its end. */
  answered(client: Session): void {
    if (!client.isAsking || client.transaction !== undefined) return
    if (client.lastCommand?.name !== 'asking') client.isAsking = false
  }

  publish(channel: string, message: string, isShard: boolean): void {
    this.#speech.publish(channel, message, isShard)
  }

  get linkBytes(): number {
    let bytes = 0
    for (const { queuedBytes } of this.#bus.links) bytes += queuedBytes
    return bytes
  }

  get linkCount(): number {
    return [...this.#bus.links].length
  }

  // ---- What is told of it ----------------------------------------------------------------------

  /** For each node mine to it, then its to me. */
  get links(): BusLink[] {
    const nodes = [...this.state.nodes.values()]
    const links = nodes.flatMap(({ link, inboundLink }) => [link, inboundLink])
    return links.filter(link => link !== undefined)
  }

  get messageCounts(): BusCounts {
    const { sent, received, limitExceeded } = this.#bus
    return { sent: Object.entries(sent), received: Object.entries(received), limitExceeded }
  }

  /** Packets of a type that is lost on its way, by its number; negative for none. */
  dropPackets(type: number): void {
    this.#bus.dropFilter = type < 0 ? undefined : type
  }

  failureReportsOf(node: ClusterNode): number {
    return this.#failures.count(node)
  }

  /** How far a node is in the stream of its shard. */
  offsetOf(node: ClusterNode): number {
    return node.isMyself ? this.#server.replication.reached : node.replicationOffset
  }

  // ---- By itself -------------------------------------------------------------------------------

  tick(): void {
    const { myself, isOk } = this.state
    const { master } = myself
    this.#rounds.run()
    // Its address was not known, or it had none.
    if (master !== undefined && this.#server.settings.replicaof === undefined) this.roles.connect()
    this.#handOver.expire()
    if (myself.isReplica) {
      this.#handOver.advance()
      this.#elections.advance()
      this.#migration.advance()
    }
    if (!isOk) this.health.update()
    this.#redirectWaiting()
    this.#server.endTurn()
  }

  /** Whoever waits for a key of a slot that is not here any more waits in vain. */
  #redirectWaiting(): void {
    const server = this.#server
    if (server.blocking.count === 0) return
    for (const client of [...server.clients.values()]) {
      const [key] = keyWaitOf(client.blocked)?.keys ?? []
      if (key === undefined) continue
      const writes = ((client.blocked?.command.flags ?? 0) & FLAG.write) !== 0
      const refusal = this.#redirects.refusalOfWaiting(client, key, writes)
      if (refusal === undefined) continue
      writeError(client, refusal)
      server.blocking.unblock(client, true)
    }
  }

  /** What others are told, or see, is on the disk by then. */
  turnEnds(): void {
    const { todo, myself } = this.state
    for (let i = 0; i < STEPS_MAX && (todo.elects || todo.handsOver); i++) {
      todo.elects = false
      if (todo.handsOver && myself.isReplica) {
        todo.handsOver = false
        this.#handOver.advance()
        if (todo.handsOver) break
      }
      this.#elections.advance()
    }
    if (todo.updates) {
      todo.updates = false
      this.health.update()
    }
    if (!todo.saves) return
    const { syncs } = todo
    todo.saves = false
    todo.syncs = false
    this.#save(syncs)
  }

  closed(): void {
    this.#bus.close()
    this.#unlock?.()
  }

  /** CLUSTER SAVECONFIG. @throws what the system says */
  saveNow(): void {
    this.#file?.write(true)
  }

  #save(syncs: boolean): void {
    try {
      this.#file?.write(syncs)
    } catch (error) {
      const { log, features } = this.#server
      log.warning(`Could not write the cluster config file: ${systemReason(error)}`)
      log.warning("Fatal: can't update cluster config file.")
      for (const feature of features.at.cannotGoOn) feature.cannotGoOn()
    }
  }
}
