// What commands do: one function for each name of a family's rows. The compiler sees to it that none
// is missing and none is left over.

import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { CommandCatalogue } from '../table/catalogue.ts'
import type { Command } from '../table/command.ts'
import type { Family, NameOf } from '../table/row.ts'
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

  constructor(catalogue: CommandCatalogue, sets: readonly HandlerSet[]) {
    const run: Handler[] = catalogue.all.map(() => notWritten)
    const findFlags: (FlagFinder | undefined)[] = catalogue.all.map(() => undefined)
    for (const set of sets) {
      // What the catalogue does not have came with a later version.
      for (const [name, handler] of Object.entries(set.run)) {
        const id = catalogue.byFullName(name)?.id
        if (id !== undefined) run[id] = handler
      }
      for (const [name, finder] of Object.entries(set.findFlags ?? {})) {
        const id = catalogue.byFullName(name)?.id
        if (id !== undefined) findFlags[id] = finder
      }
    }
    this.catalogue = catalogue
    this.run = run
    this.findFlags = findFlags
  }
}
