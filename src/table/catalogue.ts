// The command table: finds a command by the bytes of its name, without making a string.
//
// Hot file. The definitions are immutable and built once a process; servers share them. A server
// that renames commands has a table of its own over the same definitions, since ACL rules and
// statistics go on using the original names.

import type { CommandCatalog } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'
import { invariant } from '../util/assert.ts'
import { lowerCase } from '../util/bytes.ts'
import { Command } from './command.ts'
import { type Family, isLater, type Profile, REDIS_7_4 } from './row.ts'
import { RowReader } from './row-reader.ts'

const LOWER = new Uint8Array(256).map((_, code) => (code >= 65 && code <= 90 ? code + 32 : code))

/** Every command and subcommand by its original name. */
export class CommandCatalogue implements CommandCatalog {
  /** The index is the command's id. */
  readonly all: readonly Command[]
  readonly commands: ReadonlyMap<string, Command>
  /** For tables that rename nothing. */
  readonly index: Index

  constructor(families: readonly Family[], { version }: Profile = REDIS_7_4) {
    const all: Command[] = []
    const commands = new Map<string, Command>()
    const reader = new RowReader(version)
    for (const family of families) {
      for (const [name, spec] of Object.entries(family.commands)) {
        if (isLater(spec.since, version)) continue
        invariant(!commands.has(name), `one command ${name}`)
        commands.set(name, new Command(name, spec, family, undefined, all, reader))
      }
    }
    this.all = all
    this.commands = commands
    this.index = indexOf(commands)
  }

  find(name: string): Command | undefined {
    return this.commands.get(lowerCase(name))
  }

  /** A command by its full name in any case: 'get', 'config|set'. */
  byFullName(name: string): Command | undefined {
    return withSubcommand(name, container => this.find(container))
  }
}

function withSubcommand(
  name: string,
  find: (container: string) => Command | undefined,
): Command | undefined {
  const bar = name.indexOf('|')
  if (bar < 0) return find(name)
  return find(name.slice(0, bar))?.subcommands?.get(lowerCase(name.slice(bar + 1)))
}

/** Whether word 1 is no subcommand of the container that was found. */
export function lacksSubcommand({ subcommands }: Command, args: Args): boolean {
  return subcommands !== undefined && args.count > 1
}

export class CommandTable {
  readonly catalogue: CommandCatalogue
  /** The names that clients use: the original ones but for renamed commands. */
  names: ReadonlyMap<string, Command>
  #slots!: readonly (Command | undefined)[]
  #slotNames!: readonly string[]
  #mask = 0

  constructor(catalogue: CommandCatalogue) {
    this.catalogue = catalogue
    this.names = catalogue.commands
    this.#use(catalogue.index)
  }

  /** Renames a command, or hides it if the new name is empty. */
  rename(from: string, to: string): void {
    const name = lowerCase(from)
    const command = this.names.get(name)
    invariant(command !== undefined, `command ${from}`)
    const names = new Map(this.names)
    names.delete(name)
    if (to !== '') names.set(lowerCase(to), command)
    this.names = names
    this.#use(indexOf(names))
  }

  byName(name: string): Command | undefined {
    return this.names.get(lowerCase(name))
  }

  /** The same with a subcommand: 'config|set'. */
  byFullName(name: string): Command | undefined {
    return withSubcommand(name, container => this.byName(container))
  }

  /**
   * The command that word 0 names, or the subcommand of a container that word 1 names. A container
   * itself if there is no word 1, or none that it knows.
   */
  find(args: Args): Command | undefined {
    const { bytes, marks } = args
    const start = marks[0]!
    const length = marks[1]! - start
    let hash = length
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + LOWER[bytes[start + i]!]!) | 0
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const command = this.#slots[slot]
      if (command === undefined) return undefined
      const name = this.#slotNames[slot]!
      if (name.length !== length) continue
      let i = 0
      while (i < length && LOWER[bytes[start + i]!] === name.charCodeAt(i)) i++
      if (i < length) continue
      if (command.subcommands === undefined || args.count < 2) return command
      return command.subcommands.get(args.lower(1)) ?? command
    }
  }

  /** As find(); undefined also for an unknown subcommand. */
  findWhole(args: Args): Command | undefined {
    const command = this.find(args)
    return command === undefined || lacksSubcommand(command, args) ? undefined : command
  }

  #use({ slots, slotNames }: Index): void {
    this.#slots = slots
    this.#slotNames = slotNames
    this.#mask = slots.length - 1
  }
}

/** A hash table with open addressing, by the bytes of the names. */
interface Index {
  readonly slots: readonly (Command | undefined)[]
  readonly slotNames: readonly string[]
}

function indexOf(names: ReadonlyMap<string, Command>): Index {
  let size = 64
  while (size < names.size * 4) size *= 2
  const mask = size - 1
  const slots: (Command | undefined)[] = new Array(size).fill(undefined)
  const slotNames: string[] = new Array(size).fill('')
  for (const [name, command] of names) {
    let hash = name.length
    for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0
    let slot = hash & mask
    while (slots[slot] !== undefined) slot = (slot + 1) & mask
    slots[slot] = command
    slotNames[slot] = name
  }
  return { slots, slotNames }
}
