// DEBUG DIGEST: a fingerprint of data that depends on what is stored, not on how or in what order.
// It is Redis's own scheme, so that the two can be compared: what has an order is mixed (the digest
// so far goes into the next one), what has none is combined by exclusive or.

import { createHash } from 'node:crypto'
import { HashValue } from '../store/hash.ts'
import type { Keyspace } from '../store/keyspace.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StreamValue } from '../store/stream.ts'
import { MAX_ID, MIN_ID, millisecondsOf, sequenceOf } from '../store/stream-id.ts'
import { StringValue } from '../store/string.ts'
import { NEVER, type TypeName, type Value } from '../store/value.ts'
import { toBuffer } from '../util/bytes.ts'
import { formatGrisu } from '../util/number.ts'

const SIZE = 20

const TYPE_NUMBERS: Readonly<Record<TypeName, number>> = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  stream: 6,
}

export class Digest {
  #bytes = new Uint8Array(SIZE)

  get hex(): string {
    return Buffer.from(this.#bytes).toString('hex')
  }

  /** Adds something whose place among the others does not matter. */
  combine(data: string | Uint8Array | Digest): void {
    const bytes = data instanceof Digest ? data.#bytes : data
    const hash = sha1(typeof bytes === 'string' ? toBuffer(bytes) : bytes)
    this.#bytes = this.#bytes.map((byte, i) => byte ^ (hash[i] as number))
  }

  /** Adds something that comes after all that was added before. */
  mix(data: string | Uint8Array): void {
    this.combine(data)
    this.#bytes = new Uint8Array(sha1(this.#bytes))
  }
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest()
}

/** So many keys at a time. */
/** Of everything in all databases. */
export function digestOfKeyspace({ databases }: Keyspace): string {
  const digest = new Digest()
  for (const db of databases) {
    if (db.size === 0) continue
    digest.mix(uint32(db.index))
    // Of all that is stored, be its time over or not.
    db.each((key, value) => {
      const one = new Digest()
      one.mix(key)
      addValue(one, value)
      digest.combine(one)
    })
  }
  return digest.hex
}

/** Of one value, whatever its key. */
export function digestOfValue(value: Value | undefined): string {
  const digest = new Digest()
  if (value !== undefined) addValue(digest, value)
  return digest.hex
}

function addValue(digest: Digest, value: Value): void {
  digest.mix(uint32(TYPE_NUMBERS[value.type]))
  addContent(digest, value)
  if (value.expireAt !== NEVER) digest.combine('!!expire!!')
}

function addContent(digest: Digest, value: Value): void {
  if (value instanceof StringValue) digest.mix(value.bytes)
  else if (value instanceof ListValue) for (const element of value) digest.mix(element)
  else if (value instanceof SetValue) for (const member of value.members()) digest.combine(member)
  else if (value instanceof SortedSetValue) {
    for (const { member, score } of value) digest.combine(ofWords(member, formatGrisu(score)))
  } else if (value instanceof HashValue) {
    for (const [field, text] of value) {
      const one = ofWords(field, text)
      if (value.expiryOf(field) !== NEVER) one.combine('!!hexpire!!')
      digest.combine(one)
    }
  } else if (value instanceof StreamValue) {
    for (const { id, fields } of value.entries(MIN_ID, MAX_ID)) {
      digest.mix(`${millisecondsOf(id)}.${sequenceOf(id)}`)
      for (const text of fields) digest.mix(text)
    }
  }
}

function ofWords(...words: readonly string[]): Digest {
  const digest = new Digest()
  for (const word of words) digest.mix(word)
  return digest
}

function uint32(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes.toString('latin1')
}
