// The words of BITFIELD: for its handler, and for the list of its keys.

import type { KeyPlace } from '../../acl/command-facts.ts'
import type { Args } from '../../resp3/args.ts'
import { err, SYNTAX } from '../../resp3/errors.ts'
import { parseInt64, parseInteger } from '../../util/number.ts'
import { READ, WRITE } from '../command.ts'

const NO_OFFSET = err('bit offset is not an integer or out of range')

export function bitfieldKeys(args: Args): readonly KeyPlace[] {
  // Words that are no subcommand make a syntax error; until then the key counts as written.
  let isRead = true
  for (let i = 2; i < args.count && isRead; ) {
    const name = subcommandAt(args, i)
    isRead = name === 'GET' || name === 'OVERFLOW'
    if (name !== undefined) i += WORDS[name]
  }
  return isRead
    ? [{ position: 1, needs: READ, flags: ['RO', 'access'] }]
    : [{ position: 1, needs: READ | WRITE, flags: ['RW', 'access', 'update'] }]
}

/** A bit offset that a string can have; with a width also in the form #n, n integers further. */
export function readOffset(args: Args, i: number, maxBytes: number, width = 0): number {
  const text = args.text(i)
  const counts = width > 0 && text.startsWith('#')
  const number = parseInt64(counts ? text.slice(1) : text)
  if (number === undefined) throw NO_OFFSET
  // The product wraps around at 64 bits, as in Redis.
  const offset = counts ? BigInt.asIntN(64, number * BigInt(width)) : number
  if (offset < 0n || offset >> 3n >= BigInt(maxBytes)) throw NO_OFFSET
  return Number(offset)
}

type Subcommand = 'GET' | 'SET' | 'INCRBY' | 'OVERFLOW'

export type Overflow = 'WRAP' | 'SAT' | 'FAIL'

export interface IntegerType {
  readonly isSigned: boolean
  readonly width: number
}

export interface Operation {
  readonly name: 'GET' | 'SET' | 'INCRBY'
  readonly type: IntegerType
  readonly offset: number
  /** What is set or added. */
  readonly operand: bigint
  readonly overflow: Overflow
}

/** Of how many words each subcommand consists. */
const WORDS: Readonly<Record<Subcommand, number>> = { GET: 3, SET: 4, INCRBY: 4, OVERFLOW: 2 }

/** The complete subcommand that starts at word i, or undefined. */
function subcommandAt(args: Args, i: number): Subcommand | undefined {
  const word = args.option(i)
  if (word !== 'GET' && word !== 'SET' && word !== 'INCRBY' && word !== 'OVERFLOW') return undefined
  return i + WORDS[word] <= args.count ? word : undefined
}

export function readOperations(args: Args, maxBytes: number): Operation[] {
  const operations: Operation[] = []
  let overflow: Overflow = 'WRAP'
  for (let i = 2; i < args.count; ) {
    const name = subcommandAt(args, i)
    if (name === undefined) throw SYNTAX
    if (name === 'OVERFLOW') {
      overflow = readOverflow(args, i + 1)
    } else {
      const type = readType(args, i + 1)
      const offset = readOffset(args, i + 2, maxBytes, type.width)
      const operand = name === 'GET' ? 0n : args.int64(i + 3)
      operations.push({ name, type, offset, operand, overflow })
    }
    i += WORDS[name]
  }
  return operations
}

function readOverflow(args: Args, i: number): Overflow {
  const word = args.option(i)
  if (word === 'WRAP' || word === 'SAT' || word === 'FAIL') return word
  throw err('Invalid OVERFLOW type specified')
}

function readType(args: Args, i: number): IntegerType {
  const text = args.text(i)
  const isSigned = text.startsWith('i')
  const width = isSigned || text.startsWith('u') ? parseInteger(text.slice(1)) : undefined
  if (width === undefined || width < 1 || width > (isSigned ? 64 : 63)) {
    throw err(
      'Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
    )
  }
  return { isSigned, width }
}
