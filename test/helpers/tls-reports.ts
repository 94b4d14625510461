// What each client reports of each TLS profile, as it was measured: in the order of the clients, and
// several texts where it depends on who is faster. test/tls/record.ts measures it.

import fs from 'node:fs'
import type { ReporterName } from './tls-clients.ts'

interface RecordedReports {
  /** Versions of the clients; those that are libraries are named by their Node. */
  readonly clients: Readonly<Record<ReporterName, string>>
  /** By profile. */
  readonly reports: Readonly<Record<string, readonly (readonly string[])[]>>
}

export const REPORTS_FILE = new URL('../recorded/tls-reports.json', import.meta.url)

const recorded = JSON.parse(fs.readFileSync(REPORTS_FILE, 'utf8')) as RecordedReports

export const MEASURED_WITH = recorded.clients

export const REPORTS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map(
  Object.entries(recorded.reports),
)
