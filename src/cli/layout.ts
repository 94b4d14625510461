// Text in columns and in lines, as the tools print it.

import { greatest } from '../util/extremes.ts'

/**
 * Rows of cells, each below the one above it, two blanks apart.
 * @param right columns that end below one another, instead of beginning so
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const widths = (rows[0] ?? []).map((_, i) => greatest(rows.map(row => row[i]?.length ?? 0)))
  const inColumn = (cell: string, i: number): string => {
    const width = widths[i] ?? 0
    return right.includes(i) ? cell.padStart(width) : cell.padEnd(width)
  }
  return rows.map(row => row.map(inColumn).join('  ').trimEnd())
}

/** As many words a line as fit into so many columns. */
export function wrappedLines(words: readonly string[], columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + word.length >= columns) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}
