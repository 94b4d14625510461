// Programs that go on without TLS, or wait for ever.

import t from 'tap'
import { check, sayWhatWasSeen } from './programs.ts'

const PLAYED = ['valid', 'expired', 'wrong-host', 'plaintext', 'stall-handshake', 'slow-drip']
const SILENT = ['stall-handshake', 'stall-after-handshake']

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

t.test('a second attempt without TLS', async t => {
  const report = await check('plaintext-fallback.mjs', PLAYED)
  sayWhatWasSeen(t, report)
  const [finding, ...others] = report.findings
  t.strictSame(others, [])
  t.equal(finding?.fault, 'plaintext')
  for (const name of ['expired', 'plaintext', 'wrong-host']) t.ok(finding?.profiles.includes(name))
  for (const name of ['valid', 'slow-drip']) t.notOk(finding?.profiles.includes(name))
  t.match(finding?.cure, /no second attempt/)
})

t.test('no time-out', async t => {
  const report = await check('no-timeout.mjs', ['valid', 'expired', 'bad-record', ...SILENT])
  sayWhatWasSeen(t, report)
  const [finding, ...others] = report.findings
  t.strictSame(others, [])
  t.equal(finding?.fault, 'no-timeout')
  for (const name of SILENT) t.ok(finding?.profiles.includes(name))
  for (const name of ['valid', 'expired', 'bad-record']) t.notOk(finding?.profiles.includes(name))
  t.match(report.findings[0]?.cure, /connectTimeout/)
})
