// INFO's instantaneous_* numbers: means over the last sixteen samples, ten samples a second.

import type { Stats } from '../host/stats.ts'

const SAMPLES = 16

interface Sample {
  readonly atMs: number
  readonly commands: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly cycles: number
  readonly busyMicroseconds: number
}

export class Rates {
  #samples: Sample[] = []

  sample(stats: Stats, atMs: number): void {
    const { commands, bytesIn, bytesOut, cycles, busyMicroseconds } = stats
    this.#samples.push({ atMs, commands, bytesIn, bytesOut, cycles, busyMicroseconds })
    if (this.#samples.length > SAMPLES) this.#samples.shift()
  }

  reset(): void {
    this.#samples = []
  }

  get commandsPerSecond(): number {
    return Math.floor(this.#perSecond(sample => sample.commands))
  }

  get bytesInPerSecond(): number {
    return this.#perSecond(sample => sample.bytesIn)
  }

  get bytesOutPerSecond(): number {
    return this.#perSecond(sample => sample.bytesOut)
  }

  get cyclesPerSecond(): number {
    return Math.floor(this.#perSecond(sample => sample.cycles))
  }

  /** Mean length of a cycle, in microseconds. */
  get cycleMicroseconds(): number {
    const cycles = this.#perSecond(sample => sample.cycles)
    return cycles === 0 ? 0 : this.#perSecond(sample => sample.busyMicroseconds) / cycles
  }

  #perSecond(read: (sample: Sample) => number): number {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0
    return Math.max(0, ((read(last) - read(first)) * 1000) / (last.atMs - first.atMs))
  }
}
