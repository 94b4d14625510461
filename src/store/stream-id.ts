// Ids of stream entries: 128 bits, milliseconds above and a sequence number below, as one BigInt.
// So comparing, counting up and counting down are plain arithmetic, and nothing is ever rounded.

import { parseUint64 } from '../util/number.ts'

export type StreamId = bigint

const HALF = 64n
const LOW_HALF = 2n ** HALF - 1n
/** No id is written with more characters. */
const TEXT_MAX = 127

export const MIN_ID: StreamId = 0n
export const MAX_ID: StreamId = 2n ** 128n - 1n
export const MAX_SEQUENCE = LOW_HALF

export function streamId(milliseconds: bigint, sequence: bigint): StreamId {
  return (milliseconds << HALF) | sequence
}

export function millisecondsOf(id: StreamId): bigint {
  return id >> HALF
}

export function sequenceOf(id: StreamId): bigint {
  return id & LOW_HALF
}

export function formatId(id: StreamId): string {
  return `${id >> HALF}-${id & LOW_HALF}`
}

/** `ms-seq`, or `ms` alone with the given sequence number; undefined for anything else. */
export function parseId(word: string, missingSequence: bigint): StreamId | undefined {
  if (word.length > TEXT_MAX) return undefined
  // To Redis the text ends at a NUL.
  const nul = word.indexOf('\0')
  const text = nul === -1 ? word : word.slice(0, nul)
  const dash = text.indexOf('-')
  const milliseconds = parseUint64(dash === -1 ? text : text.slice(0, dash))
  const sequence = dash === -1 ? missingSequence : parseUint64(text.slice(dash + 1))
  if (milliseconds === undefined || sequence === undefined) return undefined
  return streamId(milliseconds, sequence)
}
