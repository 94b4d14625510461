// The few points where features attach that the server itself knows nothing of.

import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { Client } from './client.ts'
import type { Command, Handler } from './command.ts'
import type { ScriptMemory } from './server.ts'

export interface ShutdownOptions {
  /** Undefined if the save points decide. */
  readonly save: boolean | undefined
  readonly now: boolean
  readonly force: boolean
}

export interface Hooks {
  /** May send the client elsewhere: MOVED, ASK, CLUSTERDOWN. */
  route?: (client: Client, command: Command, args: Args) => ReplyError | undefined
  /** Hears of every change of a key: client-side caches. */
  keyChanged?: (db: Database, key: string) => void
  /** RESET: a client gives up what features hold for it. */
  reset?: (client: Client) => void
  /** A client is gone. */
  released?: (client: Client) => void
  /** Ten times a second. */
  tick?: () => void
  closed?: () => void
  /** Files of the TLS settings that exist in memory only, by their names. */
  memoryFiles?: () => ReadonlyMap<string, string>
  /** INFO: the open listeners, and what scripts take. */
  listenerLines?: () => (readonly [string, string])[]
  scriptMemory?: () => ScriptMemory
  /** INFO: how many links MIGRATE keeps open. */
  migrationLinks?: () => number
  /** SHUTDOWN was asked for: whoever runs the process ends it. False if it must go on. */
  shutdown?: (options: ShutdownOptions) => boolean
  /** SHUTDOWN ABORT: false if no shutdown was under way. */
  abortShutdown?: () => boolean
  /** Hears of every command that ran; its reply begins at `mark` if it was written at once. */
  called?: (
    client: Client,
    command: Command,
    args: Args,
    durationMs: number,
    mark: number | undefined,
  ) => void
  /** Hears of every request that was refused. */
  refused?: (client: Client, command: Command | undefined, args: Args, error: ReplyError) => void
  /**
   * May keep an admitted request from going on: true if it did, or an error to refuse it with. It
   * never runs the request itself: what was held back is dispatched again.
   */
  intercept?: (client: Client, command: Command, args: Args) => boolean | ReplyError
  /** May run in the place of a command, where that would run: at once, or when EXEC comes to it. */
  instead?: (client: Client, command: Command, args: Args) => Handler | undefined
  /** The reply to a request, if there is one yet, was written from `mark` on. */
  answered?: (client: Client, mark: number) => void
  accepted?: (client: Client) => void
  handshakeFailed?: (error: HandshakeError) => void
}
