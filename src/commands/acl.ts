// ACL: users and their rules, as commands. The engine is acl/; what happens to live connections is
// in engine/authentication.ts.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { CATEGORIES } from '../acl/category.ts'
import { ACL_LOG_DEFAULT_COUNT, type LogRow } from '../acl/log.ts'
import { GENPASS_RANGE, generatePassword } from '../acl/password.ts'
import { DEFAULT_USER, type SelectorDescription } from '../acl/user.ts'
import { applyUserChanges, dismiss } from '../engine/authentication.ts'
import type { Client } from '../engine/client.ts'
import { dryrunRefusal } from '../engine/gate.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import { resolveFile } from '../host/config/directives.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { ACL } from '../table/families/server.ts'
import { toBuffer } from '../util/bytes.ts'
import { replaceFile } from '../util/files.ts'
import { systemReason } from '../util/system-error.ts'

export const acl = handlers(ACL, {
  'acl|cat': aclCat,
  'acl|deluser': aclDeluser,
  'acl|dryrun': aclDryrun,
  'acl|genpass': aclGenpass,
  'acl|getuser': aclGetuser,
  'acl|help': aclHelp,
  'acl|list': aclList,
  'acl|load': aclLoad,
  'acl|log': aclLog,
  'acl|save': aclSave,
  'acl|setuser': aclSetuser,
  'acl|users': aclUsers,
  'acl|whoami': aclWhoami,
})

function aclCat({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  if (args.count === 2) {
    reply.bulks(CATEGORIES)
    return
  }
  const index = (CATEGORIES as readonly string[]).indexOf(args.lower(2))
  if (index < 0) throw err(`Unknown category '${args.text(2).slice(0, 128)}'`)
  const bit = 1 << index
  const commands = server.table.catalogue.all.filter(({ categories }) => (categories & bit) !== 0)
  reply.bulks(commands.map(({ name }) => name))
}

function aclDeluser(client: Client, args: Args, reply: ReplyWriter): void {
  const names = args.texts(2)
  if (names.includes(DEFAULT_USER)) throw err("The 'default' user cannot be removed")
  const { server } = client
  let deleted = 0
  for (const name of names) {
    const user = server.users.delete(name)
    if (user === undefined) continue
    deleted++
    for (const other of [...server.clients.values()]) {
      if (other.user === user) dismiss(other)
    }
  }
  reply.integer(deleted)
}

function aclDryrun({ server }: Client, args: Args, reply: ReplyWriter): void {
  const user = server.users.get(args.text(2))
  if (user === undefined) throw err(`User '${args.text(2)}' not found`)
  const asked = Args.of(args.texts(3))
  const command = server.table.findWhole(asked)
  if (command === undefined) throw err(`Command '${args.text(3)}' not found`)
  const refusal = dryrunRefusal(user, command, asked)
  if (refusal === undefined) reply.ok()
  else reply.bulk(refusal)
}

function aclGenpass(_client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  const bits = args.count === 3 ? args.integer(2) : undefined
  const password = generatePassword(randomBytes, bits)
  if (password === undefined) throw err(GENPASS_RANGE)
  reply.bulk(password)
}

function aclGetuser(client: Client, args: Args, reply: ReplyWriter): void {
  const user = client.server.users.get(args.text(2))
  if (user === undefined) {
    reply.null()
    return
  }
  const { flags, passwords, selectors, ...root } = user.describe()
  reply.map(6)
  reply.bulk('flags')
  reply.set(flags.length)
  for (const flag of flags) reply.bulk(flag)
  reply.bulk('passwords')
  reply.bulks(passwords)
  writeSelector(reply, root)
  reply.bulk('selectors')
  reply.array(selectors.length)
  for (const selector of selectors) {
    reply.map(3)
    writeSelector(reply, selector)
  }
}

function writeSelector(reply: ReplyWriter, selector: SelectorDescription): void {
  reply.bulk('commands')
  reply.bulk(selector.commands)
  reply.bulk('keys')
  reply.bulk(selector.keys)
  reply.bulk('channels')
  reply.bulk(selector.channels)
}

function aclList({ server: { users } }: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulks(users.list().map(user => users.describe(user)))
}

function aclUsers({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulks(server.users.list().map(({ name }) => name))
}

function aclWhoami({ user }: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulkOrNull(user?.name)
}

function aclSetuser(client: Client, args: Args, reply: ReplyWriter): void {
  const { change, failure } = client.server.users.setuser(args.text(2), args.texts(3))
  if (failure !== undefined) throw err(failure.text)
  applyUserChanges(client.server, [change])
  reply.ok()
}

function aclLoad({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { aclfile } = server.settings
  const file = aclFile(server)
  let text: string
  try {
    text = fs.readFileSync(file, 'latin1')
  } catch (error) {
    throw err(`Error loading ACLs, opening file '${aclfile}': ${systemReason(error)}`)
  }
  const { changes, error } = server.users.load(text, aclfile)
  if (error !== undefined) throw err(error)
  applyUserChanges(server, changes)
  reply.ok()
}

function aclSave({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const file = aclFile(server)
  const draft = `${file}.tmp-${process.pid}-${server.random.below(1e9)}`
  const text = server.users.save()
  try {
    replaceFile(file, draft, out => out(toBuffer(text)))
  } catch (error) {
    server.log.warning(`Saving ACLs to '${file}': ${systemReason(error)}`)
    throw err(
      'There was an error trying to save the ACLs. Please check the server logs for more information',
    )
  }
  reply.ok()
}

function aclFile({ settings }: RedisServer): string {
  if (settings.aclfile !== '') return resolveFile(settings, settings.aclfile)
  throw err(
    'This Redis instance is not configured to use an ACL file. You may want to specify users via ' +
      'the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis ' +
      'configuration file set) in order to store users in the Redis configuration.',
  )
}

function aclLog({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  if (args.count === 3 && args.is(2, 'RESET')) {
    server.aclLog.reset()
    reply.ok()
    return
  }
  const count = args.count === 3 ? args.integer(2) : ACL_LOG_DEFAULT_COUNT
  const rows = server.aclLog.rows(server.keyspace.now, count)
  reply.array(rows.length)
  for (const row of rows) writeLogRow(reply, row)
}

function writeLogRow(reply: ReplyWriter, row: LogRow): void {
  const fields = Object.entries(row)
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    if (name === 'age-seconds') reply.double(value as number)
    else if (typeof value === 'number') reply.integer(value)
    else reply.bulk(value as string)
  }
}

function aclHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'CAT [<category>]',
    '    List the command categories, or the commands of one.',
    'DELUSER <username> [<username> ...]',
    '    Remove users and close their connections.',
    'DRYRUN <username> <command> [<arg> ...]',
    '    Say whether a user may run a command, without running it.',
    'GETUSER <username>',
    '    Show the rules of a user.',
    'GENPASS [<bits>]',
    '    Make a random password of 256 bits, or of as many as asked for.',
    'LIST',
    '    Show all users as lines of an ACL file.',
    'LOAD',
    '    Replace all users by those of the ACL file.',
    'LOG [<count> | RESET]',
    '    Show the latest refusals, or forget them.',
    'SAVE',
    '    Write all users to the ACL file.',
    'SETUSER <username> <attribute> [<attribute> ...]',
    '    Create a user or change its rules.',
    'USERS',
    '    List the names of all users.',
    'WHOAMI',
    '    Show the user of this connection.',
  ])
}
