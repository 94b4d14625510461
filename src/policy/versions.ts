// Which commands are in which category, by version of Redis: asked of 7.0.15 and 7.4.1 by ACL CAT.
//
// Of the table in commands/, the older version lacks what came later, and a category that one
// command got later. A rule such as +@blocking can so give other rights after an upgrade.

import { type Category, categoryBit } from '../acl/category.ts'
import type { CommandCatalog, CommandFacts } from '../acl/command-facts.ts'
import type { Command } from '../table/command.ts'
import { CATALOGUE } from '../table/redis.ts'
import { isLater } from '../table/row.ts'
import { lowerCase } from '../util/bytes.ts'

export const VERSIONS = ['7.0', '7.4'] as const

export type Version = (typeof VERSIONS)[number]

export const NEWEST: Version = '7.4'

/** A category that a command has from some version on. */
interface Recategorized {
  readonly command: string
  readonly gained: Category
  /** The first of VERSIONS in which it has it. */
  readonly from: Version
}

const RECATEGORIZED: readonly Recategorized[] = [
  { command: 'wait', gained: 'blocking', from: '7.4' },
]

/** The commands of a version, for readPolicy(). */
export function catalogOf(version: Version): CommandCatalog {
  return version === NEWEST ? CATALOGUE : new OlderCatalog(version)
}

class OlderCatalog implements CommandCatalog {
  readonly all: CommandFacts[] = []
  readonly #commands = new Map<string, CommandFacts>()

  constructor(version: Version) {
    for (const command of CATALOGUE.commands.values()) {
      const older = this.#copy(command, version, undefined)
      if (older !== undefined) this.#commands.set(command.name, older)
    }
  }

  find(name: string): CommandFacts | undefined {
    return this.#commands.get(lowerCase(name))
  }

  #copy(
    command: Command,
    version: Version,
    parent: CommandFacts | undefined,
  ): CommandFacts | undefined {
    if (isLater(command.since, version)) return undefined
    const { name, needsNoAuth } = command
    const subcommands = command.subcommands && new Map<string, CommandFacts>()
    const categories = categoriesIn(command, version)
    const copy = { id: this.all.length, name, categories, parent, subcommands, needsNoAuth }
    this.all.push(copy)
    for (const [sub, facts] of command.subcommands ?? []) {
      const older = this.#copy(facts, version, copy)
      if (older !== undefined) subcommands?.set(sub, older)
    }
    return copy
  }
}

function categoriesIn({ name, categories }: Command, version: Version): number {
  return RECATEGORIZED.filter(
    ({ command, from }) => command === name && VERSIONS.indexOf(version) < VERSIONS.indexOf(from),
  ).reduce((bits, { gained }) => bits & ~categoryBit(gained), categories)
}
