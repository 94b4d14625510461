// Colour on a terminal: which words of a result have one, by where they stand in their line. What
// comes from outside cannot begin a line, and so has no say in it.

type Style = 'good' | 'bad' | 'doubtful' | 'heading' | 'aside'

/** As terminals are told; only colours that can be read on both light and dark. */
const CODES: Readonly<Record<Style, string>> = {
  good: '32',
  bad: '31',
  doubtful: '33',
  heading: '1',
  aside: '2',
}

/** The first that fits a line counts; its first group is what gets the colour. */
const PLACES: readonly (readonly [RegExp, Style])[] = [
  [/^(ALLOWED|right|ok)\b/d, 'good'],
  [/^(DENIED|WRONG|HUNG|REFUSED|FAIL|FAILED|not ok)\b/d, 'bad'],
  [/^(FINDING:)/d, 'bad'],
  [/^ {2}(yes) /d, 'good'],
  [/^ {2}(NO) /d, 'bad'],
  [/^ {2}(\+) /d, 'good'],
  [/^ {2}(-) /d, 'bad'],
  [/^\S.*?:\d+:\d+: (error):/d, 'bad'],
  [/^\S.*?:\d+:\d+: (warning):/d, 'doubtful'],
  [/^\S.*?:\d+:\d+: (note):/d, 'aside'],
  [/^(error)\b/d, 'bad'],
  [/^(warning)\b/d, 'doubtful'],
  [/^(Usage:)/d, 'heading'],
  [/^([A-Z][\w ,.]*:)$/d, 'heading'],
]

/** Only for what is printed: a report in a file has none. */
export function coloured(text: string): string {
  return text
    .split('\n')
    .map(line => {
      for (const [place, style] of PLACES) {
        const [start, end] = place.exec(line)?.indices?.[1] ?? []
        if (start === undefined || end === undefined) continue
        const code = `\x1b[${CODES[style]}m`
        return `${line.slice(0, start)}${code}${line.slice(start, end)}\x1b[0m${line.slice(end)}`
      }
      return line
    })
    .join('\n')
}
