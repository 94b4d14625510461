// `--replicas`: replicas beside the server, in this process, which have its settings and users and
// ports of their own. MOCK breaks their links and promotes them. What they log stands among what
// the server logs, behind their place in the JSON: `replicas[0]`.

import type { RedisServer } from '../engine/server.ts'
import type { Directive } from '../host/config/directives.ts'
import { MEMORY_FILES } from '../testing/client-files.ts'
import { TestClock } from '../testing/clock.ts'
import { steerSet } from '../testing/mock-command.ts'
import { newLogin } from '../testing/replication/link-login.ts'
import { Nodes, type SetNode } from '../testing/replication/nodes.ts'
import type { RunningRedis } from '../testing/running.ts'
import { startMember } from '../testing/start.ts'
import type { Remote } from '../transport/outgoing.ts'
import { fromText, toText } from '../util/bytes.ts'
import { UsageError } from './options.ts'
import type { ReplicaPlace, ServerPlace } from './place.ts'
import type { ServerWords } from './server-words.ts'

/** What a replica has not from the server's command line: where it listens, and its files. */
const OWN: ReadonlySet<string> = new Set([
  ...['port', 'tls-port', 'unixsocket', 'unixsocketperm', 'replicaof', 'slaveof'],
  ...['daemonize', 'pidfile', 'logfile', 'dir', 'dbfilename', 'save', 'appendonly'],
])

/** With any of these the default user may have no rights, or a password. */
const LOGINS = ['user', 'requirepass', 'aclfile']

export class ReplicaSet {
  readonly clock = new TestClock()
  readonly #words: ServerWords
  #isTls: boolean
  readonly #shared: Directive[] = []
  #nodes: Nodes<SetNode> | undefined

  constructor(words: ServerWords, isTls: boolean) {
    this.#words = words
    this.#isTls = isTls
  }

  /** Those that were given, and what links need behind them. */
  *directives(given: Iterable<Directive>): Generator<Directive> {
    const names = new Set<string>()
    const files = new Map<string, string>()
    for (const words of given) {
      const name = (words[0] ?? '').toLowerCase()
      names.add(name)
      files.set(name, words[1] ?? '')
      if (name === 'tls-port' && words[1] !== '0') this.#isTls = true
      if (!OWN.has(name)) this.#shared.push(words)
      yield words
    }
    const isInMemory = files.get('tls-cert-file') === fromText(MEMORY_FILES.cert)
    for (const words of this.#neededBy(names, isInMemory)) {
      this.#shared.push(words)
      yield words
    }
  }

  #neededBy(given: ReadonlySet<string>, isInMemory: boolean): Directive[] {
    const needed: Directive[] = []
    if (!given.has('repl-diskless-sync-delay')) needed.push(['repl-diskless-sync-delay', '0'])
    if (this.#isTls && !given.has('tls-replication')) needed.push(['tls-replication', 'yes'])
    if (isInMemory) {
      needed.push(['tls-client-cert-file', fromText(MEMORY_FILES.clientCert)])
      needed.push(['tls-client-key-file', fromText(MEMORY_FILES.clientKey)])
    }
    if (given.has('masterauth') || !LOGINS.some(name => given.has(name))) return needed
    if (given.has('aclfile')) {
      throw new UsageError('--replicas with an aclfile wants --masteruser and --masterauth')
    }
    const { user, password, rules } = newLogin()
    needed.push(['user', user, ...rules.split(' ')], ['masteruser', user])
    return [...needed, ['masterauth', password]]
  }

  readonly isLink = (peer: string): boolean => this.#nodes?.isLink(peer) === true

  /** Of the server itself, which may become a replica. */
  readonly detour = (target: Remote): Remote => {
    const first = this.#first
    return (first && this.#nodes?.detour(first, target)) ?? target
  }

  #first: SetNode | undefined

  /** Resolves when all are in sync. */
  async start(server: RedisServer, { host, port }: ServerPlace): Promise<readonly ReplicaPlace[]> {
    const first = { server, host, port }
    this.#first = first
    const nodes = new Nodes<SetNode>(this.clock, first, true)
    this.#nodes = nodes
    const places: ReplicaPlace[] = []
    for (let i = 0; i < this.#words.replicas; i++) {
      await nodes.add(async () => {
        const node = await this.#startReplica(nodes, line =>
          // Redis has no name for a node in its lines, and one process has one number.
          server.log.raw(`replicas[${i}] ${line}`),
        )
        node.server.log.notice(`Running mode=standalone, port=${node.port}.`)
        places.push({ host: node.host, port: node.port, url: node.url })
        return node
      })
    }
    if (this.#words.isMock) for (const node of nodes.all) steerSet(node.server, nodes)
    const lacking = await nodes.inSync()
    if (lacking !== undefined) server.log.warning(`A replica does not get in sync: ${lacking}`)
    return places
  }

  async #startReplica(nodes: Nodes<SetNode>, log: (line: string) => void): Promise<RunningRedis> {
    const { isMock, rdbVersion } = this.#words
    let node: RunningRedis | undefined
    const options = { tls: this.#isTls, unref: true, mockCommand: isMock, log }
    node = await startMember(rdbVersion === undefined ? options : { ...options, rdbVersion }, {
      clock: this.clock,
      directives: this.#shared.map(words => words.map(toText)),
      detour: target => (node && nodes.detour(node, target)) ?? target,
      isLink: this.isLink,
    })
    return node
  }
}
