// What commands do: one function for each name of a family's rows. The compiler sees to it that none
// is missing and none is left over.

import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { CommandCatalogue } from '../table/catalogue.ts'
import type { Command } from '../table/command.ts'
import type { Family, NameOf } from '../table/row.ts'
import { warmingUp } from '../util/lazy.ts'
import type { Client } from './client.ts'

export type Handler = (client: Client, args: Args, reply: ReplyWriter) => void
/** The flags of one request, where its words or its client decide: undefined if they do not. */
export type FlagFinder = (client: Client, command: Command, args: Args) => number | undefined

export interface HandlerSet {
  readonly family: Family
  readonly run: Readonly<Record<string, Handler>>
  readonly findFlags: Readonly<Partial<Record<string, FlagFinder>>> | undefined
}

export function handlers<F extends Family>(
  family: F,
  run: Readonly<Record<NameOf<F>, Handler>>,
  findFlags?: Readonly<Partial<Record<NameOf<F>, FlagFinder>>>,
): HandlerSet {
  return { family, run, findFlags }
}

/** Handlers of a family that are loaded when one of them is first needed. */
export interface LateHandlers {
  readonly family: Family
  readonly load: () => HandlerSet
}

export function late(family: Family, load: () => HandlerSet): LateHandlers {
  return { family, load }
}

/** In the place of a function that is still to be written. */
export const notWritten: Handler = (_client, args) => {
  throw err(`command '${args.lower(0)}' is known to this server but not written yet`)
}

/** A catalogue with what its commands do. */
export class Commands {
  readonly catalogue: CommandCatalogue
  /** By the commands' ids. */
  readonly run: readonly Handler[]
  readonly findFlags: readonly (FlagFinder | undefined)[]
  readonly #run: Handler[]
  readonly #findFlags: (FlagFinder | undefined)[]

  constructor(catalogue: CommandCatalogue, sets: readonly (HandlerSet | LateHandlers)[]) {
    this.catalogue = catalogue
    this.run = this.#run = catalogue.all.map(() => notWritten)
    this.findFlags = this.#findFlags = catalogue.all.map(() => undefined)
    for (const set of sets) {
      if ('load' in set) this.#promise(set)
      else this.#add(set)
    }
  }

  #add({ run, findFlags = {} }: HandlerSet): void {
    for (const [name, handler] of Object.entries(run)) {
      const id = this.#idOf(name)
      if (id !== undefined) this.#run[id] = handler
    }
    for (const [name, finder] of Object.entries(findFlags)) {
      const id = this.#idOf(name)
      if (id !== undefined) this.#findFlags[id] = finder
    }
  }

  /** Whatever is first needed of the family takes all of it in. */
  #promise({ family, load }: LateHandlers): void {
    for (const name of namesOf(family)) {
      const id = this.#idOf(name)
      if (id === undefined) continue
      const loaded = (): void => {
        this.#run[id] = notWritten
        this.#findFlags[id] = undefined
        this.#add(warmingUp(load))
      }
      this.#run[id] = (client, args, reply) => {
        loaded()
        const handler = this.run[id] ?? notWritten
        handler(client, args, reply)
      }
      this.#findFlags[id] = (client, command, args) => {
        loaded()
        return this.findFlags[id]?.(client, command, args)
      }
    }
  }

  /** Undefined for what the catalogue does not have: it came with a later version. */
  #idOf(name: string): number | undefined {
    return this.catalogue.byFullName(name)?.id
  }
}

/** What can be run of a family: see NameOf. */
function namesOf({ commands }: Family): string[] {
  return Object.entries(commands).flatMap(([name, { arity, subcommands = {} }]) => {
    const parts = Object.keys(subcommands).map(subcommand => `${name}|${subcommand}`)
    return parts.length === 0 || arity === -1 ? [name, ...parts] : parts
  })
}
