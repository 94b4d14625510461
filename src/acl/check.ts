// May this user do that? Called for every command of every client.
//
// Hot file. Who may do everything costs three flag tests; the caller can ask isUnrestricted() first
// and need not even build the request. Otherwise commands are a bit test, and keys are asked of the
// selector's index one by one; nothing is allocated for a request that is allowed. Selectors are
// alternatives and never add up.

import { READ } from './command-facts.ts'
import type { Request } from './request.ts'
import type { Selector } from './selector.ts'
import type { User } from './user.ts'

export interface Denial {
  readonly reason: 'command' | 'key' | 'channel'
  /** The index of the argument at fault, 0 for the command itself. */
  readonly position: number
  /** The command's full name, the key or the channel. */
  readonly object: string
}

export function isUnrestricted({ root }: User): boolean {
  return root.allCommands && root.allKeys && root.allChannels
}

/** Undefined if the request is allowed. */
export function check(user: User, request: Request): Denial | undefined {
  if (isUnrestricted(user)) return undefined
  let furthest = 0
  for (const selector of user.selectors) {
    const obstacle = obstacleIn(selector, request)
    if (obstacle === 0) return undefined
    if (obstacle > furthest) furthest = obstacle
  }
  return denialOf(request, furthest)
}

// Of several denials, Redis reports the one of the selector that came furthest: a key rather than
// the command, a channel rather than a key, and of two keys the later argument. So an obstacle is
// a number, the greater the further the request came: its kind, and the index of the argument.
const COMMAND = 2 ** 32
const KEY = 2 * COMMAND
const CHANNEL = 3 * COMMAND

/** What one selector has against the request: 0 if nothing, else the more the further it came. */
export function obstacleIn(selector: Selector, request: Request): number {
  if (!mayRunIn(selector, request)) return COMMAND
  if (!selector.allKeys) {
    const position = request.refusedKey(selector)
    if (position > 0) return KEY + position
  }
  if (!selector.allChannels) {
    for (const { name, position, isPattern } of request.channels()) {
      if (!selector.mayAccessChannel(name, isPattern)) return CHANNEL + position
    }
  }
  return 0
}

function mayRunIn(selector: Selector, request: Request): boolean {
  const { command } = request
  if (selector.mayRun(command, undefined)) return true
  return selector.hasFirstArgs(command) && selector.mayRun(command, request.firstArg())
}

/** An obstacle as a denial. */
export function denialOf(request: Request, obstacle: number): Denial {
  if (obstacle < KEY) return { reason: 'command', position: 0, object: request.command.name }
  const isKey = obstacle < CHANNEL
  const position = obstacle - (isKey ? KEY : CHANNEL)
  const uses = isKey ? request.keys() : request.channels()
  const object = uses.find(use => use.position === position)!.name
  return { reason: isKey ? 'key' : 'channel', position, object }
}

/**
 * Whether a selector that allows the request also lets it read every key: what SORT needs for BY
 * and GET, whose keys are known only when their elements are.
 */
export function mayReadEveryKey(user: User, request: Request): boolean {
  if (isUnrestricted(user)) return true
  return user.selectors.some(
    selector => selector.mayAccessEveryKey(READ) && obstacleIn(selector, request) === 0,
  )
}
