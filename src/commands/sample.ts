// The count of SRANDMEMBER and HRANDFIELD: positive for that many different elements, negative for
// as many that may repeat.

import type { Args } from '../resp3/args.ts'
import { err, OUT_OF_RANGE } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { distinctBelow, type Random } from '../util/random.ts'

const MAX = 2n ** 63n - 1n
const COUNT_OUT_OF_RANGE = err(`value is out of range, value must between ${-MAX} and ${MAX}`)
// Redis repeats elements until memory ends; no test can mean that.
const REPEATS_MAX = 2 ** 24

export function readSampleCount(args: Args, i: number): number {
  if (args.int64(i) < -MAX) throw COUNT_OUT_OF_RANGE
  return args.integer(i)
}

/**
 * Positions of elements that were picked at random. Different ones come in order of position if
 * `ordered`, and always if all of them are asked for; with repeats the order is random.
 */
export function pickPositions(
  random: Random,
  size: number,
  count: number,
  ordered: boolean,
): number[] {
  if (count < 0) {
    if (count < -REPEATS_MAX) throw OUT_OF_RANGE
    return Array.from({ length: -count }, () => random.below(size))
  }
  if (count >= size) return Array.from({ length: size }, (_, i) => i)
  const picked = distinctBelow(random, size, count)
  return ordered ? picked.sort((a, b) => a - b) : picked
}

/** Writes one element for each position, but no endless reply of large elements repeated. */
export function writePicked(
  { server }: Client,
  reply: ReplyWriter,
  positions: readonly number[],
  count: number,
  write: (position: number) => void,
): void {
  const max = count < 0 ? reply.size + server.parserLimits.bulkMax : Infinity
  for (const position of positions) {
    write(position)
    if (reply.size > max) throw OUT_OF_RANGE
  }
}
