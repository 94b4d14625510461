// CLIENT: connections, seen and handled from a connection.

import type { Client } from '../engine/client.ts'
import { checkClientName, isPlain } from '../engine/client-info.ts'
import { handlers } from '../engine/handlers.ts'
import type { ClientType, Tracking } from '../engine/session.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err, STRING_TOO_LONG, SYNTAX } from '../resp3/errors.ts'
import { ReplyWriter } from '../resp3/writer.ts'
import { CLIENT } from '../table/families/connection.ts'
import { readTimeoutMs } from '../table/readers/timeout.ts'
import { toBuffer } from '../util/bytes.ts'
import { ROPE_MAX } from '../util/limits.ts'

export const client = handlers(CLIENT, {
  'client|caching': clientCaching,
  'client|getname': clientGetname,
  'client|getredir': clientGetredir,
  'client|help': clientHelp,
  'client|id': clientId,
  'client|info': clientInfo,
  'client|kill': clientKill,
  'client|list': clientList,
  'client|no-evict': clientNoEvict,
  'client|no-touch': clientNoTouch,
  'client|pause': clientPause,
  'client|reply': clientReply,
  'client|setinfo': clientSetinfo,
  'client|setname': clientSetname,
  'client|tracking': clientTracking,
  'client|trackinginfo': clientTrackinginfo,
  'client|unblock': clientUnblock,
  'client|unpause': clientUnpause,
})

function clientId(client: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(client.id)
}

function clientInfo(client: Client, _args: Args, reply: ReplyWriter): void {
  reply.verbatim(`${client.server.describeClient(client)}\n`)
}

function clientGetname({ name }: Client, _args: Args, reply: ReplyWriter): void {
  if (name === '') reply.null()
  else reply.bulk(name)
}

function clientSetname(client: Client, args: Args, reply: ReplyWriter): void {
  client.name = checkClientName(args.text(2))
  reply.ok()
}

function clientSetinfo(client: Client, args: Args, reply: ReplyWriter): void {
  const attribute = args.option(2)
  if (attribute !== 'LIB-NAME' && attribute !== 'LIB-VER') {
    throw err(`Unrecognized option '${args.text(2)}'`)
  }
  const value = args.text(3)
  if (value.length > ROPE_MAX) throw STRING_TOO_LONG
  if (!isPlain(value)) {
    throw err(`${args.text(2)} cannot contain spaces, newlines or special characters.`)
  }
  if (attribute === 'LIB-NAME') client.libraryName = value
  else client.libraryVersion = value
  reply.ok()
}

// ---- Seeing and closing connections ------------------------------------------------------------

function readType(args: Args, i: number): ClientType {
  const name = args.lower(i)
  if (name === 'slave') return 'replica'
  if (name === 'normal' || name === 'pubsub' || name === 'master' || name === 'replica') return name
  throw err(`Unknown client type '${args.text(i)}'`)
}

const INVALID_ID = err('Invalid client ID')

function clientList({ server }: Client, args: Args, reply: ReplyWriter): void {
  let clients = [...server.clients.values()]
  if (args.count === 4 && args.is(2, 'TYPE')) {
    const type = readType(args, 3)
    clients = clients.filter(client => client.type === type)
  } else if (args.count > 3 && args.is(2, 'ID')) {
    const ids = args.texts(3).map((_, i) => args.integer(i + 3, INVALID_ID))
    clients = ids.map(id => server.clients.get(id)).filter(client => client !== undefined)
  } else if (args.count !== 2) {
    throw SYNTAX
  }
  // Not joined: an id may be asked for very often, and names may be long.
  const lines = new ReplyWriter()
  for (const client of clients) lines.raw(toBuffer(`${server.describeClient(client)}\n`))
  reply.verbatimBytes(lines.take())
}

type Filter = (client: Client) => boolean

function clientKill(client: Client, args: Args, reply: ReplyWriter): void {
  const { server } = client
  const isOldForm = args.count === 3
  const matches: Filter = isOldForm ? ({ peer }) => peer === args.text(2) : readKill(client, args)
  let killed = 0
  for (const other of [...server.clients.values()]) {
    if (!matches(other)) continue
    server.disconnect(other)
    killed++
  }
  if (!isOldForm) reply.integer(killed)
  else if (killed === 0) throw err('No such client')
  else reply.ok()
}

function readKill(self: Client, args: Args): Filter {
  const filters: Filter[] = []
  let skipMe = true
  for (let i = 2; i < args.count; i += 2) {
    if (i + 1 >= args.count) throw SYNTAX
    if (args.is(i, 'SKIPME')) {
      if (!args.is(i + 1, 'YES') && !args.is(i + 1, 'NO')) throw SYNTAX
      skipMe = args.is(i + 1, 'YES')
    } else {
      filters.push(readKillFilter(self, args, i))
    }
  }
  return client => !(skipMe && client === self) && filters.every(matches => matches(client))
}

const ID_OUT_OF_RANGE = err('client-id should be greater than 0')
const MAXAGE_NOT_INTEGER = err('maxage is not an integer or out of range')

function readKillFilter(self: Client, args: Args, i: number): Filter {
  const { server } = self
  const value = args.text(i + 1)
  switch (args.option(i)) {
    case 'ID': {
      const id = args.integerBetween(i + 1, 1, Number.MAX_SAFE_INTEGER, ID_OUT_OF_RANGE)
      return client => client.id === id
    }
    case 'MAXAGE': {
      const seconds = args.integer(i + 1, MAXAGE_NOT_INTEGER)
      if (seconds <= 0) throw err('maxage should be greater than 0')
      const now = Math.floor(server.keyspace.now / 1000)
      return client => now - Math.floor(client.createdAt / 1000) >= seconds
    }
    case 'TYPE': {
      const type = readType(args, i + 1)
      return client => client.type === type
    }
    case 'ADDR':
      return client => client.peer === value
    case 'LADDR':
      return client => client.connection?.local === value
    case 'USER': {
      const user = server.users.get(value)
      if (user === undefined) throw err(`No such user '${value}'`)
      return client => client.user === user
    }
    default:
      throw SYNTAX
  }
}

// ---- How this connection is treated ------------------------------------------------------------

function clientReply(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.is(2, 'ON')) {
    client.replyMode = 'on'
    reply.ok()
  } else if (args.is(2, 'OFF')) {
    client.replyMode = 'off'
  } else if (args.is(2, 'SKIP')) {
    if (client.replyMode !== 'off') client.replyMode = 'skip'
  } else {
    throw SYNTAX
  }
}

function clientNoEvict(client: Client, args: Args, reply: ReplyWriter): void {
  client.noEvict = readSwitch(args)
  reply.ok()
}

function clientNoTouch(client: Client, args: Args, reply: ReplyWriter): void {
  client.noTouch = readSwitch(args)
  reply.ok()
}

function readSwitch(args: Args): boolean {
  if (args.is(2, 'ON')) return true
  if (args.is(2, 'OFF')) return false
  throw SYNTAX
}

function clientPause({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 4) throw subcommandSyntax(args)
  if (args.count === 4 && !args.is(3, 'WRITE') && !args.is(3, 'ALL')) {
    throw err('CLIENT PAUSE mode must be WRITE or ALL')
  }
  const timeoutMs = readTimeoutMs(args, 2, 1)
  const mode = args.count === 4 && args.is(3, 'WRITE') ? 'write' : 'all'
  server.pause.start('command', mode, server.clock.now() + timeoutMs)
  reply.ok()
}

function clientUnpause({ server }: Client, _args: Args, reply: ReplyWriter): void {
  server.pause.end('command')
  reply.ok()
}

function clientUnblock({ server }: Client, args: Args, reply: ReplyWriter): void {
  let withError = false
  if (args.count === 4) {
    withError = args.is(3, 'ERROR')
    if (!withError && !args.is(3, 'TIMEOUT')) {
      throw err('CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
    }
  } else if (args.count > 4) {
    throw subcommandSyntax(args)
  }
  const target = server.clients.get(args.integer(2))
  if (target?.blocked === undefined) {
    reply.integer(0)
    return
  }
  server.blocking.release(target, withError)
  reply.integer(1)
}

// ---- Client-side caching -----------------------------------------------------------------------

function clientTracking(client: Client, args: Args, reply: ReplyWriter): void {
  const { tracking } = client.server
  const { prefixes, ...options } = readTracking(client, args)
  if (args.is(2, 'ON')) {
    checkTracking(client.tracking, options, prefixes)
    tracking.enable(client, options, prefixes)
  } else if (args.is(2, 'OFF')) {
    tracking.disable(client)
  } else {
    throw SYNTAX
  }
  reply.ok()
}

type TrackingWords = Omit<Tracking, 'prefixes' | 'caching' | 'redirectIsBroken'>

function readTracking(
  { server }: Client,
  args: Args,
): TrackingWords & { readonly prefixes: readonly string[] } {
  let redirect = 0
  const prefixes: string[] = []
  const words = { broadcast: false, optIn: false, optOut: false, noLoop: false }
  for (let i = 3; i < args.count; i++) {
    const hasMore = i + 1 < args.count
    if (args.is(i, 'REDIRECT') && hasMore) {
      if (redirect !== 0) throw err('A client can only redirect to a single other client')
      redirect = args.integer(++i)
      if (!server.clients.has(redirect)) {
        throw err('The client ID you want redirect to does not exist')
      }
    } else if (args.is(i, 'PREFIX') && hasMore) prefixes.push(args.text(++i))
    else if (args.is(i, 'BCAST')) words.broadcast = true
    else if (args.is(i, 'OPTIN')) words.optIn = true
    else if (args.is(i, 'OPTOUT')) words.optOut = true
    else if (args.is(i, 'NOLOOP')) words.noLoop = true
    else throw SYNTAX
  }
  return { ...words, redirect, prefixes }
}

function checkTracking(
  current: Tracking | undefined,
  { broadcast, optIn, optOut }: TrackingWords,
  prefixes: readonly string[],
): void {
  if (!broadcast && prefixes.length > 0) {
    throw err('PREFIX option requires BCAST mode to be enabled')
  }
  if (current !== undefined && current.broadcast !== broadcast) {
    throw err(
      "You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
        're-enabling it with a different mode.',
    )
  }
  if (broadcast && (optIn || optOut)) throw err('OPTIN and OPTOUT are not compatible with BCAST')
  if (optIn && optOut) throw err("You can't specify both OPTIN mode and OPTOUT mode")
  if ((optIn && current?.optOut) || (optOut && current?.optIn)) {
    throw err(
      "You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
        're-enabling it with a different mode.',
    )
  }
  if (broadcast) checkPrefixes(current?.prefixes ?? new Set(), prefixes)
}

const overlap = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)

function checkPrefixes(existing: ReadonlySet<string>, given: readonly string[]): void {
  const first =
    given.length > FEW_PREFIXES
      ? firstOverlapping(existing, given)
      : given.findIndex((prefix, i) => overlapping(prefix, existing, given.slice(i + 1)))
  const prefix = given[first]
  if (prefix === undefined) return
  const rule = 'Prefixes for a single client must not overlap.'
  const kept = [...existing].sort().find(other => overlap(prefix, other))
  if (kept !== undefined) {
    throw err(`Prefix '${prefix}' overlaps with an existing prefix '${kept}'. ${rule}`)
  }
  const other = given.slice(first + 1).find(later => overlap(prefix, later))
  throw err(`Prefix '${prefix}' overlaps with another provided prefix '${other}'. ${rule}`)
}

/** So many are compared with all others; more are sorted first. */
const FEW_PREFIXES = 8

function overlapping(prefix: string, ...others: readonly Iterable<string>[]): boolean {
  for (const texts of others) for (const text of texts) if (overlap(prefix, text)) return true
  return false
}

/**
 * The first prefix that overlaps with any other, or -1. In sorted order the texts that begin with a
 * text follow it at once, so nobody needs to be compared with everybody.
 */
function firstOverlapping(existing: ReadonlySet<string>, given: readonly string[]): number {
  let first = given.length
  const all = [...existing].map(text => ({ text, index: given.length }))
  for (const [index, text] of given.entries()) all.push({ text, index })
  all.sort((a, b) => (a.text < b.text ? -1 : a.text === b.text ? 0 : 1))
  // Each text of this list begins with the one before it, and so does the next one, maybe.
  const begun: typeof all = []
  for (const one of all) {
    while (begun.length > 0 && !one.text.startsWith(begun.at(-1)!.text)) begun.pop()
    if (begun.length > 0) first = Math.min(first, one.index, begun.at(-1)!.index)
    begun.push(one)
  }
  return first === given.length ? -1 : first
}

function clientCaching({ tracking }: Client, args: Args, reply: ReplyWriter): void {
  if (tracking === undefined) {
    throw err(
      'CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
        'OPTOUT mode enabled',
    )
  }
  if (args.is(2, 'YES')) {
    if (!tracking.optIn) {
      throw err('CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.')
    }
  } else if (args.is(2, 'NO')) {
    if (!tracking.optOut) {
      throw err('CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.')
    }
  } else {
    throw SYNTAX
  }
  tracking.caching = true
  reply.ok()
}

function clientGetredir({ tracking }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(tracking?.redirect ?? -1)
}

function clientTrackinginfo({ tracking }: Client, _args: Args, reply: ReplyWriter): void {
  const flags = tracking === undefined ? ['off'] : trackingFlags(tracking)
  reply.map(3)
  reply.bulk('flags')
  reply.set(flags.length)
  for (const flag of flags) reply.bulk(flag)
  reply.bulk('redirect')
  reply.integer(tracking?.redirect ?? -1)
  reply.bulk('prefixes')
  reply.bulks([...(tracking?.prefixes ?? [])].sort())
}

function trackingFlags(tracking: Tracking): string[] {
  const flags = ['on']
  if (tracking.broadcast) flags.push('bcast')
  if (tracking.optIn) flags.push('optin')
  if (tracking.optIn && tracking.caching) flags.push('caching-yes')
  if (tracking.optOut) flags.push('optout')
  if (tracking.optOut && tracking.caching) flags.push('caching-no')
  if (tracking.noLoop) flags.push('noloop')
  if (tracking.redirectIsBroken) flags.push('broken_redirect')
  return flags
}

function clientHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'CACHING (YES|NO)',
    '    Say whether the next command is to be tracked, in OPTIN or OPTOUT mode.',
    'GETREDIR',
    '    Show which client gets the invalidation messages of this one.',
    'GETNAME',
    '    Show the name of this connection.',
    'ID',
    '    Show the id of this connection.',
    'INFO',
    '    Describe this connection.',
    'KILL <ip:port>',
    '    Close the connection from an address.',
    'KILL <option> <value> [<option> <value> [...]]',
    '    Close all connections that match every option:',
    '    * ADDR (<ip:port>|<unixsocket>:0)',
    '    * LADDR (<ip:port>|<unixsocket>:0)',
    '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
    '    * USER <username>',
    '    * SKIPME (YES|NO)',
    '    * ID <client-id>',
    '    * MAXAGE <maxage>',
    'LIST [options ...]',
    '    Describe connections, all or some:',
    '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
    '    * ID <client-id> [<client-id> ...]',
    'UNPAUSE',
    '    End the pause of clients.',
    'PAUSE <timeout> [WRITE|ALL]',
    '    Hold back the commands of all clients, or those that write.',
    'REPLY (ON|OFF|SKIP)',
    '    Say whether this connection gets replies.',
    'SETNAME <name>',
    '    Name this connection.',
    'SETINFO <option> <value>',
    '    Say which library this connection uses: LIB-NAME or LIB-VER.',
    'UNBLOCK <clientid> [TIMEOUT|ERROR]',
    '    End the wait of a blocked client.',
    'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
    '         [OPTIN] [OPTOUT] [NOLOOP]',
    '    Help with client-side caching.',
    'TRACKINGINFO',
    '    Show how this connection is tracked.',
    'NO-EVICT (ON|OFF)',
    '    Protect this connection from being evicted.',
    'NO-TOUCH (ON|OFF)',
    '    Let the commands of this connection leave access times alone.',
  ])
}
