// The count of SRANDMEMBER and HRANDFIELD: positive for that many different elements, negative for
// as many that may repeat.

import type { Client } from '../engine/client.ts'
import type { Args } from '../resp3/args.ts'
import { err, OUT_OF_RANGE } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { distinctBelow, type Random } from '../util/random.ts'

const MAX = 2n ** 63n - 1n
const COUNT_OUT_OF_RANGE = err(`value is out of range, value must between ${-MAX} and ${MAX}`)
// Redis repeats elements until the client's limit or memory ends; no test can mean the latter.
const REPEATS_MAX = 2 ** 24
/** How many elements are written between two looks at the client's limit. */
const LOOK_EVERY = 1024

/** Positions of elements, made as they are asked for. */
export interface Positions extends Iterable<number> {
  readonly length: number
}

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
): Positions {
  if (count < 0) return { length: -count, [Symbol.iterator]: () => repeats(random, size, -count) }
  if (count >= size) return Array.from({ length: size }, (_, i) => i)
  const picked = distinctBelow(random, size, count)
  return ordered ? picked.sort((a, b) => a - b) : picked
}

function* repeats(random: Random, size: number, count: number): Generator<number, undefined> {
  for (let i = 0; i < count; i++) yield random.below(size)
}

/**
 * Writes one element for each position, but no endless reply of elements repeated. A client whose
 * limit is reached on the way is closed, so the rest is left out.
 */
export function writePicked(
  client: Client,
  reply: ReplyWriter,
  positions: Positions,
  count: number,
  write: (position: number) => void,
): void {
  const { server } = client
  const max = count < 0 ? reply.size + server.parserLimits.bulkMax : Infinity
  if (count < -REPEATS_MAX && !server.outputLimit.isSetFor(client)) throw OUT_OF_RANGE
  let written = 0
  for (const position of positions) {
    write(position)
    if (reply.size > max) throw OUT_OF_RANGE
    if (count < 0 && ++written % LOOK_EVERY === 0 && server.checkOutput(client)) return
  }
}
