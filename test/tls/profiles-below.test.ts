// The profiles of certificates and protocol, as seven clients see them; and the documentation.

import fs from 'node:fs'
import t from 'tap'
import { profileDocument } from '../../scripts/tls-profiles.ts'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { REPORTERS } from '../helpers/tls-clients.ts'
import { REPORTS } from '../helpers/tls-reports.ts'
import { playProfiles } from './profiles.ts'

t.test('every profile has its reports, and no other', async t => {
  t.strictSame(
    [...REPORTS.keys()],
    PROFILES.map(({ name }) => name),
  )
  for (const [name, reports] of REPORTS) {
    t.equal(reports.length, REPORTERS.length, name)
    t.notOk(
      reports.some(texts => texts.length === 0),
      `${name}: each client was measured`,
    )
  }
})

t.test('no client that verifies lets a profile pass that is to be refused', async t => {
  const verifying = REPORTERS.filter(client => client !== 'redis-cli')
  for (const { name, expects } of PROFILES) {
    if (expects !== 'accept' && expects !== 'refuse') continue
    for (const client of verifying) {
      const texts = REPORTS.get(name)?.[REPORTERS.indexOf(client)] ?? []
      t.strictSame([texts.includes('PONG')], [expects === 'accept'], `${name}, ${client}`)
    }
  }
})

t.test('the documentation is what the tables say', async t => {
  const file = new URL('../../src/testing/tls/README.md', import.meta.url)
  const unpadded = (text: string): string =>
    text.replaceAll(/ +/g, ' ').replaceAll(/ ?-{3,} ?/g, '---')
  const written = fs.readFileSync(file, 'utf8')
  t.equal(unpadded(written), unpadded(profileDocument()), 'run scripts/tls-profiles.ts')
})

t.test('certificates and protocol', t =>
  playProfiles(
    t,
    PROFILES.filter(({ group }) => group === 'certificate' || group === 'protocol'),
  ),
)
