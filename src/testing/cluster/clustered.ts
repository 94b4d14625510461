// What startCluster() gives: nodes that share the slots.

import type { TestClock } from '../clock.ts'
import type { ConnectionVariables, Login } from '../connect-options.ts'
import type { WaitOptions } from '../control.ts'
import type { RunningRedis } from '../running.ts'

/** The nodes of a cluster. */
export interface ClusteredRedis {
  /** All that were started and are not closed, in the order of their start: masters first. */
  readonly nodes: readonly RunningRedis[]
  /** Those that are masters now, also after a failover. */
  readonly masters: readonly RunningRedis[]
  /** The replicas that a master has now. */
  replicasOf(master: RunningRedis): readonly RunningRedis[]
  /** The master that serves a key. @throws Error if nobody does */
  nodeOf(key: string): RunningRedis
  /** The slot of a key, 0 to 16383. */
  slotOf(key: string): number
  /**
   * Gives a slot to a master, with the keys in it: clients are told MOVED from then on.
   * @throws RangeError for a slot that there is not, or that nobody serves
   */
  moveSlot(slot: number, to: RunningRedis): void
  /**
   * Begins to give a slot to a master, and does no more: clients are told ASK for keys that are not
   * there. moveSlot() ends it.
   */
  beginMove(slot: number, to: RunningRedis): void
  /** The time of all nodes: one that was closed fails for the others once they have waited. */
  readonly clock: TestClock
  /**
   * Resolves when all replicas have all that their masters had when this was called.
   * @throws Error if it takes longer than `timeout`, 10 seconds of real time by default
   */
  settled(options?: WaitOptions): Promise<void>
  /** The first node's env(), with REDIS_CLUSTER_URLS: the URLs of all, with commas in between. */
  env(login?: Login | false): ConnectionVariables
  /** Closes all nodes. @throws what the first of them throws that does; see RunningRedis */
  close(): Promise<void>
  /** For `await using`: close(). */
  [Symbol.asyncDispose](): Promise<void>
}
