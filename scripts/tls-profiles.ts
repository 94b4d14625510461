// What clients report of each TLS profile, and the documentation of the profiles:
// `node --import tsx scripts/tls-profiles.ts` writes src/testing/tls/README.md from the tables;
// with `--record` it first measures the clients of this machine. A report that is new is added to
// those that are known, for some depend on who is faster; `--afresh` forgets the known ones.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../src/index.ts'
import { PROFILES, type Profile, type ProfileGroup } from '../src/testing/tls/profiles.ts'
import { REPORTERS, Reporters, targetOf, versionOf } from '../test/helpers/tls-clients.ts'
import { MEASURED_WITH, REPORTS } from './tls-reports.ts'

const MODULE = new URL('./tls-reports.ts', import.meta.url)
const DOCUMENT = new URL('../src/testing/tls/README.md', import.meta.url)

type Reports = Map<string, string[][]>

const EXPECTATIONS: Readonly<Record<Profile['expects'], string>> = {
  accept: 'works',
  refuse: 'sends no command',
  fail: 'ends with an error',
  either: 'may work or refuse',
}

const TITLES: Readonly<Record<ProfileGroup, string>> = {
  certificate: 'The server certificate',
  protocol: 'The protocol',
  'client certificate': 'The client certificate',
  behaviour: 'Behaviour',
}

/** The whole document, from the tables. */
export function profileDocument(): string {
  const groups = Object.keys(TITLES) as ProfileGroup[]
  const versions = REPORTERS.map(name => `${name} ${MEASURED_WITH[name]}`).join(', ')
  return [
    '# TLS profiles',
    '',
    'Generated from the tables in `src/testing/tls/` by `scripts/tls-profiles.ts`.',
    '',
    'Each profile is a server with one fault, or with something unusual that is none. It is chosen',
    "with `startRedis({ tls: { profile: 'expired' } })`, `redis-tls-mock --tls-profile expired`, by",
    'the name that the client asks for (`expired.localhost`), or switched to with',
    "`await redis.tlsProfile('expired')`. `redis-tls-mock tls check` plays them to a program.",
    '',
    `Reports were measured with: ${versions}. \`silence\` means that the client has no time-out of`,
    'its own; `closed` that it was told nothing but the end. redis-cli compares no host names.',
    ...groups.flatMap(sectionOf),
    '',
  ].join('\n')
}

function sectionOf(group: ProfileGroup): string[] {
  const profiles = PROFILES.filter(profile => profile.group === group)
  return [
    '',
    `## ${TITLES[group]}`,
    '',
    '| profile | what the server does | a right client | checked |',
    '|---|---|---|---|',
    ...profiles.map(
      ({ name, what, right, expects, isChecked }) =>
        `| \`${name}\` | ${what} | ${EXPECTATIONS[expects]}: ${right} | ${isChecked ? 'yes' : ''} |`,
    ),
    '',
    `| profile | ${REPORTERS.join(' | ')} |`,
    `|---|${'---|'.repeat(REPORTERS.length)}`,
    ...profiles.map(({ name }) => {
      const cells = REPORTERS.map((_, i) => (REPORTS.get(name)?.[i] ?? []).map(code).join(' or '))
      return `| \`${name}\` | ${cells.join(' | ')} |`
    }),
  ]
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}

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

function moduleText(reports: Reports): string {
  const versions = REPORTERS.map(name => `  '${name}': ${JSON.stringify(versionOf(name))},`)
  const rows = [...reports].map(([name, found]) => `  ['${name}', ${JSON.stringify(found)}],`)
  return `// What each client reports of each TLS profile, in the order of REPORTING_CLIENTS; where it depends
// on who is faster, several texts. Measured and written by scripts/tls-profiles.ts.

export type ReportingClient =
${REPORTERS.map(name => `  | '${name}'`).join('\n')}

export const REPORTING_CLIENTS: readonly ReportingClient[] = ${JSON.stringify(REPORTERS)}

/** Versions of the clients; those that are libraries are named by their Node. */
export const MEASURED_WITH: Readonly<Record<ReportingClient, string>> = {
${versions.join('\n')}
}

export const REPORTS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
${rows.join('\n')}
])
`
}

const options = process.argv.slice(2)
if (process.argv[1]?.endsWith('tls-profiles.ts')) {
  if (options.includes('--record')) {
    const known = options.includes('--afresh') ? [] : REPORTS
    const reports: Reports = new Map(
      [...known].map(([name, found]) => [name, found.map(texts => [...texts])]),
    )
    await measure(reports)
    fs.writeFileSync(MODULE, moduleText(reports))
  } else {
    fs.mkdirSync(new URL('.', DOCUMENT), { recursive: true })
    fs.writeFileSync(DOCUMENT, profileDocument())
    // Biome pads the tables.
    spawnSync('npx', ['biome', 'format', '--write', fileURLToPath(DOCUMENT)], { stdio: 'inherit' })
  }
}
