// One figure of the benchmark: what was measured round by round, on our side and on a peer's, and
// what it should be. A ratio is taken within a round, so that a machine whose speed drifts is
// unfair to neither; what counts is the median of the rounds.

/** The goal of a row: of its ratio, or of our own figure if there is no peer. */
export interface Goal {
  readonly is: 'at least' | 'at most'
  readonly value: number
}

export interface Row {
  /** The group it belongs to: what `--only` takes. */
  readonly line: number
  readonly name: string
  readonly unit: string
  readonly ours: readonly number[]
  readonly peer?: { readonly name: string; readonly values: readonly number[] }
  /** None: for measure only. */
  readonly goal?: Goal
}

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (i: number): number => sorted[i] ?? Number.NaN
  return { min: at(0), median: at(Math.floor(sorted.length / 2)), max: at(sorted.length - 1) }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Ours over the peer's, round by round; undefined without a peer. */
export function ratios({ ours, peer }: Row): readonly number[] | undefined {
  return peer && ours.map((value, round) => value / (peer.values[round] ?? Number.NaN))
}

/** Whether the row is as it should be; undefined if nothing is asked of it. */
export function isReached(row: Row): boolean | undefined {
  if (row.goal === undefined) return undefined
  const { median } = spread(ratios(row) ?? row.ours)
  return row.goal.is === 'at least' ? median >= row.goal.value : median <= row.goal.value
}

export const atLeast = (value: number): Goal => ({ is: 'at least', value })
export const atMost = (value: number): Goal => ({ is: 'at most', value })
