// A connection's own state: who it is, which protocol it speaks, which database it uses.

import { DEFAULT_USER } from '../acl/user.ts'
import { logIn } from '../engine/authentication.ts'
import type { Client } from '../engine/client.ts'
import { checkClientName } from '../engine/client-info.ts'
import { databaseAt, readDatabaseIndex } from '../engine/database-index.ts'
import { handlers } from '../engine/handlers.ts'
import { REDIS_VERSION } from '../host/version.ts'
import type { Args } from '../resp3/args.ts'
import { err, replyError, SYNTAX, WRONG_ARITY } from '../resp3/errors.ts'
import type { ReplyWriter, RespVersion } from '../resp3/writer.ts'
import { CONNECTION } from '../table/families/connection.ts'

export const connection = handlers(CONNECTION, {
  auth,
  echo,
  hello,
  ping,
  quit,
  reset,
  select,
})

function auth(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw SYNTAX
  if (args.count === 2) {
    if (client.server.users.default.nopass) {
      throw err(
        'AUTH <password> called without any password configured for the default user. ' +
          'Are you sure your configuration is correct?',
      )
    }
    logIn(client, DEFAULT_USER, args.text(1))
  } else {
    logIn(client, args.text(1), args.text(2))
  }
  reply.ok()
}

function echo(_client: Client, args: Args, reply: ReplyWriter): void {
  reply.bulkBytes(args.slice(1))
}

function ping(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 2) throw WRONG_ARITY
  const isMessage = reply.resp === 2 && client.subscriptionCount > 0
  if (!isMessage && args.count === 1) {
    reply.simple('PONG')
    return
  }
  // A RESP2 subscriber reads messages only, so its pong looks like one.
  if (isMessage) {
    reply.array(2)
    reply.bulk('pong')
  }
  if (args.count === 2) reply.bulkBytes(args.slice(1))
  else reply.bulk('')
}

function quit(client: Client, _args: Args, reply: ReplyWriter): void {
  client.closeAfterReply = true
  reply.ok()
}

function select(client: Client, args: Args, reply: ReplyWriter): void {
  const { server } = client
  if (server.cluster !== undefined && readDatabaseIndex(args, 1) !== 0) throw NO_SELECT
  client.db = databaseAt(server, args, 1)
  reply.ok()
}

const NO_SELECT = err('SELECT is not allowed in cluster mode')

interface Hello {
  readonly version: RespVersion | undefined
  readonly login: { readonly user: string; readonly password: string } | undefined
  readonly name: string | undefined
}

function hello(client: Client, args: Args, reply: ReplyWriter): void {
  const { server } = client
  const { version, login, name } = readHello(args)
  if (login !== undefined) logIn(client, login.user, login.password)
  if (!client.authenticated) {
    throw replyError(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO ' +
        '<proto> AUTH <user> <pass> option can be used to authenticate the client and select ' +
        'the RESP protocol version at the same time',
    )
  }
  if (name !== undefined) client.name = name
  if (version !== undefined) reply.resp = version
  reply.map(7)
  reply.bulk('server')
  reply.bulk('redis')
  reply.bulk('version')
  reply.bulk(REDIS_VERSION)
  reply.bulk('proto')
  reply.integer(reply.resp)
  reply.bulk('id')
  reply.integer(client.id)
  reply.bulk('mode')
  reply.bulk(server.cluster === undefined ? 'standalone' : 'cluster')
  reply.bulk('role')
  reply.bulk(server.settings.replicaof === undefined ? 'master' : 'replica')
  reply.bulk('modules')
  reply.array(0)
}

const VERSION_NOT_INTEGER = err('Protocol version is not an integer or out of range')

function readHello(args: Args): Hello {
  let version: RespVersion | undefined
  let login: Hello['login']
  let name: string | undefined
  if (args.count > 1) {
    const asked = args.integer(1, VERSION_NOT_INTEGER)
    if (asked !== 2 && asked !== 3) throw replyError('NOPROTO unsupported protocol version')
    version = asked
  }
  for (let i = 2; i < args.count; i++) {
    const more = args.count - 1 - i
    if (args.is(i, 'AUTH') && more >= 2) {
      login = { user: args.text(i + 1), password: args.text(i + 2) }
      i += 2
    } else if (args.is(i, 'SETNAME') && more >= 1) {
      name = checkClientName(args.text(i + 1))
      i++
    } else {
      throw err(`Syntax error in HELLO option '${args.text(i)}'`)
    }
  }
  return { version, login, name }
}

function reset(client: Client, _args: Args, reply: ReplyWriter): void {
  client.resetState()
  reply.simple('RESET')
}
