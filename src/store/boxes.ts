// Entries that are not packed: a name, a value and a position side by side in one array, so that
// finding one touches one place of memory.
//
// Hot file. Invariant: box n is the three places from n on; those that are free are listed.

const SIZE = 3
const VALUE = 1
const POSITION = 2

export class Boxes<V> {
  readonly #places: (string | V | number | undefined)[] = []
  readonly #free: number[] = []

  add(name: string, value: V): number {
    const box = this.#free.pop() ?? this.#places.length
    this.#places[box] = name
    this.#places[box + VALUE] = value
    this.#places[box + POSITION] = 0
    return box
  }

  remove(box: number): void {
    this.#places.fill(undefined, box, box + SIZE)
    this.#free.push(box)
  }

  name(box: number): string {
    return this.#places[box] as string
  }

  value(box: number): V {
    return this.#places[box + VALUE] as V
  }

  setValue(box: number, value: V): void {
    this.#places[box + VALUE] = value
  }

  position(box: number): number {
    return this.#places[box + POSITION] as number
  }

  setPosition(box: number, position: number): void {
    this.#places[box + POSITION] = position
  }

  hasBytes(box: number, bytes: Buffer, start: number, end: number): boolean {
    const name = this.#places[box] as string
    const { length } = name
    if (length !== end - start) return false
    for (let i = 0; i < length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false
    return true
  }
}
