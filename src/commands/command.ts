// COMMAND: what the server knows of its commands, all of it read from the one table.

import { categoryBit } from '../acl/category.ts'
import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { help } from '../host/help.ts'
import { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { CommandTable } from '../table/catalogue.ts'
import { type Command, hasArity, type KeySpec, READ, WRITE } from '../table/command.ts'
import { COMMAND } from '../table/families/server.ts'
import { keysOf } from '../table/keys.ts'
import { compile } from '../util/glob.ts'
import { documentation } from './documentation.ts'

export const command = handlers(COMMAND, {
  command: commandAll,
  'command|count': commandCount,
  'command|docs': commandDocs,
  'command|getkeys': commandGetkeys,
  'command|getkeysandflags': commandGetkeysandflags,
  'command|help': commandHelp,
  'command|info': commandInfo,
  'command|list': commandList,
})

function commandAll({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const commands = [...server.table.names]
  reply.array(commands.length)
  for (const [name, command] of commands) writeInfo(reply, command, name)
}

function commandCount({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(server.table.names.size)
}

function commandInfo(client: Client, args: Args, reply: ReplyWriter): void {
  const { table } = client.server
  if (args.count === 2) {
    commandAll(client, args, reply)
    return
  }
  reply.array(args.count - 2)
  for (const name of args.texts(2)) {
    const command = table.byFullName(name)
    if (command === undefined) reply.null()
    else writeInfo(reply, command)
  }
}

function commandDocs({ server }: Client, args: Args, reply: ReplyWriter): void {
  const { table } = server
  const asked = args.count === 2 ? [...table.names.values()] : args.texts(2)
  const commands = asked
    .map(name => (typeof name === 'string' ? table.byFullName(name) : name))
    .filter(command => command !== undefined)
  reply.map(commands.length)
  for (const command of commands) {
    reply.bulk(command.name)
    documentation(reply, command)
  }
}

function commandList({ server }: Client, args: Args, reply: ReplyWriter): void {
  const { table } = server
  const names = withSubcommands(table).filter(readFilter(args))
  reply.bulks(names.map(({ name }) => name))
}

function withSubcommands(table: CommandTable): Command[] {
  return [...table.names.values()].flatMap(command => [
    command,
    ...(command.subcommands?.values() ?? []),
  ])
}

/** FILTERBY MODULE, ACLCAT or PATTERN. */
function readFilter(args: Args): (command: Command) => boolean {
  if (args.count === 2) return () => true
  if (args.count !== 5 || !args.is(2, 'FILTERBY')) throw SYNTAX
  if (args.is(3, 'MODULE')) return () => false
  if (args.is(3, 'ACLCAT')) {
    const bit = categoryBit(args.text(4))
    return ({ categories }) => (categories & bit) !== 0
  }
  if (args.is(3, 'PATTERN')) {
    const matches = compile(args.text(4), true)
    return ({ name }) => matches(name)
  }
  throw SYNTAX
}

function commandGetkeys({ server }: Client, args: Args, reply: ReplyWriter): void {
  const keys = readKeys(server.table, args)
  reply.bulks(keys.map(({ name }) => name))
}

const RIGHTS_FLAGS: ReadonlyMap<number, readonly string[]> = new Map([
  [READ, ['RO', 'access']],
  [WRITE, ['OW', 'update']],
  [READ | WRITE, ['RW', 'access', 'update']],
  [0, ['RO']],
])

function commandGetkeysandflags({ server }: Client, args: Args, reply: ReplyWriter): void {
  const keys = readKeys(server.table, args)
  reply.array(keys.length)
  for (const { name, needs, flags } of keys) {
    reply.array(2)
    reply.bulk(name)
    const shown = flags ?? RIGHTS_FLAGS.get(needs) ?? []
    reply.set(shown.length)
    for (const flag of shown) reply.simple(flag)
  }
}

function readKeys(table: CommandTable, args: Args): ReturnType<typeof keysOf> {
  const asked = Args.of(args.texts(2))
  const command = table.findWhole(asked)
  if (command === undefined) throw err('Invalid command specified')
  if (command.keySpecs.length === 0 && command.findKeys === undefined) {
    throw err('The command has no key arguments')
  }
  if (!hasArity(command, asked)) throw err('Invalid number of arguments specified for command')
  const keys = keysOf(command, asked)
  if (keys.length > 0 || command.has('no_mandatory_keys')) return keys
  throw err('Invalid arguments specified for command')
}

function commandHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    '(no subcommand)',
    '    Describe all commands.',
    'COUNT',
    '    Count the commands.',
    'LIST',
    '    List the names of all commands.',
    'INFO [<command-name> ...]',
    '    Describe the named commands, or all.',
    'DOCS [<command-name> ...]',
    '    Show the documentation of the named commands, or of all.',
    'GETKEYS <full-command>',
    '    Show which words of a command are keys.',
    'GETKEYSANDFLAGS <full-command>',
    '    Show which words of a command are keys, and what is done to them.',
  ])
}

function writeInfo(reply: ReplyWriter, command: Command, name = command.name): void {
  reply.array(10)
  reply.bulk(name)
  reply.integer(command.arity)
  const flags = command.flagNames
  reply.set(flags.length)
  for (const flag of flags) reply.simple(flag)
  const { first, last, step } = command.keyRange
  reply.integer(first)
  reply.integer(last)
  reply.integer(step)
  const categories = command.categoryNames
  reply.set(categories.length)
  for (const category of categories) reply.simple(`@${category}`)
  reply.set(command.tips.length)
  for (const tip of command.tips) reply.bulk(tip)
  reply.set(command.keySpecs.length)
  for (const spec of command.keySpecs) writeKeySpec(reply, spec)
  const subcommands = [...(command.subcommands?.values() ?? [])]
  reply.set(subcommands.length)
  for (const subcommand of subcommands) writeInfo(reply, subcommand)
}

function writeKeySpec(reply: ReplyWriter, { flags, notes, begin, find }: KeySpec): void {
  reply.map(notes === undefined ? 3 : 4)
  if (notes !== undefined) {
    reply.bulk('notes')
    reply.bulk(notes)
  }
  reply.bulk('flags')
  reply.set(flags.length)
  for (const flag of flags) reply.simple(flag)
  reply.bulk('begin_search')
  writeSearch(reply, begin.type, searchFields(begin))
  reply.bulk('find_keys')
  writeSearch(reply, find.type, searchFields(find))
}

type Fields = readonly (readonly [string, string | number])[]

function searchFields(search: KeySpec['begin'] | KeySpec['find']): Fields {
  switch (search.type) {
    case 'index':
      return [['index', search.index]]
    case 'keyword':
      return [
        ['keyword', search.keyword],
        ['startfrom', search.startFrom],
      ]
    case 'range':
      return [
        ['lastkey', search.last],
        ['keystep', search.step],
        ['limit', search.limit],
      ]
    case 'keynum':
      return [
        ['keynumidx', search.keyNumIndex],
        ['firstkey', search.firstKey],
        ['keystep', search.step],
      ]
    case 'unknown':
      return []
  }
}

function writeSearch(reply: ReplyWriter, type: string, fields: Fields): void {
  reply.map(2)
  reply.bulk('type')
  reply.bulk(type)
  reply.bulk('spec')
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    if (typeof value === 'number') reply.integer(value)
    else reply.bulk(value)
  }
}
