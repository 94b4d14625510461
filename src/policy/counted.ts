// Which commands count, wherever somebody counts them: matrices, differences, lint and the lab.

import type { CommandCatalog, CommandFacts } from '../acl/command-facts.ts'

/** AUTH and the like nobody can be denied, so that they say nothing of a user. */
export function isDecided({ needsNoAuth }: CommandFacts): boolean {
  return !needsNoAuth
}

/** Subcommands count, and not the container besides, since what it can do are they. */
export function isCounted(command: CommandFacts): boolean {
  return command.subcommands === undefined && isDecided(command)
}

export function countedCommands({ all }: CommandCatalog): readonly CommandFacts[] {
  return all.filter(isCounted)
}
