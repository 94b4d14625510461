// startCluster(): nodes in one process, with one clock, which know each other from the start.

import type { Cluster } from '../../cluster/cluster.ts'
import { NODE } from '../../cluster/node.ts'
import { StartError } from '../../host/config/directives.ts'
import { clusterOf } from '../../redis.ts'
import { keysInSlot } from '../../store/slot-keys.ts'
import { invariant } from '../../util/assert.ts'
import { fromText } from '../../util/bytes.ts'
import { keySlot, SLOT_COUNT } from '../../util/crc.ts'
import { TestClock } from '../clock.ts'
import type { ConnectionVariables, Login } from '../connect-options.ts'
import type { WaitOptions } from '../control.ts'
import { milliseconds } from '../duration.ts'
import { feeds, PATIENCE_MS, replicationOf, untilNothingLacks } from '../replication/progress.ts'
import { linkLogin } from '../replication/set.ts'
import type { RunningRedis } from '../running.ts'
import { checkCluster, checkSettled } from '../shapes.ts'
import { startMember } from '../start.ts'
import * as failures from '../start-failure.ts'
import type { ClusteredRedis } from './clustered.ts'
import type { ClusterOptions } from './options.ts'
import { Post } from './post.ts'

interface Member {
  readonly redis: RunningRedis
  readonly cluster: Cluster
}

export async function startCluster(options: ClusterOptions = {}): Promise<ClusteredRedis> {
  try {
    checkCluster(options)
  } catch (error) {
    throw failures.startFailure(error, { options: {} })
  }
  const { masters = 3, replicas = 0, ...common } = options
  const { users, config } = linkLogin(options)
  const clock = new TestClock()
  const post = new Post(clock)
  const set = new ClusterSet(clock, post)
  const settings = {
    ...config,
    'cluster-enabled': true,
    'tls-cluster': options.tls !== false,
    ...options.config,
  }
  try {
    for (let i = 0; i < masters * (1 + replicas); i++) {
      await set.add(() =>
        startMember(
          { ...common, config: settings },
          {
            clock,
            users,
            detour: target => target,
            isLink: () => false,
            clusterBus: (host, events) => post.bus(host, events),
          },
        ),
      )
    }
    await set.form(masters)
  } catch (error) {
    await set.close().catch(() => {})
    throw error
  }
  return set
}

class ClusterSet implements ClusteredRedis {
  readonly clock: TestClock
  readonly #post: Post
  #members: Member[] = []
  #closing: Promise<void> | undefined

  constructor(clock: TestClock, post: Post) {
    this.clock = clock
    this.#post = post
  }

  // ---- Start -----------------------------------------------------------------------------------

  async add(start: () => Promise<RunningRedis>): Promise<void> {
    const redis = await start()
    const cluster = clusterOf(redis.server)
    invariant(cluster !== undefined, 'a node of a cluster')
    const member = { redis, cluster }
    this.#members.push(member)
    redis.server.features.use({
      tick: () => this.#hear(member),
      closed: () => {
        this.#members = this.#members.filter(one => one !== member)
      },
    })
  }

  /** The first ones share the slots, the others follow them. */
  async form(masters: number): Promise<void> {
    const members = this.#members
    for (const { cluster } of members) {
      for (const other of members) if (other.cluster !== cluster) introduce(cluster, other)
    }
    for (const { cluster } of members) {
      share(cluster, members, masters)
      cluster.health.skipStart()
      cluster.health.update()
    }
    for (const { redis, cluster } of members.slice(masters)) {
      cluster.roles.connect()
      redis.server.endTurn()
    }
    const lacking = await untilNothingLacks(() => this.#firstLacking())
    if (lacking !== undefined) throw new StartError(`A replica does not get in sync: ${lacking}`)
    // A replica of an empty stream is not shown to clients.
    for (const one of members.slice(0, masters)) replicationOf(one.redis).requestAcknowledgements()
    for (const { redis } of members) redis.server.endTurn()
    await this.settled()
    for (const { cluster } of members) cluster.tick()
    this.#post.deliver()
    for (const { cluster } of members) cluster.announce()
    this.#post.deliver()
  }

  // ---- Who is who ------------------------------------------------------------------------------

  get nodes(): readonly RunningRedis[] {
    return this.#members.map(({ redis }) => redis)
  }

  get masters(): readonly RunningRedis[] {
    return this.#members.filter(isMaster).map(({ redis }) => redis)
  }

  replicasOf(master: RunningRedis): readonly RunningRedis[] {
    const { id } = this.#member(master).cluster.state.myself
    return this.#members
      .filter(({ cluster }) => cluster.state.myself.master?.id === id)
      .map(({ redis }) => redis)
  }

  nodeOf(key: string): RunningRedis {
    const slot = this.slotOf(key)
    const owner = this.#ownerOf(slot)
    if (owner === undefined) throw new Error(`Nobody serves slot ${slot}, of '${key}'`)
    return owner.redis
  }

  slotOf(key: string): number {
    return keySlot(fromText(key))
  }

  #ownerOf(slot: number): Member | undefined {
    return this.#members.find(one => isMaster(one) && one.cluster.state.myself.serves(slot))
  }

  #member(redis: RunningRedis): Member {
    const member = this.#members.find(one => one.redis === redis)
    if (member === undefined) throw new RangeError('This is no node of the cluster')
    return member
  }

  // ---- Slots -----------------------------------------------------------------------------------

  moveSlot(slot: number, to: RunningRedis): void {
    const target = this.#member(to)
    const source = this.#source(slot)
    if (target !== source) {
      moveKeys(source, target, slot)
      const { state } = target.cluster
      state.slots.importingFrom.delete(slot)
      state.slots.give(state.myself, slot)
      target.cluster.bumpEpoch()
    }
    source.cluster.state.slots.migratingTo.delete(slot)
    target.cluster.announce()
    target.redis.server.endTurn()
    this.#post.deliver()
  }

  beginMove(slot: number, to: RunningRedis): void {
    const target = this.#member(to)
    const source = this.#source(slot)
    const from = target.cluster.state.find(source.cluster.state.myself.id)
    const other = source.cluster.state.find(target.cluster.state.myself.id)
    if (from === undefined || other === undefined || target === source) {
      throw new RangeError('A slot moves from one master to another')
    }
    target.cluster.state.slots.importingFrom.set(slot, from)
    source.cluster.state.slots.migratingTo.set(slot, other)
  }

  #source(slot: number): Member {
    const source = this.#ownerOf(slot)
    if (source === undefined) throw new RangeError(`Nobody serves slot ${slot}`)
    return source
  }

  // ---- How far they are ------------------------------------------------------------------------

  async settled(options: WaitOptions = {}): Promise<void> {
    checkSettled(options)
    const timeout = milliseconds(options.timeout ?? PATIENCE_MS)
    const wanted = new Map(
      this.#members.map(one => [one.cluster.state.myself.id, replicationOf(one.redis).offset]),
    )
    const lacking = await untilNothingLacks(() => this.#firstLacking(wanted), timeout)
    if (lacking !== undefined) throw new Error(`Not settled in ${timeout} ms: ${lacking}`)
  }

  #firstLacking(wanted?: ReadonlyMap<string, number>): string | undefined {
    for (const member of this.#members) {
      const { master } = member.cluster.state.myself
      if (master === undefined) continue
      const { masterLink, offset } = replicationOf(member.redis)
      const name = `the replica at port ${member.redis.port}`
      const state = masterLink?.state ?? 'no link'
      if (state !== 'connected') return `${name} is not connected (${state})`
      if (!this.#isFed(member, master.id)) return `nobody sends ${name} the stream yet`
      const most = wanted?.get(master.id) ?? 0
      if (offset < most) return `${name} is at ${offset} of ${most} bytes`
    }
    return undefined
  }

  #isFed({ redis }: Member, master: string): boolean {
    const member = this.#members.find(({ cluster }) => cluster.state.myself.id === master)
    return member !== undefined && feeds(replicationOf(member.redis), redis.port)
  }

  // In a leap of the clock nothing comes through sockets: a link that stands would have said
  // something.
  #hear(member: Member): void {
    if (!this.clock.isFrozen) return
    const now = this.clock.now()
    const { masterLink, online } = replicationOf(member.redis)
    const master = member.cluster.state.myself.master?.id
    const isThere = this.#members.some(({ cluster }) => cluster.state.myself.id === master)
    if (isThere && masterLink?.client !== undefined) masterLink.client.lastActiveAt = now
    for (const replica of online) replica.heardAt = now
  }

  // ---- The end ---------------------------------------------------------------------------------

  env(login: Login | false = {}): ConnectionVariables {
    const [first] = this.nodes
    if (first === undefined) throw new Error('All nodes are closed')
    const urls = this.nodes.map(node => node.env(login).REDIS_URL)
    return { ...first.env(login), REDIS_CLUSTER_URLS: urls.join(',') }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled(this.nodes.map(node => node.close()))
    this.clock.reset()
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function isMaster({ cluster }: Member): boolean {
  return cluster.state.myself.isMaster
}

/** Lets a node know another one. */
function introduce({ state }: Cluster, { redis, cluster }: Member): void {
  const { id, shardId, flags, tcpPort, tlsPort, busPort } = cluster.state.myself
  const node = state.addNode(flags & ~NODE.myself, id, shardId)
  Object.assign(node, { ip: redis.host, tcpPort, tlsPort, busPort, pongReceivedAt: state.now() })
}

/** What a node knows of who serves what, and who follows whom: all know the same. */
function share({ state }: Cluster, members: readonly Member[], masters: number): void {
  const nodes = members.map(({ cluster }) => {
    const { id } = cluster.state.myself
    return state.myself.id === id ? state.myself : state.find(id)
  })
  for (const [i, node] of nodes.entries()) {
    if (node === undefined) continue
    if (i >= masters) {
      const master = nodes[i % masters]
      if (master !== undefined) state.makeReplica(node, master)
      continue
    }
    node.configEpoch = i + 1
    const end = Math.floor(((i + 1) * SLOT_COUNT) / masters)
    for (let slot = Math.floor((i * SLOT_COUNT) / masters); slot < end; slot++) {
      state.slots.add(node, slot)
    }
  }
  state.currentEpoch = masters
  state.myself.ip = members[0]?.redis.host ?? ''
}

function moveKeys({ cluster: from }: Member, { cluster: to }: Member, slot: number): void {
  for (const key of keysInSlot(from.db, slot)) {
    const value = from.db.take(key)
    if (value === undefined) continue
    from.db.changed(key, 'del')
    to.db.replace(key, value)
    to.db.changed(key, 'restore')
  }
}
