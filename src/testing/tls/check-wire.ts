// What the connections of a program say of it before it ends: many programs do not end, since they
// serve, or try again for ever. What they did with a profile is plain on the wire.

import type { Sighting } from './lab.ts'
import type { Profile } from './profiles.ts'

/**
 * What a program does when all is well: `ends` by itself, or `stays`; `unknown` as long as it has
 * not been seen with a server that is right.
 */
export type Habit = 'ends' | 'stays' | 'unknown'

/** It was used as it is to be. */
export function isUsed(sightings: readonly Sighting[]): boolean {
  return sightings.some(({ isShaken, hasSpoken }) => isShaken && hasSpoken)
}

/** Connections that are over, whoever ended them. */
export function countOver(sightings: readonly Sighting[]): number {
  return sightings.filter(({ isClosed, isProbe }) => isClosed && !isProbe).length
}

/** Nobody waits for anything: what it asked was answered, and it asks no more. */
export function isIdle({ name }: Profile, sightings: readonly Sighting[]): boolean {
  return name === 'half-open' && sightings.every(({ requests }) => requests < 2)
}

/** A service is content with what it got if it lets it be for so long. */
const CONTENT_MS = 1000
/** Who does not know the program gives it time to end by itself. */
const UNKNOWN_MS = 3000
/** Who meets a fault may still go on in another way, as without TLS. */
const GIVEN_UP_MS = 2000
/** From so many attempts on nobody thinks that the program will end because of one. */
const ATTEMPTS = 3

/**
 * In how many milliseconds it will be plain what a program does, if nothing else is seen until
 * then. Undefined: it has to end, or its time to be over.
 */
function plainAfter(
  { expects }: Profile,
  sightings: readonly Sighting[],
  habit: Habit,
): number | undefined {
  // One that ends by itself also says why: it is let to.
  const has = sightings.some(({ plaintext }) => plaintext !== undefined)
  if (habit === 'stays' && (has || (expects === 'refuse' && isUsed(sightings)))) return 0
  const over = countOver(sightings)
  if (expects !== 'fail' && isUsed(sightings)) {
    if (habit === 'ends' || expects === 'refuse') return undefined
    return habit === 'stays' ? CONTENT_MS : UNKNOWN_MS
  }
  const enough = habit === 'stays' && expects !== 'accept' ? 1 : ATTEMPTS
  return over >= enough ? GIVEN_UP_MS : undefined
}

/** Calls `act` when it is plain what the program does. */
export class Watch {
  readonly #profile: Profile
  readonly #habit: Habit
  readonly #act: () => void
  #timer: NodeJS.Timeout | undefined
  #waits: number | undefined

  constructor(profile: Profile, habit: Habit, act: () => void) {
    this.#profile = profile
    this.#habit = habit
    this.#act = act
  }

  /** Time counts from when a state began, and not anew with each further connection. */
  look(sightings: readonly Sighting[]): void {
    const waits = plainAfter(this.#profile, sightings, this.#habit)
    if (waits === this.#waits) return
    this.stop()
    this.#waits = waits
    if (waits !== undefined) this.#timer = setTimeout(this.#act, waits)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
