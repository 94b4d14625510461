// One client as a line of CLIENT LIST.

import { err, STRING_TOO_LONG } from '../resp3/errors.ts'
import { ROPE_MAX } from '../util/limits.ts'
import { memoryOf } from './client-memory.ts'
import type { Session } from './session.ts'

export function clientInfo(client: Session): string {
  const { server } = client
  const now = server.clock.now()
  const { subscriptions, connection } = client
  const memory = memoryOf(client)
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', client.id],
    ['addr', client.peer],
    ['laddr', connection?.local ?? ''],
    ['fd', connection?.descriptor ?? -1],
    ['name', client.name],
    ['age', Math.floor((now - client.createdAt) / 1000)],
    ['idle', Math.floor((now - client.lastActiveAt) / 1000)],
    ['flags', flagsOf(client)],
    ['db', client.db.index],
    ['sub', subscriptions.channels.size],
    ['psub', subscriptions.patterns.size],
    ['ssub', subscriptions.shardChannels.size],
    ['multi', client.transaction?.count ?? -1],
    ['watch', client.watchCount],
    ['qbuf', memory.query],
    ['qbuf-free', memory.queryFree],
    ['argv-mem', memory.args],
    ['multi-mem', memory.transaction],
    ['rbs', client.buffers.replyBytes],
    ['rbp', 0],
    ['obl', client.reply.size],
    ['oll', 0],
    ['omem', connection?.socket.writableLength ?? 0],
    ['tot-mem', memory.total],
    ['events', 'r'],
    ['cmd', client.lastCommand?.name ?? 'NULL'],
    ['user', client.user?.name ?? '(superuser)'],
    ['redir', client.tracking?.redirect ?? -1],
    ['resp', client.reply.resp],
    ['lib-name', client.libraryName],
    ['lib-ver', client.libraryVersion],
  ]
  return fields.map(([name, value]) => `${name}=${value}`).join(' ')
}

function flagsOf(client: Session): string {
  let flags = ''
  if (client.isReplica) flags += 'S'
  if (client.isMaster) flags += 'M'
  if (client.isMonitor) flags += 'O'
  if (client.subscriptionCount > 0) flags += 'P'
  if (client.transaction !== undefined) flags += 'x'
  if (client.blocked !== undefined) flags += 'b'
  if (client.tracking !== undefined) flags += 't'
  if (client.tracking?.redirectIsBroken) flags += 'R'
  if (client.tracking?.broadcast) flags += 'B'
  if (client.watchTouched) flags += 'd'
  if (client.closeAfterReply) flags += 'c'
  if (client.connection?.kind === 'unix') flags += 'U'
  if (client.readsReplica) flags += 'r'
  if (client.noEvict) flags += 'e'
  if (client.noTouch) flags += 'T'
  return flags === '' ? 'N' : flags
}

/** Names stay one word of CLIENT LIST: printable, without spaces, and of a size that lines have. */
export function checkClientName(name: string): string {
  if (name.length > ROPE_MAX) throw STRING_TOO_LONG
  if (!isPlain(name)) {
    throw err('Client names cannot contain spaces, newlines or special characters.')
  }
  return name
}

export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 33 || code > 126) return false
  }
  return true
}
