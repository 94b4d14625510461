// May this user do that? Called for every command of every client.
//
// Hot file. Who may do everything costs three flag tests and no allocation; the caller can ask
// isUnrestricted() first and need not even build the request. Otherwise commands are a bit test,
// keys and channels are found at most once however many selectors there are, and patterns are
// compiled. Selectors are alternatives and never add up.

import { type CommandFacts, type KeyUse, READ, type Request } from './command-facts.ts'
import type { Selector } from './selector.ts'
import type { User } from './user.ts'

export interface Denial {
  readonly reason: 'command' | 'key' | 'channel'
  /** The index of the argument at fault, 0 for the command itself. */
  readonly position: number
  /** The command's full name, the key or the channel. */
  readonly object: string
}

const RANK = { command: 1, key: 2, channel: 3 } as const

export function isUnrestricted({ root }: User): boolean {
  return root.allCommands && root.allKeys && root.allChannels
}

/** Undefined if the request is allowed. */
export function check(user: User, request: Request): Denial | undefined {
  if (isUnrestricted(user)) return undefined
  const { selectors } = user
  const keys = selectors.length === 1 ? request.keys : once(request.keys)
  let worst: Denial | undefined
  for (const selector of selectors) {
    const denial = checkSelector(selector, request, keys)
    if (denial === undefined) return undefined
    if (worst === undefined || outranks(denial, worst)) worst = denial
  }
  return worst
}

// Of several denials, Redis reports the one of the selector that came furthest: a key rather than
// the command, a channel rather than a key, and of two keys the later argument.
export function outranks(a: Denial, b: Denial): boolean {
  const difference = RANK[a.reason] - RANK[b.reason]
  return difference > 0 || (difference === 0 && a.position > b.position)
}

type FindKeys = () => readonly KeyUse[]

export function once(find: FindKeys): FindKeys {
  let keys: readonly KeyUse[] | undefined
  return () => {
    keys ??= find()
    return keys
  }
}

/** What one selector has against the request. */
export function checkSelector(
  selector: Selector,
  { command, firstArg, channels }: Request,
  keys: FindKeys,
): Denial | undefined {
  if (!selector.mayRun(command, undefined) && !selector.mayRun(command, firstArg())) {
    return { reason: 'command', position: 0, object: command.name }
  }
  if (!selector.allKeys) {
    for (const { name, position, needs } of keys()) {
      if (!selector.mayAccessKey(name, needs)) return { reason: 'key', position, object: name }
    }
  }
  if (!selector.allChannels) {
    for (const { name, position, isPattern } of channels()) {
      if (!selector.mayAccessChannel(name, isPattern)) {
        return { reason: 'channel', position, object: name }
      }
    }
  }
  return undefined
}

/** The command alone, without regard to keys and channels. */
export function mayRun(user: User, command: CommandFacts, firstArg?: string): boolean {
  return user.selectors.some(selector => selector.mayRun(command, firstArg))
}

export function mayAccessKey(user: User, name: string, needs: number): boolean {
  return user.selectors.some(selector => selector.mayAccessKey(name, needs))
}

export function mayAccessChannel(user: User, name: string, isPattern: boolean): boolean {
  return user.selectors.some(selector => selector.mayAccessChannel(name, isPattern))
}

/**
 * Whether a selector that allows the request also lets it read every key: what SORT needs for BY
 * and GET, whose keys are known only when their elements are.
 */
export function mayReadEveryKey(user: User, request: Request): boolean {
  if (isUnrestricted(user)) return true
  const keys = once(request.keys)
  return user.selectors.some(
    selector =>
      selector.mayAccessEveryKey(READ) && checkSelector(selector, request, keys) === undefined,
  )
}
