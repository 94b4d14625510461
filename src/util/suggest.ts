// Which of the known words was meant by one that is not known.

const DISTANCE_MAX = 3

/** The nearest of the known words, if any is near enough to be meant; case does not count. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const given = word.toLowerCase()
  let limit = Math.min(DISTANCE_MAX, Math.floor((given.length + 1) / 3))
  let nearest: string | undefined
  for (const candidate of known) {
    if (Math.abs(candidate.length - given.length) > limit) continue
    const distance = distanceOf(given, candidate.toLowerCase())
    if (distance > limit) continue
    nearest = candidate
    limit = distance - 1
  }
  return nearest
}

/** How many letters are to be put in, left out, changed, or swapped with their neighbour. */
function distanceOf(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1]
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const [left = 0, above = 0, aslant = 0] = [next[j - 1], row[j], row[j - 1]]
      const plain = Math.min(left + 1, above + 1, aslant + (isSame ? 0 : 1))
      next.push(isSwapped ? Math.min(plain, (before[j - 2] ?? 0) + 1) : plain)
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}
