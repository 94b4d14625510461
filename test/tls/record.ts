// Measures what the clients of this machine report of each TLS profile:
// `node --import tsx test/tls/record.ts`, and then scripts/tls-profiles.ts for the documentation. A
// report that is new is added to those that are known, for some depend on who is faster; `--afresh`
// forgets the known ones.

import fs from 'node:fs'
import { startRedis } from '../../src/index.ts'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { REPORTERS, Reporters, targetOf, versionOf } from '../helpers/tls-clients.ts'
import { REPORTS, REPORTS_FILE } from '../helpers/tls-reports.ts'

type Reports = Map<string, string[][]>

/** What each client says of each profile, one after the other. */
async function measure(reports: Reports): Promise<void> {
  const reporters = new Reporters()
  const redis = await startRedis({ tls: { profile: 'valid' } })
  for (const { name, byAddress } of PROFILES) {
    await redis.tlsProfile(name)
    const target = targetOf(redis, byAddress ? '127.0.0.1' : 'localhost')
    const found = await Promise.all(REPORTERS.map(client => reporters.report(client, target)))
    const known = reports.get(name) ?? REPORTERS.map(() => [])
    for (const [i, report] of found.entries()) {
      if (report !== undefined && !known[i]?.includes(report)) known[i]?.push(report)
    }
    reports.set(name, known)
  }
  await reporters.close()
  await redis.close()
}

const known = process.argv.includes('--afresh') ? [] : REPORTS
const reports: Reports = new Map(
  [...known].map(([name, found]) => [name, found.map(texts => [...texts])]),
)
await measure(reports)
const clients = REPORTERS.map(name => [name, versionOf(name)] as const)
fs.writeFileSync(
  REPORTS_FILE,
  `{\n"clients": {\n${rows(clients)}\n},\n"reports": {\n${rows([...reports])}\n}\n}\n`,
)

/** A line each. */
function rows(entries: readonly (readonly [string, unknown])[]): string {
  return entries
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(',\n')
}
