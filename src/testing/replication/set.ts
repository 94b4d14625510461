// startReplication(): a master and replicas in one process, with one clock. Each replica reaches
// its master by a link that a test can break.

import { StartError } from '../../host/config/directives.ts'
import { MEMORY_FILES } from '../client-files.ts'
import { TestClock } from '../clock.ts'
import type { ClientName, ConnectionVariables, Login } from '../connect-options.ts'
import type { WaitOptions } from '../control.ts'
import { steerSet } from '../mock-command.ts'
import type { RunningRedis } from '../running.ts'
import { checkReplication } from '../shapes.ts'
import { type Membership, startMember } from '../start.ts'
import * as failures from '../start-failure.ts'
import type { StartOptions } from '../start-options.ts'
import { newLogin } from './link-login.ts'
import { Nodes } from './nodes.ts'
import type { NodeOptions, ReplicationOptions } from './options.ts'
import type { ReplicatedRedis, ReplicationLink, SetConnectOptions } from './replicated.ts'

export async function startReplication(options: ReplicationOptions = {}): Promise<ReplicatedRedis> {
  try {
    checkReplication(options)
  } catch (error) {
    throw failures.startFailure(error, { options: {} })
  }
  const { replicas = 1, port, unixsocket, ...common } = options
  const { users, config } = linkLogin(options)
  const settings = { ...config, ...options.config }
  const clock = new TestClock()
  let nodes: Nodes<RunningRedis> | undefined
  const start = async (of: StartOptions): Promise<RunningRedis> => {
    let node: RunningRedis | undefined
    node = await startMember(of, {
      clock,
      users,
      detour: target => (node && nodes?.detour(node, target)) ?? target,
      isLink: peer => nodes?.isLink(peer) === true,
    })
    return node
  }
  const own = {
    ...(port !== undefined && { port }),
    ...(unixsocket !== undefined && { unixsocket }),
  }
  const master = await start({ ...common, ...own, config: settings })
  nodes = new Nodes(clock, master, master.server.listeners?.unref ?? false)
  const set = new ReplicationSet(nodes)
  try {
    await addReplicas(nodes, start, { replicas, common, settings })
  } catch (error) {
    await set.close().catch(() => {})
    throw error
  }
  return set
}

interface Wanted {
  readonly replicas: number | readonly NodeOptions[]
  readonly common: StartOptions
  readonly settings: NonNullable<StartOptions['config']>
}

async function addReplicas(
  nodes: Nodes<RunningRedis>,
  start: (options: StartOptions) => Promise<RunningRedis>,
  { replicas, common, settings }: Wanted,
): Promise<void> {
  const each = typeof replicas === 'number' ? Array<NodeOptions>(replicas).fill({}) : replicas
  // Two servers cannot keep their data in the same files.
  const alone = settings.appendonly === undefined ? settings : { ...settings, appendonly: 'no' }
  for (const one of each) {
    await nodes.add(() => start({ ...common, ...one, config: { ...alone, ...one.config } }))
  }
  if (common.mockCommand) for (const { server } of nodes.all) steerSet(server, nodes)
  const lacking = await nodes.inSync()
  if (lacking !== undefined) throw new StartError(`A replica does not get in sync: ${lacking}`)
}

class ReplicationSet implements ReplicatedRedis {
  readonly #nodes: Nodes<RunningRedis>
  #closing: Promise<void> | undefined

  constructor(nodes: Nodes<RunningRedis>) {
    this.#nodes = nodes
  }

  get master(): RunningRedis {
    return this.#nodes.master
  }

  get replicas(): readonly RunningRedis[] {
    return this.#nodes.replicas
  }

  get links(): readonly ReplicationLink[] {
    return this.#nodes.links
  }

  get clock(): TestClock {
    return this.#nodes.clock
  }

  settled(options: WaitOptions = {}): Promise<void> {
    return this.#nodes.settled(options)
  }

  promote(replica: number): Promise<void> {
    return this.#nodes.promote(replica)
  }

  async reset(): Promise<void> {
    this.#nodes.putBack()
    // What is the master's goes to all of them again: it comes last.
    for (const node of [...this.replicas, this.master]) node.reset()
    await this.#nodes.settled()
  }

  connectOptions<C extends ClientName>(client: C, login: Login | false = {}): SetConnectOptions<C> {
    return {
      master: this.master.connectOptions(client, login),
      replicas: this.replicas.map(node => node.connectOptions(client, login)),
    }
  }

  env(login: Login | false = {}): ConnectionVariables {
    const urls = this.replicas.map(node => node.env(login).REDIS_URL)
    return { ...this.master.env(login), REDIS_REPLICA_URLS: urls.join(',') }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled(this.#nodes.all.map(node => node.close()))
    await this.#nodes.closeLinks()
    this.clock.reset()
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The settings that all nodes have, and who their links log in as. */
export function linkLogin(
  options: Pick<ReplicationOptions, 'users' | 'requirepass' | 'aclfile' | 'config' | 'tls'>,
): Required<Pick<Membership, 'users'>> & { readonly config: NonNullable<StartOptions['config']> } {
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
  const { user, password, rules } = newLogin()
  return {
    users: { [user]: rules },
    config: { ...common, masteruser: user, masterauth: password },
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
