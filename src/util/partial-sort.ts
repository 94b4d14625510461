// Sorts only as far as a range of positions needs it. The order of equal items is visible to
// clients (SORT ... BY ... LIMIT, GEOSEARCH ... COUNT), so this is the very quicksort that Redis
// uses there: Bentley and McIlroy's, from "Engineering a Sort Function", which goes on only into
// parts that overlap the range. An input that was made to defeat it is sorted in another way.

type Compare<T> = (a: T, b: T) => number

const INSERTION_MAX = 6
const NINTHER_MIN = 41
/** Twenty or thirty are usual. */
const LEVELS_MAX = 200

/** Afterwards the positions from first to last, both included, hold what a full sort puts there. */
export function partialSort<T>(items: T[], compare: Compare<T>, first: number, last: number): void {
  sortPart(items, compare, { start: 0, size: items.length, level: 0 }, (from, to) => {
    return (first >= from || last >= from) && (first <= to || last <= to)
  })
}

interface Part {
  readonly start: number
  readonly size: number
  /** How often it was divided. */
  readonly level: number
}

function sortPart<T>(
  items: T[],
  compare: Compare<T>,
  part: Part,
  isWanted: (from: number, to: number) => boolean,
): void {
  let { start, size, level } = part
  for (; ; level++) {
    if (size <= INSERTION_MAX) {
      insertionSort(items, compare, start, size)
      return
    }
    if (level === LEVELS_MAX) {
      const sorted = items.slice(start, start + size).sort(compare)
      for (const [i, item] of sorted.entries()) items[start + i] = item
      return
    }
    swap(items, start, choosePivot(items, compare, start, size))
    const { below, above } = partition(items, compare, start, size)
    if (below > 1 && isWanted(start, start + below - 1)) {
      sortPart(items, compare, { start, size: below, level: level + 1 }, isWanted)
    }
    const end = start + size
    if (above <= 1 || !isWanted(end - above, end - 1)) return
    start = end - above
    size = above
  }
}

function insertionSort<T>(items: T[], compare: Compare<T>, start: number, size: number): void {
  for (let i = start + 1; i < start + size; i++) {
    for (let j = i; j > start && compare(items[j - 1] as T, items[j] as T) > 0; j--) {
      swap(items, j, j - 1)
    }
  }
}

/** The middle one, of three where the part is larger, or of three times three. */
function choosePivot<T>(items: T[], compare: Compare<T>, start: number, size: number): number {
  let low = start
  let middle = start + (size >> 1)
  let high = start + size - 1
  if (size === INSERTION_MAX + 1) return middle
  if (size >= NINTHER_MIN) {
    const step = size >> 3
    low = median(items, compare, low, low + step, low + 2 * step)
    middle = median(items, compare, middle - step, middle, middle + step)
    high = median(items, compare, high - 2 * step, high - step, high)
  }
  return median(items, compare, low, middle, high)
}

function median<T>(items: T[], compare: Compare<T>, a: number, b: number, c: number): number {
  const order = (i: number, j: number): number => compare(items[i] as T, items[j] as T)
  if (order(a, b) < 0) {
    if (order(b, c) < 0) return b
    return order(a, c) < 0 ? c : a
  }
  if (order(b, c) > 0) return b
  return order(a, c) < 0 ? a : c
}

/** The pivot is the first item. Its equals gather at both ends and then go to the middle. */
function partition<T>(
  items: T[],
  compare: Compare<T>,
  start: number,
  size: number,
): { below: number; above: number } {
  const end = start + size
  const pivot = items[start] as T
  let equalLeft = start + 1
  let left = start + 1
  let right = end - 1
  let equalRight = end - 1
  for (;;) {
    for (; left <= right; left++) {
      const order = compare(items[left] as T, pivot)
      if (order > 0) break
      if (order === 0) swap(items, equalLeft++, left)
    }
    for (; left <= right; right--) {
      const order = compare(items[right] as T, pivot)
      if (order < 0) break
      if (order === 0) swap(items, right, equalRight--)
    }
    if (left > right) break
    swap(items, left++, right--)
  }
  const below = left - equalLeft
  const above = equalRight - right
  swapRuns(items, start, left, Math.min(equalLeft - start, below))
  swapRuns(items, left, end, Math.min(above, end - equalRight - 1))
  return { below, above }
}

/** Exchanges the run that begins at `from` with the one that ends before `to`. */
function swapRuns<T>(items: T[], from: number, to: number, length: number): void {
  for (let i = 0; i < length; i++) swap(items, from + i, to - length + i)
}

function swap<T>(items: T[], a: number, b: number): void {
  const item = items[a] as T
  items[a] = items[b] as T
  items[b] = item
}
