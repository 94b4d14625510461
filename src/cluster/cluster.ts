// A server as a node of a cluster: what it knows of the others, which requests it serves, and what
// it keeps of all that for its next start.

import type { Client } from '../engine/client.ts'
import type { ClusterMember, SlotRun } from '../engine/cluster.ts'
import { writeError } from '../engine/dispatch.ts'
import type { Feature } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import { keyWaitOf } from '../engine/wait.ts'
import { resolveFile } from '../host/config/directives.ts'
import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { countInSlot } from '../store/slot-keys.ts'
import { type Command, FLAG } from '../table/command.ts'
import { invariant } from '../util/assert.ts'
import { keySlot, SLOT_COUNT } from '../util/crc.ts'
import { systemReason } from '../util/system-error.ts'
import { Health } from './health.ts'
import { announceFlags, announceIp, announceNames, announcePorts, busPortOf } from './myself.ts'
import type { Node } from './node.ts'
import { readNodes } from './nodes-conf.ts'
import { NodesFile } from './nodes-file.ts'
import { Redirects } from './redirects.ts'
import { Roles } from './roles.ts'
import { dropShardChannels } from './shard-channels.ts'
import { ClusterState } from './state.ts'

export class Cluster implements Feature, ClusterMember {
  readonly state: ClusterState
  readonly health: Health
  readonly roles: Roles
  readonly #server: RedisServer
  readonly #redirects: Redirects
  #file: NodesFile | undefined

  constructor(server: RedisServer) {
    this.#server = server
    this.state = new ClusterState({
      clock: server.clock,
      slotLeaves: slot => dropShardChannels(server.pubsub, one => one === slot),
    })
    this.health = new Health(server, this.state)
    this.roles = new Roles(server, this.state)
    this.#redirects = new Redirects(this.state, this.db)
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
  keepOnDisk(): void {
    const { settings, log } = this.#server
    this.#file = new NodesFile(resolveFile(settings, settings['cluster-config-file']), this.state)
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
    }
    busPortOf(settings)
  }

  /** The ports are known at which clients are served. @throws StartError */
  listening(): void {
    announcePorts(this.state, this.#server.settings)
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

  // ---- Requests --------------------------------------------------------------------------------

  redirect(client: Client, command: Command, args: Args, flags: number): ReplyError | undefined {
    return this.#redirects.refusal(client, command, args, flags)
  }

  redirectInScript(run: SlotRun, command: Command, args: Args): ReplyError | undefined {
    return this.#redirects.refusalInScript(run, command, args)
  }

  /** ASKING is for one request, or for a transaction up to its end. */
  answered(client: Client): void {
    if (!client.isAsking || client.transaction !== undefined) return
    if (client.lastCommand?.name !== 'asking') client.isAsking = false
  }

  slotOf(name: string): number {
    return keySlot(name)
  }

  publish(_channel: string, _message: string, _isShard: boolean): void {}

  get linkBytes(): number {
    return 0
  }

  get linkCount(): number {
    return 0
  }

  /** How far a node is in the stream of its shard. */
  offsetOf(node: Node): number {
    return node.isMyself ? this.#server.replication.offset : node.replicationOffset
  }

  // ---- By itself -------------------------------------------------------------------------------

  tick(): void {
    this.health.update()
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
    const { todo } = this.state
    if (!(todo.updates || todo.saves || todo.elects || todo.handsOver)) return
    const due = todo.take()
    if (due.updates) this.health.update()
    if (due.saves) this.#save(due.syncs)
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
      log.warning('Fatal: can\'t update cluster config file.')
      for (const feature of features.at.cannotGoOn) feature.cannotGoOn()
    }
  }
}
