// A replica is a client of its master, and is judged as one: what it prints says which it is, and
// host names it does not compare.

import t from 'tap'
import { CLI } from '../helpers/cli.ts'
import { NO_REAL_SERVER, REAL_BINARY } from '../helpers/real.ts'
import { findingsOf, played, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(170_000)

/** Several run at once, so that each listens at a path of its own. */
const replica = (folder: string): string[] => [
  ...['--port', '0', '--unixsocket', `${folder}/{port}.sock`, '--dir', folder, '--save', ''],
  ...['--tls-replication', 'yes', '--tls-ca-cert-file', '{ca}', '--tls-cert-file', '{cert}'],
  ...['--tls-key-file', '{key}', '--repl-diskless-load', 'on-empty-db'],
  ...['--replicaof', '{host}', '{port}'],
]

for (const [what, program, skip] of [
  ['ours', CLI, false],
  ['a real redis-server', [REAL_BINARY], NO_REAL_SERVER],
] as const) {
  t.test(what, { skip }, async t => {
    const report = await played(
      [...program, ...replica(t.testdir({}))],
      'valid expired untrusted-root wrong-host tls12-only client-certificate-required',
    )
    sayWhatWasSeen(t, report)
    t.match(report, { isService: true, isStopped: false, library: 'redis-server' })
    t.strictSame(findingsOf(report), [['host-name-unchecked', 'wrong-host']])
    t.match(report.findings[0]?.cure, /replicas compare no host names/)
  })
}
