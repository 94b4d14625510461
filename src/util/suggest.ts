// What somebody may have meant who wrote a name that there is not: an option, a command, a setting.

/** Longer words are nobody's slip of the finger, and would cost time. */
const LETTERS_MAX = 64

/**
 * The name that is nearest to a word, if any is near enough: other letters case, a letter too many,
 * too few, another or two in each other's place, one for each three letters of the word; or else
 * the only name that begins as the word does. Of equally near ones it is the first.
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  if (word === '' || word.length > LETTERS_MAX) return undefined
  const wanted = word.toLowerCase()
  const names = [...known]
  let nearest: string | undefined
  let least = Math.ceil(wanted.length / 3) + 1
  for (const name of names) {
    const slips = slipsBetween(wanted, name.toLowerCase())
    if (slips < least && slips < name.length) [nearest, least] = [name, slips]
  }
  if (nearest !== undefined) return nearest
  const longer = names.filter(name => name.toLowerCase().startsWith(wanted))
  return longer.length === 1 ? longer[0] : undefined
}

/** How many letters are to be put in, left out, changed or swapped to make one word of another. */
function slipsBetween(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = next
  }
  return last[to.length] ?? 0
}
