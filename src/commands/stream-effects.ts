// How what happens in a consumer group is said to those who have to do the same: entry by entry,
// with every time and counter, so that it does not matter when and how often it is done.

import type { Effects } from '../engine/effects.ts'
import type { ConsumerGroup } from '../store/consumer-group.ts'
import type { Database } from '../store/database.ts'
import { formatId, type StreamId } from '../store/stream-id.ts'

/** A pending entry is now as the group has it; its id may have been written in another way. */
export function sayClaimed(
  effects: Effects,
  db: Database,
  key: string,
  group: ConsumerGroup,
  id: StreamId,
  written = formatId(id),
): void {
  const pending = effects.isHeard ? group.pending.get(id) : undefined
  if (pending === undefined) return
  const { consumer, deliveredAt, deliveries } = pending
  effects.add(db, [
    ...['XCLAIM', key, group.name, consumer.name, '0', written],
    ...['TIME', String(deliveredAt), 'RETRYCOUNT', String(deliveries)],
    ...['FORCE', 'JUSTID', 'LASTID', formatId(group.lastDelivered)],
  ])
}

/** How far a group has read. */
export function sayPosition(
  effects: Effects,
  db: Database,
  key: string,
  { name, lastDelivered, entriesRead }: ConsumerGroup,
): void {
  if (!effects.isHeard) return
  const id = formatId(lastDelivered)
  effects.add(db, ['XGROUP', 'SETID', key, name, id, 'ENTRIESREAD', String(entriesRead ?? -1)])
}
