// What every type of value has in common. A value lives in one database under one key; it carries
// its own expiry and its own access statistics, so that RENAME, MOVE and COPY are one move of one
// object. Encodings are names only: they follow Redis's thresholds and decide in which order
// elements come out, but the memory behind them is JavaScript's.

/**
 * The thresholds at which Redis changes an encoding. One live object a server; CONFIG SET writes
 * it.
 */
export interface EncodingLimits {
  hashMaxListpackEntries: number
  hashMaxListpackValue: number
  /** Positive: entries a node; -1 to -5: bytes a node (4 kB to 64 kB). */
  listMaxListpackSize: number
  listCompressDepth: number
  setMaxIntsetEntries: number
  setMaxListpackEntries: number
  setMaxListpackValue: number
  zsetMaxListpackEntries: number
  zsetMaxListpackValue: number
  streamNodeMaxBytes: number
  streamNodeMaxEntries: number
  hllSparseMaxBytes: number
}

export function defaultEncodingLimits(): EncodingLimits {
  return {
    hashMaxListpackEntries: 512,
    hashMaxListpackValue: 64,
    listMaxListpackSize: -2,
    listCompressDepth: 0,
    setMaxIntsetEntries: 512,
    setMaxListpackEntries: 128,
    setMaxListpackValue: 64,
    zsetMaxListpackEntries: 128,
    zsetMaxListpackValue: 64,
    streamNodeMaxBytes: 4096,
    streamNodeMaxEntries: 100,
    hllSparseMaxBytes: 3000,
  }
}

export type TypeName = 'string' | 'list' | 'hash' | 'set' | 'zset' | 'stream'

export const NEVER = -1
/** LFU: what a new key starts with, so that it is not the first to be evicted. */
export const INITIAL_FREQUENCY = 5

export abstract class Value {
  abstract readonly type: TypeName
  /** The name that OBJECT ENCODING answers. */
  abstract readonly encoding: string
  /** A copy that shares nothing, for COPY; expiry is copied by the caller. */
  abstract copy(): Value
  /** Number of elements; for strings, bytes. */
  abstract get size(): number

  /** Bytes of an element in the mean, for estimates of memory. Of a string nobody asks. */
  get meanElementBytes(): number {
    return 0
  }

  /** How many blocks of memory a real server has to free for it. */
  get parts(): number {
    return this.encoding === 'hashtable' || this.encoding === 'skiplist' ? this.size : 1
  }

  /** When the key dies, in milliseconds since 1970, or NEVER. */
  expireAt: number = NEVER
  /** What expireAt lacks to be exact: 0 but for times that a double cannot hold. */
  expireRest = 0
  /** When the key was last read or written, in whole seconds since 1970. */
  usedAt = 0
  /** LFU: logarithmic access counter (0 to 255) and the minute it was last decayed. */
  frequency = INITIAL_FREQUENCY
  decayedAt = 0

  /** expireAt to the millisecond, whatever its size. */
  get exactExpireAt(): number | bigint {
    return this.expireRest === 0 ? this.expireAt : BigInt(this.expireAt) + BigInt(this.expireRest)
  }
}

/** As many elements are measured where not all can be. */
const SAMPLE = 5

/** The mean of some elements, taken from everywhere in a collection. */
export function meanOfSample(size: number, bytesAt: (position: number) => number): number {
  const count = Math.min(size, SAMPLE)
  let bytes = 0
  for (let i = 0; i < count; i++) bytes += bytesAt(Math.floor((i * size) / count))
  return count === 0 ? 0 : bytes / count
}

/** A constructor of a value type, as `read` and `open` take it: `db.read(key, HashValue)`. */
export interface ValueClass<V extends Value> {
  new (limits: EncodingLimits): V
  readonly prototype: V
}

/** What instanceof says, in less time: no class of values has a subclass. */
export function isOf<V extends Value>(value: Value, type: ValueClass<V>): value is V {
  return value.constructor === type
}
