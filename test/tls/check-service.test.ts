// Programs that do not end: what their connections did is what is said of them.

import t from 'tap'
import { freePort } from '../helpers/real.ts'
import { clientThat, commandFor, FOREVER, findingsOf, played, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(110_000)

const TELLING = 'valid expired wrong-host rst-mid-handshake slow-drip'

t.test('a service that is right, found out by itself', async t => {
  process.env['SERVICE_PORT'] = String(await freePort())
  const report = await played(
    commandFor('service-node-redis.mjs'),
    'valid expired slow-drip stall-handshake rst-after-command',
  )
  delete process.env['SERVICE_PORT']
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [], 'though all of them listen on one port')
  t.match(report, { isService: true, isStopped: false, library: 'node-redis' })
  t.equal(report.results.length, 5)
  const expired = report.results.find(({ profile }) => profile.name === 'expired')
  t.match(expired, {
    outcome: 'refused',
    exitCode: undefined,
    story: /connections\), kept running/,
  })
})

t.test('a worker of ioredis with its defaults', async t => {
  const report = await played(commandFor('service-ioredis.mjs'), TELLING, 'service')
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [])
  t.equal(report.isService, true)
})

t.test('a service that verifies nothing is no better for going on', async t => {
  const report = await played(clientThat('{ rejectUnauthorized: false }', FOREVER), TELLING)
  t.strictSame(findingsOf(report), [['verification-off', 'expired wrong-host']])
})

t.test('a service that shows no certificate', async t => {
  const command = clientThat('{ cert: undefined, key: undefined }', FOREVER)
  const report = await played(command, 'valid client-certificate-required', undefined, 3000)
  t.strictSame(findingsOf(report), [['client-certificate', 'client-certificate-required']])
})
