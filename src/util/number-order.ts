// The order of many numbers, by a merge sort over plain arrays of numbers: the engine's own sort
// calls a function for each of the millions of comparisons, this one for equal numbers only.

/**
 * The indexes of the numbers, smallest first, none of them NaN; 0 and -0 are equal. Equal numbers
 * are in the order that `compareEqual` gives their indexes.
 */
export function orderOf(
  numbers: Float64Array,
  compareEqual: (a: number, b: number) => number,
): Uint32Array {
  const { length } = numbers
  let sorted: Runs = { numbers: numbers.slice(), indexes: new Uint32Array(length) }
  let spare: Runs = { numbers: new Float64Array(length), indexes: new Uint32Array(length) }
  for (let i = 0; i < length; i++) sorted.indexes[i] = i
  for (let width = 1; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      merge(sorted, spare, start, width)
    }
    ;[sorted, spare] = [spare, sorted]
  }
  orderEquals(sorted, compareEqual)
  return sorted.indexes
}

interface Runs {
  readonly numbers: Float64Array
  readonly indexes: Uint32Array
}

/** Merges two runs of this width, the last of which may be shorter or missing. */
function merge(from: Runs, to: Runs, start: number, width: number): void {
  const { numbers, indexes } = from
  const { numbers: toNumbers, indexes: toIndexes } = to
  const middle = Math.min(start + width, numbers.length)
  const end = Math.min(middle + width, numbers.length)
  let left = start
  let right = middle
  for (let at = start; at < end; at++) {
    const takesLeft =
      right === end || (left < middle && (numbers[left] ?? 0) <= (numbers[right] ?? 0))
    const taken = takesLeft ? left++ : right++
    toNumbers[at] = numbers[taken] ?? 0
    toIndexes[at] = indexes[taken] ?? 0
  }
}

function orderEquals(
  { numbers, indexes }: Runs,
  compareEqual: (a: number, b: number) => number,
): void {
  for (let start = 0, end = 1; start < numbers.length; start = end++) {
    while (end < numbers.length && numbers[end] === numbers[start]) end++
    if (end - start > 1) indexes.subarray(start, end).sort(compareEqual)
  }
}
