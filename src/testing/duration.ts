// Spans of time as a test writes them: milliseconds, or a number with a unit.

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds, or text such as `'250ms'`, `'90s'`, `'5m'`, `'1.5h'`, `'7d'`. */
export type Duration = number | string

/** In milliseconds. @throws TypeError for what is not a duration */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') return checked(duration, duration)
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(duration) ?? []
  if (number === undefined) throw notADuration(duration)
  return checked(Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS], duration)
}

function checked(ms: number, given: Duration): number {
  if (!Number.isFinite(ms) || ms < 0) throw notADuration(given)
  return ms
}

function notADuration(given: Duration): TypeError {
  return new TypeError(
    `Not a duration: ${JSON.stringify(given)}; use milliseconds or e.g. '90s', '5m'`,
  )
}
