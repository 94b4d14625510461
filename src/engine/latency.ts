// How long things take: histograms of every command (LATENCY HISTOGRAM, INFO latencystats) and the
// spikes above latency-monitor-threshold (LATENCY HISTORY and its like).
//
// A histogram has eight buckets an octave of nanoseconds, made when a command first runs; its
// percentiles are right to an eighth.

import { type Command, FLAG } from '../table/command.ts'
import type { Clock } from '../util/clock.ts'
import { obtain } from '../util/lazy.ts'

const PER_OCTAVE = 8
const OCTAVES = 40
const LONGEST = 2 ** OCTAVES - 1
const SAMPLES_MAX = 160

export interface Sample {
  readonly atSeconds: number
  readonly milliseconds: number
}

interface Histogram {
  readonly command: Command
  readonly buckets: Float64Array
}

interface Event {
  samples: Sample[]
  maxMs: number
}

export class Latency {
  readonly #clock: Clock
  /** By command id. */
  readonly #histograms: (Histogram | undefined)[] = []
  readonly #events = new Map<string, Event>()
  /** Spikes of at least this many milliseconds are kept; 0 turns the monitor off. */
  thresholdMs = 0
  tracksHistograms = true
  percentiles: readonly number[] = [50, 99, 99.9]

  constructor(clock: Clock) {
    this.#clock = clock
  }

  called(command: Command, durationMs: number): void {
    if (this.tracksHistograms) {
      const histogram = this.#histograms[command.id] ?? this.#begin(command)
      histogram.buckets[bucketOf(durationMs * 1e6)]!++
    }
    if (this.thresholdMs > 0 && durationMs >= this.thresholdMs) {
      const isFast = (command.flags & FLAG.fast) !== 0
      this.add(isFast ? 'fast-command' : 'command', durationMs)
    }
  }

  #begin(command: Command): Histogram {
    const histogram = { command, buckets: new Float64Array(PER_OCTAVE * OCTAVES) }
    // A sparse array would be a dictionary.
    while (this.#histograms.length <= command.id) this.#histograms.push(undefined)
    this.#histograms[command.id] = histogram
    return histogram
  }

  /** Records a spike of an event, if it is one. */
  add(name: string, durationMs: number): void {
    if (this.thresholdMs === 0 || durationMs < this.thresholdMs) return
    const event = obtain(this.#events, name, (): Event => ({ samples: [], maxMs: 0 }))
    const atSeconds = Math.floor(this.#clock.now() / 1000)
    const milliseconds = Math.floor(durationMs)
    event.maxMs = Math.max(event.maxMs, milliseconds)
    const last = event.samples.at(-1)
    if (last?.atSeconds === atSeconds) {
      if (milliseconds > last.milliseconds) event.samples.splice(-1, 1, { atSeconds, milliseconds })
      return
    }
    event.samples.push({ atSeconds, milliseconds })
    if (event.samples.length > SAMPLES_MAX) event.samples.shift()
  }

  samples(name: string): readonly Sample[] {
    return this.#events.get(name)?.samples ?? []
  }

  /** The last sample and the maximum of every event. */
  latest(): { readonly name: string; readonly last: Sample; readonly maxMs: number }[] {
    return [...this.#events].map(([name, { samples, maxMs }]) => ({
      name,
      last: samples.at(-1)!,
      maxMs,
    }))
  }

  /** Forgets the events named, or all; returns how many there were. */
  reset(names?: readonly string[]): number {
    let count = 0
    for (const name of names ?? [...this.#events.keys()]) if (this.#events.delete(name)) count++
    return count
  }

  resetHistograms(): void {
    this.#histograms.length = 0
  }

  hasHistogram(command: Command): boolean {
    return this.#histograms[command.id] !== undefined
  }

  /** Calls of the command, and how many of them took at most 2^n microseconds, where it grows. */
  histogram(command: Command): {
    readonly calls: number
    readonly cumulative: readonly (readonly [number, number])[]
  } {
    const buckets = this.#histograms[command.id]?.buckets ?? new Float64Array()
    const calls = buckets.reduce((sum, count) => sum + count, 0)
    const cumulative: (readonly [number, number])[] = []
    let seen = 0
    for (let micros = 1, i = 0; seen < calls; micros *= 2) {
      const before = seen
      const end = bucketOf(micros * 1000)
      for (; i <= end && i < buckets.length; i++) seen += buckets[i] ?? 0
      if (seen > before) cumulative.push([micros, seen])
    }
    return { calls, cumulative }
  }

  /** INFO latencystats. */
  percentileFields(): (readonly [string, string])[] {
    const begun = this.#histograms.filter(one => one !== undefined)
    return begun.map(({ command: { name }, buckets }) => {
      const parts = this.percentiles.map(p => `p${p}=${percentile(buckets, p).toFixed(3)}`)
      return [`latency_percentiles_usec_${name}`, parts.join(',')] as const
    })
  }
}

/** The octave is where the highest bit stands, its eighth the three bits below it. */
function bucketOf(nanoseconds: number): number {
  const whole = nanoseconds < LONGEST ? Math.ceil(nanoseconds) : LONGEST
  if (whole < PER_OCTAVE) return whole
  const isShort = whole < 2 ** 31
  // Bits work on 32 bits only; what is longer is looked at in units of 2^20.
  const bits = isShort ? whole : Math.floor(whole / 2 ** 20)
  const octave = 31 - Math.clz32(bits)
  const eighth = (bits >> (octave - 3)) & (PER_OCTAVE - 1)
  return (isShort ? octave : octave + 20) * PER_OCTAVE + eighth
}

/** The most nanoseconds of a bucket. */
function endOf(bucket: number): number {
  if (bucket < PER_OCTAVE) return Math.max(1, bucket)
  const octave = Math.floor(bucket / PER_OCTAVE)
  return 2 ** octave * (1 + ((bucket % PER_OCTAVE) + 1) / PER_OCTAVE) - 1
}

/** In microseconds. */
function percentile(buckets: Float64Array, percent: number): number {
  const calls = buckets.reduce((sum, count) => sum + count, 0)
  const wanted = Math.max(1, Math.ceil((calls * percent) / 100))
  let seen = 0
  for (let i = 0; i < buckets.length; i++) {
    seen += buckets[i] ?? 0
    if (seen >= wanted) return endOf(i) / 1000
  }
  return 0
}
