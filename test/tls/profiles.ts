// Plays profiles to all clients of this machine and compares what they report with the table.

import type { Test } from 'tap'
import { startRedis } from '../../src/index.ts'
import type { Profile } from '../../src/testing/tls/profiles.ts'
import {
  REPORTERS,
  type ReporterName,
  Reporters,
  type Target,
  targetOf,
  versionOf,
} from '../helpers/tls-clients.ts'
import { MEASURED_WITH, REPORTS } from '../helpers/tls-reports.ts'

const PONG = 'PONG'

/** Other versions use other words; whether they work is the same in all. */
function agrees(client: ReporterName, report: string, known: readonly string[]): boolean {
  if (known.includes(report)) return true
  if (versionOf(client) === MEASURED_WITH[client]) return false
  return known.includes(PONG) === (report === PONG)
}

export async function playProfiles(t: Test, profiles: readonly Profile[]): Promise<void> {
  const reporters = new Reporters()
  const redis = await startRedis({ tls: { profile: 'valid' } })
  t.teardown(async () => {
    await reporters.close()
    await redis.close()
  })
  const missing = new Set<string>()
  for (const { name, byAddress } of profiles) {
    await redis.tlsProfile(name)
    const target = targetOf(redis, byAddress ? '127.0.0.1' : 'localhost')
    await t.test(`what clients report of ${name}`, t =>
      compare(t, name, reporters, target, missing),
    )
  }
  for (const client of missing) t.pass(`${client} is not on this machine`, { skip: true })
}

async function compare(
  t: Test,
  profile: string,
  reporters: Reporters,
  target: Target,
  missing: Set<string>,
): Promise<void> {
  const found = await Promise.all(REPORTERS.map(client => reporters.report(client, target)))
  for (const [i, client] of REPORTERS.entries()) {
    const report = found[i]
    const known = REPORTS.get(profile)?.[i] ?? []
    if (report === undefined) missing.add(client)
    else t.ok(agrees(client, report, known), `${client}: ${report}`, { found: report, known })
  }
}
