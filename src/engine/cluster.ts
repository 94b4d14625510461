// What a node of a cluster says of itself, and of the requests that come to it. A lone server has
// none: whatever makes it a node (cluster/) takes this place.

import { ConfigError } from '../host/config/parameter.ts'
import type { Host } from '../host/host.ts'
import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Command } from '../table/command.ts'
import type { Client } from './client.ts'

export interface ClusterMember {
  /**
   * Why a request is not served here: MOVED, ASK, TRYAGAIN, CROSSSLOT, CLUSTERDOWN.
   *
   * @param flags what the request may do, see FLAG
   */
  redirect(client: Client, command: Command, args: Args, flags: number): ReplyError | undefined
  /** The same for what a script calls. */
  redirectInScript(run: SlotRun, command: Command, args: Args): ReplyError | undefined
  /** A message for whoever listens at another node; those of a shard for this shard alone. */
  publish(channel: string, message: string, isShard: boolean): void
  /** What a sharded channel, or a key, has. */
  slotOf(name: string): number
  /** What links to others take. */
  readonly linkBytes: number
  readonly linkCount: number
}

/** What is known of a script as it calls commands. */
export interface SlotRun {
  /** The client that its commands are run as. */
  readonly client: Client
  readonly command: Command
  readonly args: Args
  /** Whether its keys may be of several slots of this node. */
  readonly mayCrossSlots: boolean
  /** That of the keys that it has named or touched; undefined before the first call. */
  slot: number | undefined
}

/** What a node of a cluster cannot have: several databases, or a master of its own choice. */
export function restrictToCluster({ settings, config, log }: Host): void {
  if (settings.replicaof !== undefined) {
    throw new ConfigError('replicaof directive not allowed in cluster mode')
  }
  if (settings.databases <= 1) return
  log.warning(
    `WARNING: Changing databases number from ${settings.databases} to 1 since we are in cluster mode`,
  )
  config.put('databases', '1')
}
