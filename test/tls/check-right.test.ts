// Three programs that are right, with three libraries: `tls check` finds nothing, in good time.

import t from 'tap'
import { check, findingsOf, NO_PYTHON, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

const LIMIT_SECONDS = 20

const PROGRAMS = [
  ['right-ioredis.mjs', 'ioredis', false],
  ['right-node-redis.mjs', 'node-redis', false],
  ['right-redis-py.py', 'redis-py', NO_PYTHON],
] as const

for (const [file, library, skip] of PROGRAMS) {
  t.test(`${file} is right`, { skip }, async t => {
    const report = await check(file)
    sayWhatWasSeen(t, report)
    t.strictSame(findingsOf(report), [])
    t.equal(report.library, library)
    t.ok(report.results.length > 20, 'there are profiles to be right in')
    t.ok(report.seconds < LIMIT_SECONDS, `in ${report.seconds.toFixed(1)} s`)
  })
}
