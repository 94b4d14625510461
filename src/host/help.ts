// The HELP subcommand of every container.

import type { Args } from '../resp3/args.ts'
import { err, type ReplyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'

/** Redis's frame around the lines that describe a container's subcommands. */
export function help(reply: ReplyWriter, args: Args, lines: readonly string[]): void {
  const all = [
    `${args.option(0)} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...lines,
    'HELP',
    '    Print this help.',
  ]
  reply.array(all.length)
  for (const line of all) reply.simple(line)
}

/** For a subcommand that exists but was not given what it takes. */
export function subcommandSyntax(args: Args): ReplyError {
  return err(
    `unknown subcommand or wrong number of arguments for '${args.text(1).slice(0, 128)}'. ` +
      `Try ${args.option(0)} HELP.`,
  )
}
