// The words and separators of a name, and which of the words may be ids: `user:17:cart` has user,
// 17 and cart. A word is an id if it is a number, a UUID, a long hex number, or looks drawn at
// random.

export interface Part {
  readonly text: string
  readonly isSeparator: boolean
  /** An id that may become a star. */
  readonly isId: boolean
}

const RUNS = /[A-Za-z0-9_\x80-\xff-]+|[^A-Za-z0-9_\x80-\xff-]/g
const WORDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[_-]|[^_-]+/gi

/** The words and separators of a name, in their order. */
export function partsOf(name: string): readonly Part[] {
  const texts = (name.match(RUNS) ?? []).flatMap(run =>
    isId(run) ? [run] : (run.match(WORDS) ?? []),
  )
  let isFirst = true
  return texts.map(text => {
    const isSeparator = /^[^A-Za-z0-9\x80-\xff]$/.test(text)
    const part = { text, isSeparator, isId: !isSeparator && !isFirst && isId(text) }
    if (!isSeparator) isFirst = false
    return part
  })
}

/** The same for names that differ in ids only. */
export function shapeOf(name: string): string {
  return JSON.stringify(partsOf(name).map(({ isId, text }) => (isId ? 0 : text)))
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const HEX = /^(?=.*[0-9])[0-9a-f]{8,}$/i
const MIXED = /^(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_-]{16,}$/
const PLAIN = /^[A-Za-z0-9]{10,}$/
const ALTERNATION = /[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])/g

function isId(word: string): boolean {
  if (/^[0-9]+$/.test(word) || UUID.test(word) || HEX.test(word) || MIXED.test(word)) return true
  return PLAIN.test(word) && (word.match(ALTERNATION)?.length ?? 0) >= 3
}

const CONSONANTS = /[bcdfghjklmnpqrstvwxz]{5}/i

/** Short words that no rule is made of, but that may well differ at the next start: k3x9q2. */
export function looksRandom(word: string): boolean {
  if (isId(word)) return true
  if (word.length < 4 || !/^[A-Za-z0-9]+$/.test(word)) return false
  return (word.match(ALTERNATION)?.length ?? 0) >= 2 || CONSONANTS.test(word)
}

export function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
