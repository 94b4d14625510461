// The words of XREAD and XREADGROUP: for their handlers, and for the list of their keys.

import type { KeyPlace } from '../../acl/command-facts.ts'
import type { Args } from '../../resp3/args.ts'
import { err, ReplyError, SYNTAX } from '../../resp3/errors.ts'
import { READ } from '../command.ts'
import { readTimeoutMs } from './timeout.ts'

const NO_GROUP_OPTION = err('Missing GROUP option for XREADGROUP')

export interface ReadRequest {
  /** Undefined: does not wait; 0: for ever. */
  readonly timeoutMs: number | undefined
  /** 0: all. */
  readonly count: number
  readonly noAck: boolean
  readonly group: { readonly name: string; readonly consumer: string } | undefined
  /** Index of the first key; the ids follow the keys. */
  readonly keysAt: number
  readonly keyCount: number
}

export function readRead(args: Args, asGroup: boolean): ReadRequest {
  let timeoutMs: number | undefined
  let count = 0
  let noAck = false
  let group: ReadRequest['group']
  let keysAt = 0
  for (let i = 1; i < args.count && keysAt === 0; i++) {
    const left = args.count - 1 - i
    if (args.is(i, 'BLOCK') && left > 0) {
      timeoutMs = readTimeoutMs(args, ++i, 1)
    } else if (args.is(i, 'COUNT') && left > 0) {
      count = Math.max(0, args.integer(++i))
    } else if (args.is(i, 'STREAMS') && left > 0) {
      if (left % 2 !== 0) throw unbalanced(asGroup)
      keysAt = i + 1
    } else if (args.is(i, 'GROUP') && left > 1) {
      if (!asGroup) throw onlyForGroups('GROUP')
      group = { name: args.text(i + 1), consumer: args.text(i + 2) }
      i += 2
    } else if (args.is(i, 'NOACK')) {
      if (!asGroup) throw onlyForGroups('NOACK')
      noAck = true
    } else {
      throw SYNTAX
    }
  }
  if (keysAt === 0) throw SYNTAX
  if (asGroup && group === undefined) throw NO_GROUP_OPTION
  return { timeoutMs, count, noAck, group, keysAt, keyCount: (args.count - keysAt) / 2 }
}

const READ_FLAGS = ['RO', 'access'] as const

/** The keys of a request that can be read; none of one that cannot. */
export function keysOfRead(args: Args, asGroup: boolean): KeyPlace[] {
  try {
    const { keysAt, keyCount } = readRead(args, asGroup)
    return Array.from({ length: keyCount }, (_, i) => ({
      position: keysAt + i,
      needs: READ,
      flags: READ_FLAGS,
    }))
  } catch (error) {
    if (error instanceof ReplyError) return []
    throw error
  }
}

function unbalanced(asGroup: boolean): ReplyError {
  const [command, symbol] = asGroup ? ['xreadgroup', '>'] : ['xread', '$']
  return err(
    `Unbalanced '${command}' list of streams: for each stream key an ID or '${symbol}' must be ` +
      'specified.',
  )
}

function onlyForGroups(option: string): ReplyError {
  return err(`The ${option} option is only supported by XREADGROUP. You called XREAD instead.`)
}
