// What startReplication() gives: a master, its replicas, and the links between them.

import type { TestClock } from '../clock.ts'
import type { ClientName, ConnectionVariables, ConnectOptions, Login } from '../connect-options.ts'
import type { WaitOptions } from '../control.ts'
import type { Duration } from '../duration.ts'
import type { RunningRedis } from '../running.ts'

/**
 * The way between a replica and whoever is its master. What happens on it is as on a network:
 * neither side knows of it but by what comes and what does not.
 */
export interface ReplicationLink {
  /**
   * Breaks the connection; a new one gets no answer until resume(). Resolves when both sides know.
   */
  cut(): Promise<void>
  /** Holds back all bytes, in both directions, until resume(). The connection stands. */
  hold(): void
  /** Bytes take so long, in each direction, on the clock of the set. */
  delay(duration: Duration): void
  /** Ends what the others began: what was held back is on its way. */
  resume(): void
  /** What it is at present. */
  readonly state: 'open' | 'cut' | 'held' | 'delayed'
}

/** What a client needs for each node; no library takes them at once without Cluster or Sentinel. */
export interface SetConnectOptions<C extends ClientName> {
  readonly master: ConnectOptions[C]
  /** In the order of `replicas`. */
  readonly replicas: readonly ConnectOptions[C][]
}

/** A master and its replicas. */
export interface ReplicatedRedis {
  /** Whoever is the master now, also after a FAILOVER that a client asked for. */
  readonly master: RunningRedis
  /** The others, each in the place that it has had; a master that was replaced is in its heir's. */
  readonly replicas: readonly RunningRedis[]
  /** By replica: `links[0]` is the way between `replicas[0]` and its master. */
  readonly links: readonly ReplicationLink[]
  /** The time of all nodes, and of what links delay. */
  readonly clock: TestClock
  /**
   * Resolves when all replicas have all that the master had when this was called.
   * @throws Error for a link that is cut or held, and if it takes longer than `timeout`, 10 seconds
   * of real time by default
   */
  settled(options?: WaitOptions): Promise<void>
  /**
   * Makes a replica the master, which the others then follow, the old master too; what it did not
   * have by then is lost. Resolves when all have followed whose links are neither cut nor held.
   * @param replica its place in `replicas`
   * @throws RangeError if there is none
   */
  promote(replica: number): Promise<void>
  /**
   * As it was at its start: no data, links whole, whoever was the master is it again, and all else
   * that reset() of a node does. Connections stay. Resolves when all are in sync.
   * @throws Error if they do not get in sync
   */
  reset(): Promise<void>
  /**
   * What a client needs to reach each node as it is now: one to write, and those to read from.
   * @throws TypeError as connectOptions() of a node
   */
  connectOptions<C extends ClientName>(client: C, login?: Login | false): SetConnectOptions<C>
  /** The master's env(), with REDIS_REPLICA_URLS: the replicas' URLs, with commas in between. */
  env(login?: Login | false): ConnectionVariables
  /** Closes all nodes. @throws what the first of them throws that does; see RunningRedis */
  close(): Promise<void>
  /** For `await using`: close(). */
  [Symbol.asyncDispose](): Promise<void>
}
