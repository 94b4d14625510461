// Splits a line into words as inline commands, redis.conf and ACL files do: blanks separate;
// "double quotes" know \n \r \t \b \a \xHH and any other escaped character; 'single quotes' know
// only \'. A closing quote must be followed by a blank or the end. A NUL ends the line.

/** What may stand before a word, and what ends an unquoted one: not quite the same. */
const BLANKS = new Set([32, 9, 10, 11, 12, 13])
const WORD_ENDS = new Set([32, 9, 10, 13])

/** A word, and where it stands with its quotes. */
export interface PlacedWord {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The words of the line, or undefined if its quotes are unbalanced. */
export function splitWords(text: string): string[] | undefined {
  return placedWords(text)?.map(word => word.text)
}

/** The same, each with its place. */
export function placedWords(text: string): PlacedWord[] | undefined {
  const nul = text.indexOf('\0')
  const line = nul < 0 ? text : text.slice(0, nul)
  const words: PlacedWord[] = []
  let at = 0
  for (;;) {
    while (at < line.length && BLANKS.has(line.charCodeAt(at))) at++
    if (at >= line.length) return words
    const word = readWord(line, at)
    if (word === undefined) return undefined
    words.push({ text: word.text, start: at, end: word.end })
    at = word.end
  }
}

interface Word {
  readonly text: string
  readonly end: number
}

function readWord(line: string, start: number): Word | undefined {
  let text = ''
  let at = start
  while (at < line.length && !WORD_ENDS.has(line.charCodeAt(at))) {
    const char = line[at]!
    if (char === '"' || char === "'") {
      const quoted = char === '"' ? readDoubleQuoted(line, at + 1) : readSingleQuoted(line, at + 1)
      if (quoted === undefined) return undefined
      if (quoted.end < line.length && !BLANKS.has(line.charCodeAt(quoted.end))) return undefined
      return { text: text + quoted.text, end: quoted.end }
    }
    text += char
    at++
  }
  return { text, end: at }
}

const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['a', '\x07'],
])

function readDoubleQuoted(line: string, start: number): Word | undefined {
  let text = ''
  let at = start
  while (at < line.length) {
    const char = line[at]!
    if (char === '"') return { text, end: at + 1 }
    if (char !== '\\' || at + 1 >= line.length) {
      text += char
      at++
      continue
    }
    const code = hexByte(line, at)
    if (code !== undefined) {
      text += String.fromCharCode(code)
      at += 4
      continue
    }
    const escaped = line[at + 1]!
    text += ESCAPED.get(escaped) ?? escaped
    at += 2
  }
  return undefined
}

function hexByte(line: string, at: number): number | undefined {
  if (line[at + 1] !== 'x') return undefined
  const high = hexDigit(line.charCodeAt(at + 2))
  const low = hexDigit(line.charCodeAt(at + 3))
  return high === undefined || low === undefined ? undefined : high * 16 + low
}

function hexDigit(code: number): number | undefined {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : undefined
}

function readSingleQuoted(line: string, start: number): Word | undefined {
  let text = ''
  let at = start
  while (at < line.length) {
    const char = line[at]!
    if (char === "'") return { text, end: at + 1 }
    if (char === '\\' && line[at + 1] === "'") {
      text += "'"
      at += 2
    } else {
      text += char
      at++
    }
  }
  return undefined
}
