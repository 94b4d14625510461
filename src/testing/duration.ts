// Spans of time as a test writes them: milliseconds, or numbers with units.

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

const PART = String.raw`(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)`
const PARTS = new RegExp(PART, 'g')
const WHOLE = new RegExp(String.raw`^\s*${PART}(?:\s*${PART})*\s*$`)
/** Milliseconds as environment variables and MOCK have them. */
const DIGITS = /^\s*\d+(?:\.\d+)?\s*$/

/**
 * Milliseconds, or text such as `'250ms'`, `'90s'`, `'1.5h'`, `'7d'`, `'2w'`; also several of them,
 * whose sum counts: `'1h30m'`. Digits alone are milliseconds.
 */
export type Duration = number | string

/** In milliseconds. @throws TypeError for what is not a duration */
export function milliseconds(duration: Duration): number {
  const ms = readDuration(duration)
  if (ms !== undefined) return ms
  const given = JSON.stringify(duration) ?? String(duration)
  throw new TypeError(
    `Not a duration: ${given}; use milliseconds or a text such as '90s', '5m' or '1h30m'`,
  )
}

/** In milliseconds, or undefined for what is not a duration. */
export function readDuration(duration: unknown): number | undefined {
  const ms = typeof duration === 'string' ? readText(duration) : duration
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? ms : undefined
}

function readText(text: string): number | undefined {
  if (DIGITS.test(text)) return Number(text)
  if (!WHOLE.test(text)) return undefined
  let sum = 0
  for (const [, number, unit] of text.matchAll(PARTS)) {
    sum += Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]
  }
  return sum
}
