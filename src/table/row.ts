// What a command says of itself: one row in the table of its family, and nothing of what it does.
// From the rows come arity and flag checks, ACL categories, key positions, COMMAND, MULTI, cluster
// routing, which words are secret, and the README's list. Whoever only has to know commands, as the
// tools around policies do, loads rows alone.
//
// A key spec is a text: access and flags, then where the keys are.
//   'RO access 1'            the word at index 1
//   'RM delete 1..-1'        from index 1 to the last word (-2: to the last but one)
//   'OW update 1..-1/2'      every second word of them
//   'RO access 1..+1'        index 1 and the one after it
//   'RO access 2#'           index 2 holds the number of keys, the keys follow it
//   'RO access STREAMS@1..-1%2'  after the word STREAMS, searched from index 1, the first half
//   'OW update ?'            cannot be said; the row then has a findKeys function

import type { KeyPlace } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'

export type KeyFinder = (args: Args) => readonly KeyPlace[]

export interface Row {
  /** Redis's convention: n means exactly n words, -n at least n. */
  readonly arity: number
  readonly flags?: string
  readonly keys?: string | readonly string[]
  /**
   * Finds the keys where the specs cannot say it, or says more exactly what is done to them: by
   * the function that the handler reads the words with, so that what is checked is what is touched.
   */
  readonly findKeys?: KeyFinder
  /** Which words are channels: '1', '1..' or 'pattern 1..'. */
  readonly channels?: string
  /** Categories that replace the family's own; those that the flags imply are added to either. */
  readonly acl?: string
  /**
   * Which words are secret: '1..' all from word 1 on, '2 settings', '3 request' (another one), or
   * options in capitals, each with a name for every word that follows it, starred if it is secret:
   * '2 SETNAME name AUTH *user *password'.
   */
  readonly secrets?: string
  readonly secretReply?: SecretReply
  /** The setting without which a protected command is refused. */
  readonly allowedBy?: 'enable-debug-command' | 'enable-module-command'
  readonly tips?: string
  /** Remarks on the key specs, one each, as COMMAND INFO shows them. */
  readonly notes?: readonly (string | undefined)[]
  readonly since: string
  /** As in COMMAND DOCS, where it is not the family's. */
  readonly group?: string
  readonly subcommands?: Rows
}

export type Rows = Readonly<Record<string, Row>>

/** What of a reply is secret: all of it, the hashes of passwords, the values of some settings. */
export type SecretReply = 'all' | 'hashes' | 'settings'

export interface Family<R extends Rows = Rows> {
  readonly group: string
  readonly acl: string
  readonly commands: R
}

export function family<const R extends Rows>(group: string, acl: string, commands: R): Family<R> {
  return { group, acl, commands }
}

/**
 * The names of what can be run of a family: 'get', 'config|set'. A container is none of them unless
 * it may be sent alone, as COMMAND.
 */
export type NameOf<F extends Family> = F extends Family<infer R> ? NameIn<R> : never

type NameIn<R extends Rows> = {
  [N in keyof R & string]: R[N] extends { readonly subcommands: infer S }
    ? `${N}|${keyof S & string}` | (R[N]['arity'] extends -1 ? N : never)
    : N
}[keyof R & string]

export interface Profile {
  readonly product: 'redis'
  /** '7.4', or with a patch level, which does not matter here. */
  readonly version: string
}

export const REDIS_7_4: Profile = { product: 'redis', version: '7.4' }

/** Whether something exists `since` a version, '7.2.0', that is after another, '7.0'. */
export function isLater(since: string, version: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number)
  const [ofMajor = 0, ofMinor = 0] = version.split('.').map(Number)
  return major > ofMajor || (major === ofMajor && minor > ofMinor)
}
