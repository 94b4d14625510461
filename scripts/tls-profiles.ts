// The documentation of the TLS profiles, with what clients report of each:
// `node --import tsx scripts/tls-profiles.ts` writes src/testing/tls/README.md from the tables and
// from what test/tls/record.ts measured.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PROFILES, type Profile, type ProfileGroup } from '../src/testing/tls/profiles.ts'

const RECORDED = new URL('../test/recorded/tls-reports.json', import.meta.url)
const DOCUMENT = new URL('../src/testing/tls/README.md', import.meta.url)

interface Recorded {
  /** Versions by client. */
  readonly clients: Readonly<Record<string, string>>
  /** By profile: the texts of each client. */
  readonly reports: Readonly<Record<string, readonly (readonly string[])[]>>
}

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
  const recorded = JSON.parse(fs.readFileSync(RECORDED, 'utf8')) as Recorded
  const groups = Object.keys(TITLES) as ProfileGroup[]
  const versions = Object.entries(recorded.clients)
    .map(words => words.join(' '))
    .join(', ')
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
    ...groups.flatMap(group => sectionOf(group, recorded)),
    '',
  ].join('\n')
}

function sectionOf(group: ProfileGroup, { clients, reports }: Recorded): string[] {
  const names = Object.keys(clients)
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
    `| profile | ${names.join(' | ')} |`,
    `|---|${'---|'.repeat(names.length)}`,
    ...profiles.map(({ name }) => {
      const cells = names.map((_, i) => (reports[name]?.[i] ?? []).map(code).join(' or '))
      return `| \`${name}\` | ${cells.join(' | ')} |`
    }),
  ]
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}

if (process.argv[1]?.endsWith('tls-profiles.ts')) {
  fs.mkdirSync(new URL('.', DOCUMENT), { recursive: true })
  fs.writeFileSync(DOCUMENT, profileDocument())
  // Biome pads the tables.
  spawnSync('npx', ['biome', 'format', '--write', fileURLToPath(DOCUMENT)], { stdio: 'inherit' })
}
