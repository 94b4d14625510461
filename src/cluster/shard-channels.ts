// Whoever listens to channels of sharded pub/sub that belong elsewhere from now on is told.

import type { PubSub } from '../engine/pubsub.ts'
import { keySlot } from '../util/crc.ts'

/** Ends all subscriptions to channels of slots that are not served here any more. */
export function dropShardChannels(pubsub: PubSub, isGone: (slot: number) => boolean): void {
  if (pubsub.shardChannels.size === 0) return
  for (const [channel, clients] of [...pubsub.shardChannels]) {
    if (!isGone(keySlot(channel))) continue
    for (const client of [...clients]) {
      pubsub.unsubscribeShard(client, channel)
      client.push(reply => {
        reply.push(3)
        reply.bulk('sunsubscribe')
        reply.bulk(channel)
        reply.integer(client.subscriptions.shardChannels.size)
      })
    }
  }
}
