// A walk through the keys of a database that takes its time: it gives out each key with its value
// as it was when the walk began, whatever commands do in between. Several may be under way.
//
// It goes by position, downwards (see packed-table.ts): what is new comes to stand above it. So
// what stands up to #next is still to come, but for the names in #settled: those that were given
// out early, because they were going to change, and those that a deletion has moved there from
// above. The names kept are never more than the keys that have changed. A table that a database no
// longer has (FLUSHALL, a loading) does not change any more: the walk goes on in it.

import type { PackedTable } from './packed-table.ts'
import type { Value } from './value.ts'

export type Visit = (key: string, value: Value) => void

/** The same of a packed entry: where in some bytes its key and its text begin, and it ends. */
export type VisitPacked = (bytes: Buffer, key: number, text: number, end: number) => boolean

/** The walks through one database. */
export class Walks {
  /** Those under way, and maybe some that are over. */
  #all: readonly Walk[] = []

  /**
   * `visit` gets each key once, to look at its value at once; those that are packed `visitPacked`
   * may take before.
   */
  begin(table: PackedTable<Value>, visit: Visit, visitPacked?: VisitPacked): Walk {
    const walk = new Walk(table, visit, visitPacked)
    this.#all = [...this.#all, walk]
    return walk
  }

  /** A key is going to change, if it is there. False if nobody wants to know any more. */
  beforeChange(key: string): boolean {
    for (const walk of this.#all) walk.beforeChange(key)
    if (this.#all.some(walk => walk.isOver)) this.#all = this.#all.filter(walk => !walk.isOver)
    return this.#all.length > 0
  }

  /** A key that is there is going to be removed. */
  beforeRemoval(key: string): void {
    for (const walk of this.#all) walk.beforeRemoval(key)
  }
}

export class Walk {
  readonly #table: PackedTable<Value>
  readonly #visit: Visit
  readonly #visitPacked: VisitPacked | undefined
  readonly #settled = new Set<string>()
  /** The position of the next one; everything above is over. */
  #next: number

  constructor(table: PackedTable<Value>, visit: Visit, visitPacked?: VisitPacked) {
    this.#table = table
    this.#visit = visit
    this.#visitPacked = visitPacked
    this.#next = table.size - 1
  }

  get isOver(): boolean {
    return this.#next < 0
  }

  /** Visits the next of those that are left. */
  step(): void {
    const at = this.#next--
    if (this.#settled.size === 0 && this.#stepPacked(at)) return
    const key = this.#table.keyAt(at)
    if (this.#settled.size === 0 || !this.#settled.delete(key)) {
      this.#visit(key, this.#table.valueAt(at))
    }
  }

  #stepPacked(at: number): boolean {
    const entry = this.#visitPacked === undefined ? 0 : this.#table.packedAt(at)
    if (entry === 0 || this.#visitPacked === undefined) return false
    const { packed } = this.#table
    return this.#visitPacked(
      packed.bytes,
      packed.keyStart(entry),
      packed.textStart(entry),
      packed.textEnd(entry),
    )
  }

  /** Gives up what is left. */
  end(): void {
    this.#next = -1
    this.#settled.clear()
  }

  /** A key is going to change. */
  beforeChange(key: string): void {
    const at = this.#table.positionOf(key)
    if (at < 0 || at > this.#next || this.#settled.has(key)) return
    this.#settled.add(key)
    this.#visit(key, this.#table.valueAt(at))
  }

  /** A key is going to be removed: the last one will take its position. */
  beforeRemoval(key: string): void {
    this.beforeChange(key)
    const at = this.#table.positionOf(key)
    if (at < 0 || at > this.#next) return
    this.#settled.delete(key)
    const last = this.#table.size - 1
    if (last === this.#next) this.#next--
    else this.#settled.add(this.#table.keyAt(last))
  }
}
