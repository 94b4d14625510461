// Who listens to what: channels, patterns, and the channels of sharded pub/sub.

import { matches } from '../util/glob.ts'
import { obtain } from '../util/maps.ts'
import type { Client } from './client.ts'

/** What one client listens to. */
export class Subscriptions {
  readonly channels = new Set<string>()
  readonly patterns = new Set<string>()
  readonly shardChannels = new Set<string>()

  /** As SUBSCRIBE and PSUBSCRIBE count. */
  get count(): number {
    return this.channels.size + this.patterns.size
  }

  get total(): number {
    return this.count + this.shardChannels.size
  }
}

export class PubSub {
  readonly channels = new Map<string, Set<Client>>()
  readonly shardChannels = new Map<string, Set<Client>>()
  readonly patterns = new Map<string, Set<Client>>()

  subscribe(client: Client, channel: string): boolean {
    return join(this.channels, client.subscriptions.channels, client, channel)
  }

  unsubscribe(client: Client, channel: string): boolean {
    return leave(this.channels, client.subscriptions.channels, client, channel)
  }

  subscribeShard(client: Client, channel: string): boolean {
    return join(this.shardChannels, client.subscriptions.shardChannels, client, channel)
  }

  unsubscribeShard(client: Client, channel: string): boolean {
    return leave(this.shardChannels, client.subscriptions.shardChannels, client, channel)
  }

  subscribePattern(client: Client, pattern: string): boolean {
    return join(this.patterns, client.subscriptions.patterns, client, pattern)
  }

  unsubscribePattern(client: Client, pattern: string): boolean {
    return leave(this.patterns, client.subscriptions.patterns, client, pattern)
  }

  /** Leaves everything, silently. */
  leaveAll(client: Client): void {
    const { channels, patterns, shardChannels } = client.subscriptions
    for (const channel of [...channels]) this.unsubscribe(client, channel)
    for (const pattern of [...patterns]) this.unsubscribePattern(client, pattern)
    for (const channel of [...shardChannels]) this.unsubscribeShard(client, channel)
  }

  /** Returns how many clients received the message. */
  publish(channel: string, message: string): number {
    let receivers = 0
    for (const client of this.channels.get(channel) ?? []) {
      push(client, ['message', channel, message])
      receivers++
    }
    if (this.patterns.size === 0) return receivers
    for (const [pattern, clients] of this.patterns) {
      if (!matches(pattern, channel)) continue
      for (const client of clients) {
        push(client, ['pmessage', pattern, channel, message])
        receivers++
      }
    }
    return receivers
  }

  publishShard(channel: string, message: string): number {
    const clients = this.shardChannels.get(channel)
    for (const client of clients ?? []) push(client, ['smessage', channel, message])
    return clients?.size ?? 0
  }
}

function push(client: Client, words: readonly string[]): void {
  client.push(reply => {
    reply.push(words.length)
    for (const word of words) reply.bulk(word)
  })
}

function join(
  registry: Map<string, Set<Client>>,
  own: Set<string>,
  client: Client,
  name: string,
): boolean {
  if (own.has(name)) return false
  own.add(name)
  obtain(registry, name, () => new Set()).add(client)
  return true
}

function leave(
  registry: Map<string, Set<Client>>,
  own: Set<string>,
  client: Client,
  name: string,
): boolean {
  if (!own.delete(name)) return false
  const clients = registry.get(name)
  clients?.delete(client)
  if (clients?.size === 0) registry.delete(name)
  return true
}
