// The keys of a database that hold a short string without an expiry, as the commands that make no
// object for them see them: by the words of a request. Everything else a command asks of such a key
// goes the way of any other, which boxes it (see packed-table.ts).
//
// Nothing is packed, and what is packed counts as not there, as long as somebody follows the
// changes of keys or counts their uses: the long way does all that. So all that is left of telling
// of a change here is to count it.

import type { Args } from '../resp3/args.ts'
import { writeInteger } from '../util/number.ts'
import type { Database } from './database.ts'

export class PackedStrings {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * The string under word i, to answer from: counts a hit, or a miss. 0 if the key is absent, -1 if
   * its value is not packed: then only Database.read() does all that.
   */
  read(args: Args, i: number): number {
    const { keyspace } = this.#db
    const entry = this.edit(args, i)
    if (entry > 0) {
      keyspace.hits++
    } else if (entry === 0) {
      keyspace.misses++
      if (keyspace.notifies) keyspace.notify(this.#db, 'keymiss', args.text(i))
    }
    return entry
  }

  /** The same for a command that will write: counts nothing. */
  edit({ bytes, marks }: Args, i: number): number {
    const { table, keyspace } = this.#db
    const entry = table.findPacked(bytes, marks[i * 2]!, marks[i * 2 + 1]!)
    if (entry <= 0) return entry
    if (keyspace.countsFrequency) return -1
    if (keyspace.touches) table.packed.use(entry, keyspace.nowSeconds)
    return entry
  }

  /** The memory that all texts are in, until the next change of a key. */
  get bytes(): Buffer {
    return this.#db.table.packed.bytes
  }

  start(entry: number): number {
    return this.#db.table.packed.textStart(entry)
  }

  end(entry: number): number {
    return this.#db.table.packed.textEnd(entry)
  }

  /**
   * Sets the key under word i to word j, without an expiry, whatever was there, and does what
   * Database.changed() does. False if that cannot be done here: then nothing was.
   */
  put(args: Args, i: number, j: number): boolean {
    return this.#put(args, i, args.bytes, args.marks[j * 2]!, args.marks[j * 2 + 1]!)
  }

  /** The same with a number, given what edit() said of the key just now. */
  putNumber(args: Args, i: number, entry: number, value: number): boolean {
    const { table, keyspace } = this.#db
    const { digits } = keyspace
    let end = 0
    if (value < 0) digits[end++] = 45
    end += writeInteger(digits, end, Math.abs(value))
    if (this.#db.walks !== undefined) this.#db.beforeChange(args.text(i))
    if (entry === 0 || !keyspace.packs || !table.packed.write(entry, digits, 0, end)) {
      return this.#put(args, i, digits, 0, end)
    }
    keyspace.changes++
    return true
  }

  #put(args: Args, i: number, bytes: Buffer, start: number, end: number): boolean {
    const { table, keyspace } = this.#db
    const keyStart = args.marks[i * 2]!
    const keyEnd = args.marks[i * 2 + 1]!
    if (!keyspace.packs) return false
    if (this.#db.walks !== undefined) this.#db.beforeChange(args.text(i))
    const now = keyspace.nowSeconds
    let before = table.pack(args.bytes, keyStart, keyEnd, bytes, start, end, now, false)
    if (before === -1) {
      const key = args.text(i)
      // What is dead is removed first, and counted as expired.
      this.#db.peek(key)
      before = table.pack(args.bytes, keyStart, keyEnd, bytes, start, end, now, true)
      if (before === -1) this.#db.forgetTimes(key)
    }
    if (before === undefined) return false
    keyspace.changes++
    return true
  }
}
