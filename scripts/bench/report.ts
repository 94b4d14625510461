// The rows as a line each, as a table, and as JSON.

import os from 'node:os'
import { isReached, type Row, ratios, spread } from './row.ts'

/** Three figures that count, with a thousands mark. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

const HEADING = [
  '| measure | unit | ours | peer | | ratio (min-max) | goal | |',
  '|---|---|---|---|---|---|---|---|',
]

/** One line of the table; `isJudged` says whether its figures are good enough to be judged. */
export function lineOf(row: Row, isJudged: boolean): string {
  const ours = spread(row.ours)
  const peer = row.peer && spread(row.peer.values)
  const all = ratios(row)
  const ratio = all && spread(all)
  const judged = ratio ?? ours
  const range = `${figure(judged.median)} (${figure(judged.min)}-${figure(judged.max)})`
  const goal = row.goal ? `${row.goal.is} ${row.goal.value}` : 'for measure'
  const verdict = isJudged ? isReached(row) : undefined
  return `| ${[
    `${row.line}. ${row.name}`,
    row.unit,
    figure(ours.median),
    peer ? figure(peer.median) : '-',
    row.peer?.name ?? '-',
    range,
    goal,
    verdict === undefined ? '' : verdict ? 'reached' : 'MISSED',
  ].join(' | ')} |`
}

export function heading(): string {
  return HEADING.join('\n')
}

/** Everything that was measured, and on what. */
export function toJson(rows: readonly Row[]): string {
  const machine = { node: process.version, cpu: os.cpus()[0]?.model, cores: os.cpus().length }
  const list = rows.map(row => ({
    ...row,
    oursSpread: spread(row.ours),
    ratio: spread(ratios(row) ?? row.ours),
    isReached: isReached(row),
  }))
  return `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, rows: list }, null, 2)}\n`
}
