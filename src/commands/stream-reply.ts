// Entries of streams as clients get them.

import type { ReplyWriter } from '../resp3/writer.ts'
import type { Entry } from '../store/stream.ts'
import { formatId } from '../store/stream-id.ts'

export function writeEntry(reply: ReplyWriter, { id, fields }: Entry): void {
  reply.array(2)
  reply.bulk(formatId(id))
  reply.bulks(fields)
}

export function writeEntries(reply: ReplyWriter, entries: readonly Entry[]): void {
  reply.array(entries.length)
  for (const entry of entries) writeEntry(reply, entry)
}

export function writeEntryOrNull(reply: ReplyWriter, entry: Entry | undefined): void {
  if (entry === undefined) reply.null()
  else writeEntry(reply, entry)
}

/** A counter that may be unknown. One that has left 64 bits shows as it would in C. */
export function writeCount(reply: ReplyWriter, count: bigint | undefined): void {
  if (count === undefined) reply.null()
  else reply.integer(BigInt.asIntN(64, count))
}
