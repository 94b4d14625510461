// startReplication(): a master and replicas in one process, with one clock. Each replica reaches
// its master by a link that a test can break. Who the master is says the nodes themselves: who was
// told to follow whom is seen by where it connects to.

import { randomBytes } from 'node:crypto'
import { StartError } from '../../host/config/directives.ts'
import { Replication } from '../../replication/replication.ts'
import type { Remote } from '../../transport/outgoing.ts'
import { MEMORY_FILES } from '../client-files.ts'
import { REAL, TestClock } from '../clock.ts'
import type { ConnectionVariables, Login } from '../connect-options.ts'
import type { WaitOptions } from '../control.ts'
import { milliseconds } from '../duration.ts'
import type { RunningRedis } from '../running.ts'
import { checkReplication, checkSettled } from '../shapes.ts'
import { type Membership, startMember } from '../start.ts'
import { startFailure } from '../start-failure.ts'
import type { StartOptions } from '../start-options.ts'
import { Relay } from './link.ts'
import type { NodeOptions, ReplicationOptions } from './options.ts'
import type { ReplicatedRedis } from './replicated.ts'

/** Who replicas log in as where the default user cannot do it. */
const LINK_USER = 'redis-tls-mock-replica'
const LINK_RIGHTS = 'resetchannels -@all +psync +replconf +ping'

/** Real time; on a machine that is busy a sync takes a while. */
const PATIENCE_MS = 10_000

export async function startReplication(options: ReplicationOptions = {}): Promise<ReplicatedRedis> {
  try {
    checkReplication(options)
  } catch (error) {
    throw startFailure(error, { options: {} })
  }
  const set = new ReplicationSet()
  try {
    await set.start(options)
  } catch (error) {
    await set.close().catch(() => {})
    throw error
  }
  return set
}

function replicationOf({ server }: RunningRedis): Replication {
  return server.feature(Replication)
}

class ReplicationSet implements ReplicatedRedis {
  readonly clock = new TestClock()
  readonly links: Relay[] = []
  /** In the order of their links. */
  readonly #replicas: RunningRedis[] = []
  #master: RunningRedis | undefined
  #closing: Promise<void> | undefined

  // ---- The start -------------------------------------------------------------------------------

  async start({ replicas = 1, ...options }: ReplicationOptions): Promise<void> {
    const { port: _, unixsocket: __, ...common } = options
    const { users, config } = linkLogin(options)
    const first = await this.#startNode(
      { ...options, config: { ...config, ...options.config } },
      users,
    )
    this.#master = first
    const own = typeof replicas === 'number' ? Array<NodeOptions>(replicas).fill({}) : replicas
    // Two servers cannot keep their data in the same files.
    const alone = options.config?.appendonly === undefined ? {} : { appendonly: 'no' }
    for (const [i, one] of own.entries()) {
      const link = new Relay(this.clock, this.#unref, () => this.#untilBroken(i))
      await link.open()
      this.links.push(link)
      const settings = { ...config, ...options.config, ...alone, ...one.config }
      const node = await this.#startNode({ ...common, ...one, config: settings }, users)
      this.#replicas.push(node)
      replicationOf(node).follow(first.host, first.port)
    }
    const lacking = await this.#until(() => this.#firstLacking(), PATIENCE_MS)
    if (lacking !== undefined) throw new StartError(`A replica does not get in sync: ${lacking}`)
  }

  async #startNode(options: StartOptions, users: Membership['users']): Promise<RunningRedis> {
    let node: RunningRedis | undefined
    node = await startMember(options, {
      clock: this.clock,
      users,
      detour: target => (node === undefined ? target : this.#detour(node, target)),
      isLink: peer => this.links.some(link => link.leadsTo(peer)),
    })
    const { server } = node
    server.features.use({ tick: () => this.#hear(node) })
    return node
  }

  get #unref(): boolean {
    return this.master.server.listeners?.unref ?? false
  }

  // ---- Who is who ------------------------------------------------------------------------------

  get master(): RunningRedis {
    if (this.#master === undefined) throw new Error('The set has not started')
    return this.#master
  }

  get replicas(): readonly RunningRedis[] {
    return this.#replicas
  }

  /** A node is about to connect to another: the master, or, where that does so, its heir. */
  #detour(node: RunningRedis, target: Remote): Remote {
    if (node === this.#master) {
      const heir = this.#replicas.findIndex(({ port }) => port === target.port)
      if (heir < 0) return target
      this.#swap(heir)
    }
    return this.links[this.#replicas.indexOf(node)]?.detour(target) ?? target
  }

  #swap(i: number): void {
    const heir = this.#replicas[i]
    if (heir === undefined) throw new RangeError(`There is no replica ${i}`)
    this.#replicas[i] = this.master
    this.#master = heir
  }

  async promote(replica: number): Promise<void> {
    this.#swap(replica)
    const { host, port } = this.master
    replicationOf(this.master).lead()
    for (const node of this.#replicas) replicationOf(node).follow(host, port)
    this.#endTurns()
    const lacking = await this.#until(() => this.#firstLacking(this.#through), PATIENCE_MS)
    if (lacking !== undefined) throw new Error(`A replica does not follow: ${lacking}`)
  }

  #endTurns(): void {
    for (const { server } of [this.master, ...this.#replicas]) server.endTurn()
  }

  // ---- How far they are ------------------------------------------------------------------------

  async settled(options: WaitOptions = {}): Promise<void> {
    checkSettled(options)
    const broken = this.links.findIndex(({ isThrough }) => !isThrough)
    if (broken >= 0) {
      throw new Error(`links[${broken}] is ${this.links[broken]?.state}: resume() it first`)
    }
    const { offset } = replicationOf(this.master)
    const timeout = milliseconds(options.timeout ?? PATIENCE_MS)
    const lacking = await this.#until(() => this.#firstLacking(this.#all, offset), timeout)
    if (lacking === undefined) return
    const hint = this.clock.isFrozen ? '; the clock is frozen, and links and retries are on it' : ''
    throw new Error(`Not settled in ${timeout} ms: ${lacking}${hint}`)
  }

  get #all(): readonly number[] {
    return [...this.links.keys()]
  }

  /** Those whose links carry something. */
  get #through(): readonly number[] {
    return this.#all.filter(i => this.links[i]?.isThrough)
  }

  /** What is missing, if it is not in step with its master as that was. */
  #firstLacking(places = this.#all, offset?: number): string | undefined {
    const leader = replicationOf(this.master)
    const wanted = offset ?? leader.offset
    for (const i of places) {
      const node = this.#replicas[i]
      if (node === undefined) continue
      const { masterLink, offset: own } = replicationOf(node)
      const state = masterLink?.state ?? 'no link'
      if (state !== 'connected') return `replicas[${i}] is not connected (${state})`
      if (own < wanted) return `replicas[${i}] is at ${own} of ${wanted} bytes`
      if (!this.#isFed(node)) return `nobody sends replicas[${i}] the stream yet`
    }
    return undefined
  }

  /** Whether one of them, be it the master or, in a chain, another one, sends it the stream. */
  #isFed({ port }: RunningRedis): boolean {
    return [this.master, ...this.#replicas].some(node => {
      const { online } = replicationOf(node)
      return online.some(one => one.listeningPort === port && !one.awaitsLoading)
    })
  }

  async #untilBroken(i: number): Promise<void> {
    await this.#until(() => {
      const node = this.#replicas[i]
      if (node === undefined) return undefined
      const isUp = replicationOf(node).masterLink?.state === 'connected'
      return isUp || this.#isFed(node) ? 'still connected' : undefined
    }, PATIENCE_MS)
  }

  /** Real time passes until nothing is lacking any more, or what is lacking is told. */
  async #until(lacking: () => string | undefined, timeoutMs: number): Promise<string | undefined> {
    const end = REAL.monotonic() + timeoutMs
    for (let what = lacking(); what !== undefined; what = lacking()) {
      if (REAL.monotonic() > end) return what
      await new Promise<void>(resolve => REAL.setTimeout(resolve, 1))
    }
    return undefined
  }

  // A leap of the clock leaves no time for anything to come through a socket. What stands is not to
  // time out for that: whoever would have said something on the way counts as heard.
  #hear(node: RunningRedis): void {
    if (!this.clock.isFrozen) return
    const now = this.clock.now()
    for (const [i, { isThrough }] of this.links.entries()) {
      const replica = this.#replicas[i]
      if (!isThrough || replica === undefined) continue
      const client = replicationOf(replica).masterLink?.client
      if (replica === node && client !== undefined) client.lastActiveAt = now
      for (const one of replicationOf(node).online) {
        if (one.listeningPort === replica.port) one.heardAt = now
      }
    }
  }

  // ---- Others ----------------------------------------------------------------------------------

  env(login: Login | false = {}): ConnectionVariables {
    const urls = this.#replicas.map(node => node.env(login).REDIS_URL)
    return { ...this.master.env(login), REDIS_REPLICA_URLS: urls.join(',') }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const nodes = this.#master === undefined ? [] : [...this.#replicas, this.#master]
    const closed = await Promise.allSettled(nodes.map(node => node.close()))
    await Promise.all(this.links.map(link => link.close()))
    this.clock.reset()
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The settings that all nodes have, and who their links log in as. */
function linkLogin(
  options: ReplicationOptions,
): Pick<Membership, 'users'> & { readonly config: NonNullable<StartOptions['config']> } {
  const { users, requirepass, aclfile, config = {} } = options
  const common = { 'repl-diskless-sync-delay': 0, ...linkTls(options.tls) }
  const isOpen =
    users === undefined && requirepass === undefined && config.requirepass === undefined
  if (config.masterauth !== undefined) return { users: {}, config: common }
  if (aclfile !== undefined) {
    throw new StartError(
      'With an aclfile the user of the links is to be named: config.masteruser and .masterauth',
      { code: 'ERR_OPTION_CONFLICT', option: 'aclfile' },
    )
  }
  if (isOpen && config.user === undefined) return { users: {}, config: common }
  const password = randomBytes(16).toString('hex')
  return {
    users: { [LINK_USER]: `on >${password} ${LINK_RIGHTS}` },
    config: { ...common, masteruser: LINK_USER, masterauth: password },
  }
}

/** Nodes show the certificate of clients, where there is one that masters take. */
function linkTls(tls: ReplicationOptions['tls']): NonNullable<StartOptions['config']> {
  if (tls === false) return {}
  const { ca, caFile, clientCert, clientCertFile } = typeof tls === 'object' ? tls : {}
  const isStrange = (ca ?? caFile) !== undefined && (clientCert ?? clientCertFile) === undefined
  return {
    'tls-replication': true,
    ...(!isStrange && {
      'tls-client-cert-file': MEMORY_FILES.clientCert,
      'tls-client-key-file': MEMORY_FILES.clientKey,
    }),
  }
}
