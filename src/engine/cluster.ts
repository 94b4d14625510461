// What a node of a cluster says of itself, and of the requests that come to it. A lone server has
// none: whatever makes it a node (cluster/) takes this place.

import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Command } from '../table/command.ts'
import type { Session } from './session.ts'

export interface ClusterMember {
  /**
   * Why a request is not served here: MOVED, ASK, TRYAGAIN, CROSSSLOT, CLUSTERDOWN.
   *
   * @param flags what the request may do, see FLAG
   */
  redirect(client: Session, command: Command, args: Args, flags: number): ReplyError | undefined
  /** The same for what a script calls. */
  redirectInScript(run: SlotRun, command: Command, args: Args): ReplyError | undefined
  /** A message for whoever listens at another node; those of a shard for this shard alone. */
  publish(channel: string, message: string, isShard: boolean): void
  /** What links to others take. */
  readonly linkBytes: number
  readonly linkCount: number
}

/** What is known of a script as it calls commands. */
export interface SlotRun {
  /** The client that its commands are run as. */
  readonly client: Session
  readonly command: Command
  readonly args: Args
  /** Whether its keys may be of several slots of this node. */
  readonly mayCrossSlots: boolean
  /** That of the keys that it has named or touched; undefined before the first call. */
  slot: number | undefined
}
