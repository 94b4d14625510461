// What one client takes, as Redis counts it: the buffers that a real server would hold for it, the
// words of its requests, what it watches and listens to. CLIENT LIST shows it, INFO adds it up, and
// maxmemory-clients goes by it.

import type { Session } from './session.ts'
import { awaitedKeys } from './wait.ts'

const STRUCT_BYTES = 1000
const WORD_BYTES = 8
const WATCHED_BYTES = 96
const SUBSCRIBED_BYTES = 96
const PREFIX_BYTES = 64
const AWAITED_BYTES = 96

/** Bytes by what they are for; `total` is all of it. */
export interface ClientMemory {
  readonly query: number
  readonly queryFree: number
  /** The words of the request that runs or waits, or has partly arrived. */
  readonly args: number
  readonly transaction: number
  readonly total: number
}

export function memoryOf(client: Session): ClientMemory {
  const query = client.queryBufferSize
  const queryBytes = Math.max(query, client.buffers.queryBytes)
  const { waitingRequest, currentRequest } = client
  // What waits may have very many words, and may wait long: they are not added up each time.
  const args = waitingRequest?.bytes.length ?? currentRequest?.byteLength ?? 0
  const words = (waitingRequest ?? currentRequest)?.count ?? 0
  const transaction = transactionBytes(client)
  const total =
    STRUCT_BYTES +
    queryBytes +
    client.buffers.replyBytes +
    // What waits for a replica is there once for all of them, and is no reason to evict.
    (client.isReplica ? 0 : client.unsent) +
    args +
    words * WORD_BYTES +
    (client.blocked === undefined ? 0 : awaitedKeys(client.blocked).length * AWAITED_BYTES) +
    transaction +
    client.subscriptionCount * SUBSCRIBED_BYTES +
    (client.tracking?.prefixes.size ?? 0) * PREFIX_BYTES
  return { query, queryFree: queryBytes - query, args, transaction, total }
}

function transactionBytes(client: Session): number {
  const { transaction } = client
  const watched = client.watchCount * WATCHED_BYTES
  return watched + (transaction?.bytes ?? 0)
}
