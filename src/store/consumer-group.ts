// A consumer group of a stream: how far it has read, and which entries were delivered and not yet
// acknowledged. A pending entry is known to the group and to the one consumer that has it.

import { IdMap } from './id-map.ts'
import { MIN_ID, type StreamId } from './stream-id.ts'

export interface Pending {
  consumer: Consumer
  /** In milliseconds since 1970. */
  deliveredAt: number
  deliveries: bigint
}

export class Consumer {
  readonly name: string
  readonly pending = new IdMap<Pending>()
  /** When it last asked for anything, in milliseconds since 1970. */
  seenAt: number
  /** When it last got anything, or -1. */
  activeAt = -1

  constructor(name: string, now: number) {
    this.name = name
    this.seenAt = now
  }
}

export class ConsumerGroup {
  readonly name: string
  readonly pending = new IdMap<Pending>()
  readonly #consumers = new Map<string, Consumer>()
  lastDelivered: StreamId
  /** How many entries of the stream's whole life it has read; undefined if that is unknown. */
  entriesRead: bigint | undefined

  constructor(name: string, lastDelivered: StreamId, entriesRead: bigint | undefined) {
    this.name = name
    this.lastDelivered = lastDelivered
    this.entriesRead = entriesRead
  }

  get consumerCount(): number {
    return this.#consumers.size
  }

  /** In the order of their names. */
  get consumers(): Consumer[] {
    return sortedByName(this.#consumers.values())
  }

  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name)
  }

  addConsumer(name: string, now: number): Consumer {
    const consumer = new Consumer(name, now)
    this.#consumers.set(name, consumer)
    return consumer
  }

  /** Removes a consumer, and forgets what is pending for it. */
  removeConsumer(consumer: Consumer): void {
    for (const [id] of consumer.pending.from(MIN_ID)) this.pending.delete(id)
    this.#consumers.delete(consumer.name)
  }

  /** Makes an entry pending for a consumer, whoever had it before. */
  assign(id: StreamId, consumer: Consumer, deliveredAt: number, deliveries: bigint): void {
    const pending = this.pending.get(id)
    if (pending === undefined) {
      const added = { consumer, deliveredAt, deliveries }
      this.pending.set(id, added)
      consumer.pending.set(id, added)
      return
    }
    if (pending.consumer !== consumer) {
      pending.consumer.pending.delete(id)
      consumer.pending.set(id, pending)
      pending.consumer = consumer
    }
    pending.deliveredAt = deliveredAt
    pending.deliveries = deliveries
  }

  /** True if the entry was pending. */
  acknowledge(id: StreamId): boolean {
    const pending = this.pending.get(id)
    if (pending === undefined) return false
    this.pending.delete(id)
    pending.consumer.pending.delete(id)
    return true
  }

  copy(): ConsumerGroup {
    const copy = new ConsumerGroup(this.name, this.lastDelivered, this.entriesRead)
    for (const { name, seenAt, activeAt } of this.#consumers.values()) {
      copy.addConsumer(name, seenAt).activeAt = activeAt
    }
    for (const [id, { consumer, deliveredAt, deliveries }] of this.pending.from(MIN_ID)) {
      const owner = copy.#consumers.get(consumer.name) as Consumer
      copy.assign(id, owner, deliveredAt, deliveries)
    }
    return copy
  }
}

export function sortedByName<T extends { readonly name: string }>(items: Iterable<T>): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : 1))
}
