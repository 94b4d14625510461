// Right programs that may look otherwise, and programs that work with no server at all.

import t from 'tap'
import { clientThat, FOREVER, findingsOf, played, sayWhatWasSeen } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(110_000)

t.test('right programs that may look otherwise', async t => {
  const names = 'expired stall-handshake slow-drip'
  const right: Readonly<Record<string, string>> = {
    'ends with 0 whatever happens, and says nothing':
      'console.error = () => {}; ask(connect(own), s => s.end(), () => process.exit(0))',
    'looks first whether the port is open':
      'net.connect(at, function () { this.end(); ask(connect(own), () => process.exit(0), ' +
      '() => process.exit(1)) })',
    'has two connections':
      'let n = 0; for (const i of [1, 2]) ask(connect(own), s => s.end(), ' +
      '() => { if (++n === 2) process.exit(0) })',
    'tries five times, then gives up':
      'let n = 0; const again = () => ask(connect(own), () => process.exit(0), ' +
      '() => n++ < 5 ? setTimeout(again, 100) : process.exit(1)); again()',
    'starts slowly':
      'setTimeout(() => ask(connect(own), () => process.exit(0), ' +
      '() => process.exit(1)), 1500)',
    'has work to do after its answer':
      'ask(connect(own), () => setTimeout(() => process.exit(0), ' +
      '4000), () => process.exit(1))',
    'ends when all is well, and tries for ever else':
      'const again = () => ask(connect(own), () => process.exit(0), () => setTimeout(again, 100)); ' +
      'again()',
  }
  for (const [what, program] of Object.entries(right)) {
    const report = await played(clientThat('{}', program), names)
    sayWhatWasSeen(t, report)
    t.strictSame([findingsOf(report), report.isStopped], [[], false], what)
  }
})

t.test('who insists on an end gets what goes on for hung', async t => {
  const command = clientThat('{}', FOREVER)
  const report = await played(command, 'expired', 'once', 2000)
  t.match(report, { isStopped: true, results: [{ outcome: 'hung' }] })
})

t.test('a program that works with no server, and why', async t => {
  const wrong: readonly (readonly [string, string, string | undefined, string])[] = [
    ['{ ca: undefined }', FOREVER, 'authority', 'refused'],
    [
      '{}',
      "ask(net.connect(at).once('connect', function () { this.write('PING\\r\\n') }), " +
        '() => {}, () => process.exit(1))',
      'tls-missing',
      'plaintext',
    ],
    ['{}', 'process.exit(0)', undefined, 'absent'],
    ['{}', 'ask(connect(own), () => process.exit(4), () => {})', undefined, 'failed'],
  ]
  for (const [options, program, fault, outcome] of wrong) {
    const report = await played(clientThat(options, program), 'expired', undefined, 4000)
    t.match(report, { isStopped: true, results: [{ outcome }], findings: [{ fault }] }, program)
    t.equal(report.results.length, 1, 'nothing else is tried')
  }
})
