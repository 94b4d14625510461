// npm run bench: ours beside redis-server, bare node and other mocks, in one run, in turn. Ratios
// count; absolute numbers belong to the machine. Needs redis-server and redis-benchmark.
//
//   npm run bench -- [--only 1,3] [--short] [--rounds N] [--json FILE] [--svg FILE]
//
// The chart that the README shows is drawn anew by a run of all lines.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chart } from './chart.ts'
import { growth } from './growth.ts'
import { handshakes } from './handshakes.ts'
import { largeReplies } from './large.ts'
import { REDIS_BENCHMARK } from './load.ts'
import { REDIS_SERVER } from './peers.ts'
import { replicated } from './replicated.ts'
import { heading, lineOf, toJson } from './report.ts'
import { Run } from './run.ts'
import { crowd, start } from './start.ts'
import { plainThroughput, tlsThroughput } from './throughput.ts'

const LINES: readonly (readonly [line: number, measure: (run: Run) => Promise<void>])[] = [
  [1, tlsThroughput],
  [2, plainThroughput],
  [3, start],
  [4, crowd],
  [5, growth],
  [6, handshakes],
  [7, largeReplies],
  [8, replicated],
]

const { values: given } = parseArgs({
  options: {
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    svg: { type: 'string' },
  },
})

for (const command of [REDIS_SERVER, REDIS_BENCHMARK]) {
  if (spawnSync(command, ['--version']).error) {
    console.error(`npm run bench needs ${command}, which is not on the PATH`)
    process.exit(1)
  }
}

const only = given.only?.split(',').map(Number)
const run = new Run(given.short, Number(given.rounds), row =>
  console.log(lineOf(row, !given.short)),
)
console.log(heading())
for (const [line, measure] of LINES) {
  if (only === undefined || only.includes(line)) await measure(run)
}
if (given.json !== undefined) fs.writeFileSync(given.json, toJson(run.rows))
const isWhole = only === undefined && !given.short
const picture = fileURLToPath(new URL('../bench.svg', import.meta.url))
const svg = given.svg ?? (isWhole ? picture : undefined)
if (svg !== undefined) fs.writeFileSync(svg, chart(run.rows))
