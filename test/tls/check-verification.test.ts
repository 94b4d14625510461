// Programs that trust too much or show too little.

import t from 'tap'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { check, findingsOf, NO_PYTHON, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

const UNVERIFIED = PROFILES.filter(
  ({ group, expects, isChecked }) => group === 'certificate' && expects === 'refuse' && isChecked,
).map(({ name }) => name)
const NAMES = ['wrong-host', 'ip-without-san']
const MUTUAL = ['client-certificate-required', 'client-certificate-required-tls12']

t.test('verification that is switched off', async t => {
  const report = await check('verification-off.mjs', ['valid', 'rst-after-command', ...UNVERIFIED])
  sayWhatWasSeen(t, report)
  const [finding, ...others] = report.findings
  t.strictSame(others, [])
  t.equal(finding?.fault, 'verification-off')
  t.match(finding?.cure, /rejectUnauthorized/)
  t.strictSame([...(finding?.profiles ?? [])].sort(), [...UNVERIFIED].sort())
})

t.test('a host name that is not compared', { skip: NO_PYTHON }, async t => {
  const report = await check('no-host-name-check.py', ['valid', 'expired', 'self-signed', ...NAMES])
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [['host-name-unchecked', NAMES.join(' ')]])
  t.match(report.findings[0]?.cure, /ssl_check_hostname=True/)
})

t.test('a client certificate that is not shown', async t => {
  const report = await check('no-client-certificate.mjs', [
    'valid',
    'expired',
    'plaintext',
    ...MUTUAL,
  ])
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [['client-certificate', MUTUAL.join(' ')]])
  t.match(report.findings[0]?.cure, /socket: .*cert/)
})
