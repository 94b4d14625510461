// One run of the benchmark: how long and how often it measures, and where its rows go.

import type { Row } from './row.ts'

export class Run {
  readonly rows: Row[] = []
  /** Seconds that one measure of a rate should take. */
  readonly seconds = 1.2
  readonly rounds: number
  /** Only to see that everything works: its figures say nothing. */
  readonly isShort: boolean
  readonly #heard: (row: Row) => void

  /** `heard` gets each row when it is complete. */
  constructor(isShort: boolean, rounds: number, heard: (row: Row) => void) {
    this.isShort = isShort
    this.rounds = isShort ? 1 : rounds
    this.#heard = heard
  }

  /** A number of keys, servers or connections: the second one in the short version. */
  size(whole: number, short: number): number {
    return this.isShort ? short : whole
  }

  /** What is going on, for whoever waits at a terminal. */
  progress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  }

  add(row: Row): void {
    this.rows.push(row)
    this.progress('')
    this.#heard(row)
  }

  /** Runs both sides in turn, the first of them changing from round to round. */
  async alternate(
    name: string,
    ours: () => Promise<number>,
    theirs: () => Promise<number>,
    rounds = this.rounds,
  ): Promise<[ours: number[], theirs: number[]]> {
    const figures: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      this.progress(`${name}, round ${round + 1} of ${rounds}`)
      const isOursFirst = round % 2 === 0
      const first = await (isOursFirst ? ours : theirs)()
      const second = await (isOursFirst ? theirs : ours)()
      figures[0].push(isOursFirst ? first : second)
      figures[1].push(isOursFirst ? second : first)
    }
    return figures
  }

  /** Runs one side as often as the others. */
  async repeat(name: string, measure: () => Promise<number>): Promise<number[]> {
    const figures: number[] = []
    for (let round = 0; round < this.rounds; round++) {
      this.progress(`${name}, round ${round + 1} of ${this.rounds}`)
      figures.push(await measure())
    }
    return figures
  }
}
