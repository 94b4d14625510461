// The ratios as an SVG: a bar a row, from the slowest round to the fastest, on a scale on which twice
// as good and half as good are equally far from even. To the right is better, whatever was measured.

import { isReached, type Row, ratios, spread } from './row.ts'

const LABEL_WIDTH = 430
const SCALE_WIDTH = 420
const ROW_HEIGHT = 18
const HEAD = 46
/** The scale goes from an eighth to eight times. */
const REACH = 3

/** Rows with a peer; others have no ratio to draw. */
export function chart(rows: readonly Row[]): string {
  const drawn = rows.filter(row => row.peer !== undefined)
  const height = HEAD + drawn.length * ROW_HEIGHT + 12
  const width = LABEL_WIDTH + SCALE_WIDTH + 70
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"`,
    ' font-family="system-ui, sans-serif" font-size="11">',
    '<title>redis-tls-mock beside its peers</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    '<text x="8" y="16" font-size="13" font-weight="bold">redis-tls-mock beside its peers: ',
    'right is better, the line is even, green is the goal</text>',
    ...[1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].map(value => gridLine(value, height)),
    ...drawn.map((row, i) => bar(row, HEAD + i * ROW_HEIGHT)),
    '</svg>\n',
  ].join('\n')
}

function x(ratio: number): number {
  const steps = Math.max(-REACH, Math.min(REACH, Math.log2(ratio)))
  return Math.round(LABEL_WIDTH + ((steps + REACH) / (2 * REACH)) * SCALE_WIDTH)
}

function gridLine(value: number, height: number): string {
  const label = value < 1 ? `1/${1 / value}` : String(value)
  const stroke = value === 1 ? '#555555' : '#dddddd'
  return (
    `<line x1="${x(value)}" y1="${HEAD - 8}" x2="${x(value)}" y2="${height - 6}" ` +
    `stroke="${stroke}"/><text x="${x(value)}" y="${HEAD - 12}" text-anchor="middle" ` +
    `fill="#777777">${label}</text>`
  )
}

function bar(row: Row, y: number): string {
  const isLessBetter = row.goal?.is === 'at most' || row.unit === 'ms' || row.unit === 'MB'
  const values = (ratios(row) ?? []).map(ratio => (isLessBetter ? 1 / ratio : ratio))
  const { min, median, max } = spread(values)
  const reached = isReached(row)
  const color = reached === undefined ? '#888888' : reached ? '#2e8b57' : '#c0392b'
  const middle = y + ROW_HEIGHT / 2
  const label = escaped(`${row.line}. ${row.name} / ${row.peer?.name ?? ''}`)
  return (
    `<text x="8" y="${middle + 4}" fill="#222222">${label}</text>` +
    `<line x1="${x(min)}" y1="${middle}" x2="${x(max)}" y2="${middle}" stroke="${color}" ` +
    `stroke-width="3" stroke-opacity="0.4"/>` +
    `<circle cx="${x(median)}" cy="${middle}" r="4" fill="${color}"/>` +
    `<text x="${LABEL_WIDTH + SCALE_WIDTH + 14}" y="${middle + 4}" fill="${color}">` +
    `${median.toFixed(2)}</text>`
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
