// Who listens to what: channels, patterns, and the channels of sharded pub/sub.

import { matches } from '../util/glob.ts'
import { obtain } from '../util/lazy.ts'
import type { Session } from './session.ts'

/** Names with those who listen. */
type Registry = Map<string, Set<Session>>

/** A channel or pattern, beside its text and what is counted for each client. */
const NAME_BYTES = 152

export class PubSub {
  readonly channels: Registry = new Map()
  readonly shardChannels: Registry = new Map()
  readonly patterns: Registry = new Map()
  /** What the names take that are listened to, whoever does it. */
  bytes = 0

  subscribe(client: Session, channel: string): boolean {
    return this.#join(this.channels, client.subscriptions.channels, client, channel)
  }

  unsubscribe(client: Session, channel: string): boolean {
    return this.#leave(this.channels, client.subscriptions.channels, client, channel)
  }

  subscribeShard(client: Session, channel: string): boolean {
    return this.#join(this.shardChannels, client.subscriptions.shardChannels, client, channel)
  }

  unsubscribeShard(client: Session, channel: string): boolean {
    return this.#leave(this.shardChannels, client.subscriptions.shardChannels, client, channel)
  }

  subscribePattern(client: Session, pattern: string): boolean {
    return this.#join(this.patterns, client.subscriptions.patterns, client, pattern)
  }

  unsubscribePattern(client: Session, pattern: string): boolean {
    return this.#leave(this.patterns, client.subscriptions.patterns, client, pattern)
  }

  #join(registry: Registry, own: Set<string>, client: Session, name: string): boolean {
    if (own.has(name)) return false
    own.add(name)
    client.subscriptionCount++
    const clients = obtain(registry, name, () => {
      this.bytes += NAME_BYTES + name.length
      return new Set()
    })
    clients.add(client)
    return true
  }

  #leave(registry: Registry, own: Set<string>, client: Session, name: string): boolean {
    if (!own.delete(name)) return false
    client.subscriptionCount--
    const clients = registry.get(name)
    clients?.delete(client)
    if (clients?.size === 0) {
      registry.delete(name)
      this.bytes -= NAME_BYTES + name.length
    }
    return true
  }

  /** Leaves everything, silently. */
  leaveAll(client: Session): void {
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

function push(client: Session, words: readonly string[]): void {
  client.push(reply => {
    reply.push(words.length)
    for (const word of words) reply.bulk(word)
  })
}
