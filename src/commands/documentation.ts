// What COMMAND DOCS says of a command, as far as it follows from the table.

import type { ReplyWriter } from '../resp3/writer.ts'
import type { Command } from '../table/command.ts'

export function documentation(reply: ReplyWriter, command: Command): void {
  const subcommands = [...(command.subcommands?.values() ?? [])]
  reply.map(subcommands.length > 0 ? 4 : 3)
  reply.bulk('summary')
  reply.bulk('')
  reply.bulk('since')
  reply.bulk(command.since)
  reply.bulk('group')
  reply.bulk(command.group)
  if (subcommands.length === 0) return
  reply.bulk('subcommands')
  reply.map(subcommands.length)
  for (const subcommand of subcommands) {
    reply.bulk(subcommand.name)
    documentation(reply, subcommand)
  }
}
