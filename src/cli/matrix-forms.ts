// A matrix of rights as text, CSV, HTML and SVG. HTML and SVG are one file each, without anything
// from elsewhere, and say in words what they show in colours.

import type { Matrix, MatrixCell, MatrixRow } from '../policy/matrix.ts'
import { tableLines } from './layout.ts'
import { jsonText } from './out.ts'
import { escaped } from './report-forms.ts'

export const MATRIX_FORMS = ['text', 'csv', 'html', 'svg', 'json'] as const

export type MatrixForm = (typeof MATRIX_FORMS)[number]

export function writeMatrix(form: MatrixForm, matrix: Matrix): string {
  return FORMS[form](matrix)
}

const FORMS: Readonly<Record<MatrixForm, (matrix: Matrix) => string>> = {
  text,
  csv,
  html,
  svg,
  json: jsonText,
}

const SIGNS = { all: 'yes', some: 'some', none: '-' } as const

function shown({ level, allowed, total, selectors }: MatrixCell): string {
  if (level !== 'some') return `${SIGNS[level]}${throughSelectors(selectors)}`
  const count = total === 1 ? 'first argument' : `${allowed}/${total}`
  return `${count}${throughSelectors(selectors)}`
}

/** Which selectors, where it is not the root alone. */
function throughSelectors(selectors: readonly number[]): string {
  if (selectors.length === 0 || (selectors.length === 1 && selectors[0] === 0)) return ''
  return ` (${selectors.map(index => (index === 0 ? 'root' : index)).join('+')})`
}

function headOf({ users }: Matrix): string[] {
  return users.map(({ name, enabled }) => (enabled ? name : `${name} (off)`))
}

function text(matrix: Matrix): string {
  const table = [
    [matrix.by === 'commands' ? 'command' : 'category', ...headOf(matrix)],
    ...matrix.rows.map(({ name, cells }) => [name, ...cells.map(shown)]),
  ]
  const selectors = matrix.users.flatMap(({ name, selectors }) =>
    selectors.map((rules, i) => `${name}${i === 0 ? '' : ` (${i})`}: ${rules}`),
  )
  return `${[...tableLines(table), '', ...selectors].join('\n')}\n`
}

function csv(matrix: Matrix): string {
  const head = [matrix.by === 'commands' ? 'command' : 'category', ...headOf(matrix)]
  const rows = matrix.rows.map(({ name, cells }) => [name, ...cells.map(csvCell)])
  return [head, ...rows].map(row => `${row.map(quotedCell).join(',')}\r\n`).join('')
}

function csvCell({ level, allowed, total }: MatrixCell): string {
  return level === 'some' ? `${allowed}/${total}` : level === 'all' ? 'all' : 'none'
}

/** Spreadsheets run what begins like a formula: such cells begin with an apostrophe. */
function quotedCell(cell: string): string {
  const safe = /^[=+@\t\r-]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { margin: 2rem; max-width: max-content }
  table { border-collapse: collapse }
  caption { text-align: left; padding-bottom: .5rem }
  th, td { padding: .2rem .6rem; border: 1px solid #8884; text-align: left }
  thead th { position: sticky; top: 0; background: Canvas }
  .all { background: #2da44e55 } .some { background: #d4a72c55 }
  .none { color: color-mix(in srgb, CanvasText 70%, Canvas) }
  code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
`

const WORDS = { all: 'allowed', some: 'in part', none: 'denied' } as const

function html(matrix: Matrix): string {
  const title = titleOf(matrix)
  const head = headOf(matrix).map(name => `<th scope="col">${escaped(name)}</th>`)
  const rows = matrix.rows.map(
    ({ name, cells }) =>
      `<tr><th scope="row"><code>${escaped(name)}</code></th>${cells.map(htmlCell).join('')}</tr>`,
  )
  const users = matrix.users.map(({ name, selectors }) => {
    const items = selectors.map(rules => `<li><code>${escaped(rules)}</code></li>`)
    return `<dt>${escaped(name)}</dt><dd><ol start="0">${items.join('')}</ol></dd>`
  })
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`,
    '<meta name="viewport" content="width=device-width">',
    `<style>${STYLE}</style></head><body>`,
    `<h1>${title}</h1>`,
    `<table><caption>${CAPTION}</caption>`,
    `<thead><tr><td></td>${head.join('')}</tr></thead>`,
    `<tbody>${rows.join('\n')}</tbody></table>`,
    `<h2>Rules by selector</h2><dl>${users.join('\n')}</dl>`,
    '</body></html>',
    '',
  ].join('\n')
}

const CAPTION =
  'How much each user may run; in parentheses the selectors, where it is not the root alone'

function titleOf({ by }: Matrix): string {
  return `Rights by ${by === 'commands' ? 'command' : 'category'}`
}

function htmlCell(cell: MatrixCell): string {
  const { level, allowed, total } = cell
  const count = level === 'some' && total > 1 ? ` ${allowed}/${total}` : ''
  const through = throughSelectors(cell.selectors)
  return `<td class="${level}">${WORDS[level]}${count}${through}</td>`
}

const CELL = { width: 96, height: 20, left: 190, top: 64 }

/** In colours for paper; where the reader prefers the dark, for that. */
const SVG_STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .paper { fill: #ffffff } .all { fill: #8fd6a4 } .some { fill: #ecd28b } .none { fill: #e6e9ed }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e8ec }
    .paper { fill: #14171a } .all { fill: #1f6b3c } .some { fill: #6e5414 } .none { fill: #2a2f35 }
  }
`

function svg(matrix: Matrix): string {
  const { users, rows } = matrix
  const title = titleOf(matrix)
  const width = Math.max(CELL.left + users.length * CELL.width + 10, 240)
  const height = CELL.top + rows.length * CELL.height + 10
  const head = headOf(matrix).map((name, i) =>
    svgText(CELL.left + i * CELL.width + 4, CELL.top - 10, cut(name, 14), name),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" ` +
      `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title id="title">${title}</title>`,
    `<desc id="desc">${escaped(description(matrix))}</desc>`,
    `<style>${SVG_STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="6" y="22">${title}</text>`,
    ...head,
    ...rows.flatMap((row, i) => svgRow(row, CELL.top + i * CELL.height)),
    '</svg>',
    '',
  ].join('\n')
}

/** For those who cannot see it. */
function description({ users, rows }: Matrix): string {
  const names = (level: MatrixCell['level'], i: number): string =>
    rows
      .filter(({ cells }) => cells[i]?.level === level)
      .map(({ name }) => name)
      .join(' ')
  return users
    .map(({ name }, i) => `${name}: all of ${names('all', i)}; some of ${names('some', i)}.`)
    .join(' ')
}

function svgRow({ name, cells }: MatrixRow, y: number): string[] {
  return [
    svgText(6, y + 14, cut(name, 28), name),
    ...cells.map((cell, i) => {
      const x = CELL.left + i * CELL.width
      const { level, allowed, total } = cell
      const label = level === 'none' ? '' : level === 'all' ? 'all' : `${allowed}/${total}`
      return (
        `<rect class="${level}" x="${x}" y="${y}" width="${CELL.width - 2}" ` +
        `height="${CELL.height - 2}"><title>${escaped(name)}: ${WORDS[level]}</title></rect>` +
        svgText(x + 6, y + 14, label, undefined)
      )
    }),
  ]
}

function svgText(x: number, y: number, shown: string, whole: string | undefined): string {
  const title = whole === undefined || whole === shown ? '' : `<title>${escaped(whole)}</title>`
  return `<text x="${x}" y="${y}">${escaped(shown)}${title}</text>`
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
