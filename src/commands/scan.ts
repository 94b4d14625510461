// What SCAN, SSCAN, HSCAN and ZSCAN share: the cursor, the options and the reply.

import type { Args } from '../resp3/args.ts'
import { err, INVALID_CURSOR, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { compile } from '../util/glob.ts'
import { parseUint64 } from '../util/number.ts'

/** What is scanned: only keys have a type, only a hash has values to leave out. */
export type Scanned = 'keys' | 'hash' | 'other'

export interface ScanOptions {
  readonly count: number
  readonly matches: (name: string) => boolean
  readonly type: string | undefined
  readonly noValues: boolean
}

export function readCursor(args: Args, i: number): number {
  const cursor = parseUint64(args.text(i))
  if (cursor === undefined) throw INVALID_CURSOR
  return Number(cursor)
}

export function readScanOptions(args: Args, first: number, scanned: Scanned): ScanOptions {
  let count = 10
  let pattern: string | undefined
  let type: string | undefined
  let noValues = false
  for (let i = first; i < args.count; i++) {
    const hasNext = i + 1 < args.count
    if (args.is(i, 'COUNT') && hasNext) {
      count = args.integer(++i)
      if (count < 1) throw SYNTAX
    } else if (args.is(i, 'MATCH') && hasNext) {
      pattern = args.text(++i)
    } else if (args.is(i, 'TYPE') && hasNext && scanned === 'keys') {
      type = args.lower(++i)
    } else if (args.is(i, 'NOVALUES')) {
      if (scanned !== 'hash') throw err('NOVALUES option can only be used in HSCAN')
      noValues = true
    } else {
      throw SYNTAX
    }
  }
  const matches = pattern === undefined || pattern === '*' ? () => true : compile(pattern)
  return { count, matches, type, noValues }
}

export function writeScan(reply: ReplyWriter, cursor: number, items: readonly string[]): void {
  reply.array(2)
  reply.bulk(String(cursor))
  reply.bulks(items)
}
