import t from 'tap'
import { coloured } from '../../src/cli/colour.ts'
import { wantsColour } from '../../src/cli/out.ts'

t.test('colour is for terminals, unless the environment says otherwise', async t => {
  const said: readonly (readonly [boolean, NodeJS.ProcessEnv, boolean])[] = [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ]
  for (const [isTerminal, environment, expected] of said) {
    t.equal(wantsColour(isTerminal, environment), expected, JSON.stringify(environment))
  }
})

t.test('verdicts, severities and headings have one, where they stand in their lines', async t => {
  const shown = (line: string): string => coloured(line).replaceAll('\x1b[', '<')
  t.equal(shown("ALLOWED  'GET'\nDENIED  'SET'"), "<32mALLOWED<0m  'GET'\n<31mDENIED<0m  'SET'")
  t.equal(shown('  NO   key  a'), '  <31mNO<0m   key  a')
  t.equal(shown('a.acl:1:2: warning: b'), 'a.acl:1:2: <33mwarning<0m: b')
  t.equal(shown('Usage: redis-tls-mock'), '<1mUsage:<0m redis-tls-mock')
  t.equal(shown('  yes  key  DENIED'), '  <32myes<0m  key  DENIED')
  for (const line of [
    'a DENIED',
    '{',
    '  "allowed": true',
    '::error::a',
    '<testcase name="ok">',
    '',
  ])
    t.equal(shown(line), line)
})
