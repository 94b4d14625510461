// What the access rules know of commands and requests: plain data, no commands and no clients. The
// server's own command objects have these shapes already; tests and tools may bring their own.

/** Rights to a key, as bits. */
export const READ = 1
export const WRITE = 2

export interface CommandFacts {
  /** 0 to n - 1 without gaps; containers and subcommands each have their own. */
  readonly id: number
  /** Lower case: 'get', 'config|set'. */
  readonly name: string
  /** A set of bits: bit i stands for CATEGORIES[i]. */
  readonly categories: number
  readonly parent: CommandFacts | undefined
  /** By short lower-case name. */
  readonly subcommands: ReadonlyMap<string, CommandFacts> | undefined
  /** AUTH, HELLO, QUIT and RESET, which no rule can forbid. */
  readonly needsNoAuth: boolean
}

export interface CommandCatalog {
  /** The index is the command's id. */
  readonly all: readonly CommandFacts[]
  /** A top-level command by its original name, whatever it was renamed to, in any case. */
  find(name: string): CommandFacts | undefined
}

/** Which word is a key, and what is done to it. */
export interface KeyPlace {
  readonly position: number
  /** READ, WRITE, both, or 0 where any pattern that matches will do. */
  readonly needs: number
  /** The flags of the key's spec, as COMMAND GETKEYSANDFLAGS shows them; else those of `needs`. */
  readonly flags?: readonly string[]
}

export interface KeyUse extends KeyPlace {
  readonly name: string
}

export interface ChannelUse {
  readonly name: string
  readonly position: number
  /** True for PSUBSCRIBE, whose patterns are compared with the allowed ones literally. */
  readonly isPattern: boolean
}
