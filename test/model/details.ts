// What two servers that hold the same agree on, beside the digest of their data.

import type { RedisServer } from '../../src/engine/server.ts'
import { HashValue } from '../../src/store/hash.ts'
import { StreamValue } from '../../src/store/stream.ts'
import { formatId, MIN_ID } from '../../src/store/stream-id.ts'

/** What a digest does not say: when keys and fields die, and all of streams and their groups. */
export function detailsOf({ keyspace }: RedisServer): string {
  const lines: string[] = []
  for (const db of keyspace.databases) {
    for (const key of db.keys().sort()) {
      const value = db.stored(key)
      lines.push(`${db.index} ${key} ${value?.exactExpireAt}`)
      if (value instanceof HashValue) lines.push(...timesOf(value))
      if (value instanceof StreamValue) lines.push(...groupsOf(value))
    }
  }
  return lines.join('\n')
}

function timesOf(hash: HashValue): string[] {
  return Array.from(hash, ([field]) => `${field} ${hash.expiryOf(field)}`).sort()
}

function groupsOf({ last, first, maxDeleted, entriesAdded, size, groups }: StreamValue): string[] {
  const lines = [`${[last, first, maxDeleted].map(formatId)} ${entriesAdded} ${size}`]
  for (const { name, lastDelivered, entriesRead, pending } of groups) {
    lines.push(`${name} ${formatId(lastDelivered)} ${entriesRead}`)
    for (const [id, { consumer, deliveries, deliveredAt }] of pending.from(MIN_ID)) {
      lines.push(`${formatId(id)} ${consumer.name} ${deliveries} ${deliveredAt}`)
    }
  }
  return lines
}
