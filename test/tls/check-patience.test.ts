// Programs that go on without TLS, or wait for ever.

import t from 'tap'
import { check, findingsOf, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

t.test('a second attempt without TLS', async t => {
  const report = await check('plaintext-fallback.mjs')
  sayWhatWasSeen(t, report)
  const [finding, ...others] = report.findings
  t.strictSame(others, [])
  t.equal(finding?.fault, 'plaintext')
  for (const name of ['expired', 'plaintext', 'wrong-host']) t.ok(finding?.profiles.includes(name))
  t.notOk(finding?.profiles.includes('valid'))
  t.match(finding?.cure, /no second attempt/)
})

t.test('no time-out', async t => {
  const report = await check('no-timeout.mjs')
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [['no-timeout', 'stall-handshake stall-after-handshake']])
  t.match(report.findings[0]?.cure, /connectTimeout/)
})
