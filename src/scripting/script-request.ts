// What is asked for when a script or a function is to run.

import type { Client } from '../engine/client.ts'
import type { Args } from '../resp3/args.ts'
import type { Command } from '../table/command.ts'

/** What is run: a script by its SHA1, or a function by its name. */
export interface Runnable {
  readonly kind: 'script' | 'function'
  readonly name: string
  readonly flags: number
}

/** The request that runs it. */
export interface ScriptRequest {
  readonly caller: Client
  readonly command: Command
  readonly args: Args
}

/** The words of EVAL and its like, without the script itself. */
export interface ScriptArguments {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}
