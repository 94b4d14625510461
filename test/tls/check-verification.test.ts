// Programs that trust too much or show too little.

import t from 'tap'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { check, findingsOf, NO_PYTHON, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

t.test('verification that is switched off', async t => {
  const report = await check('verification-off.mjs')
  sayWhatWasSeen(t, report)
  const [finding, ...others] = report.findings
  t.strictSame(others, [])
  t.equal(finding?.fault, 'verification-off')
  t.match(finding?.cure, /rejectUnauthorized/)
  const toRefuse = PROFILES.filter(
    ({ group, expects, isChecked }) => group === 'certificate' && expects === 'refuse' && isChecked,
  )
  t.strictSame([...(finding?.profiles ?? [])].sort(), toRefuse.map(({ name }) => name).sort())
})

t.test('a host name that is not compared', { skip: NO_PYTHON }, async t => {
  const report = await check('no-host-name-check.py')
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [['host-name-unchecked', 'wrong-host ip-without-san']])
  t.match(report.findings[0]?.cure, /ssl_check_hostname=True/)
})

t.test('a client certificate that is not shown', async t => {
  const report = await check('no-client-certificate.mjs')
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [['client-certificate', 'client-certificate-required']])
  t.match(report.findings[0]?.cure, /socket: .*cert/)
})
