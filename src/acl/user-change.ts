// What a command did to one user, for whoever keeps the connections: which of them must go. Those
// of removed users do, and subscribers of channels that their user has lost.

import { type ChannelPattern, coversChannel } from './selector.ts'
import type { User } from './user.ts'

export interface UserChange {
  readonly user: User
  /** Connections of a removed user are closed. */
  readonly kind: 'created' | 'changed' | 'removed'
  /** False if no subscription can have been lost, so that nobody needs to be asked about. */
  readonly mayHaveLostChannels: boolean
  /** Whether a connection with these subscriptions (shard channels among them) may stay. */
  stillCovers(channels: Iterable<string>, patterns: Iterable<string>): boolean
}

/** A change that takes no channel from anybody. */
export function untouched(user: User, kind: UserChange['kind']): UserChange {
  return { user, kind, mayHaveLostChannels: false, stillCovers: () => kind !== 'removed' }
}

/** Gives a user new rights, and remembers what that means for subscribers. */
export function replaceRights(user: User, draft: User): UserChange {
  const left = channelsLeft(user, draft)
  user.become(draft)
  if (left === undefined) return untouched(user, 'changed')
  return {
    user,
    kind: 'changed',
    mayHaveLostChannels: true,
    stillCovers(channels, patterns) {
      for (const name of patterns) if (!coversChannel(left, name, true)) return false
      for (const name of channels) if (!coversChannel(left, name, false)) return false
      return true
    },
  }
}

// Redis means to pardon everybody when the new patterns include the old, but compares addresses:
// in fact it looks at every subscription unless the old user had no channels at all.
function channelsLeft(before: User, after: User): readonly ChannelPattern[] | undefined {
  if (after.selectors.some(selector => selector.allChannels)) return undefined
  const hadChannels = before.selectors.some(
    selector => selector.allChannels || selector.channelPatterns.length > 0,
  )
  return hadChannels ? after.selectors.flatMap(s => s.channelPatterns) : undefined
}
