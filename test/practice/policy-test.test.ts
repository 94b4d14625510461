// Policy tests: how the table is read, and which verdict makes a line pass.

import t from 'tap'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { PolicyTestError, readPolicyTests, runPolicyTest } from '../../src/policy/policy-test.ts'

t.test('the table', async t => {
  const text = [
    '# comment',
    '',
    'policy "my users.acl"',
    'a  allow   GET x:1\r',
    '\ta deny:key SET \'x y\' "\\x00"',
    'policy allow PING',
    'policy other.acl',
    'a deny PING',
  ].join('\n')
  t.strictSame(
    readPolicyTests(text).map(({ line, user, expects, reason, words, policy }) => [
      line,
      user,
      reason === undefined ? expects : `${expects}:${reason}`,
      words,
      policy,
    ]),
    [
      [4, 'a', 'allow', ['GET', 'x:1'], 'my users.acl'],
      [5, 'a', 'deny:key', ['SET', 'x y', '\0'], 'my users.acl'],
      [6, 'policy', 'allow', ['PING'], 'my users.acl'],
      [8, 'a', 'deny', ['PING'], 'other.acl'],
    ],
  )
})

t.test('lines that are no test', async t => {
  for (const [line, message] of [
    ['a GET x', "'GET' is none of allow, deny and deny:key"],
    ['a allow:key GET x', "'allow:key' is none of allow, deny and deny:key"],
    ['a deny:keys GET x', "'deny:keys' is none of allow, deny and deny:key"],
    ['a allow', 'A command is missing'],
    ['a allow GET "x', 'Unbalanced quotes'],
    ['policy', 'policy wants the name of a file'],
  ] as const) {
    t.throws(() => readPolicyTests(`\n${line}`), new PolicyTestError(2, message), line)
  }
})

t.test('what passes', async t => {
  const policy = readPolicy('user a on ~x &c +get +publish (~y +set)')
  const passes = (line: string): boolean =>
    readPolicyTests(line).every(test => runPolicyTest(test, policy).passed)
  for (const [line, expected] of [
    ['a allow GET x', true],
    ['a allow GET y', false],
    ['a deny GET y', true],
    ['a deny GET x', false],
    ['a deny:key GET y', true],
    ['a deny:command GET y', false],
    ['a deny:command DEL x', true],
    ['a deny:channel PUBLISH d m', true],
    ['a allow SET y 1', true],
    ['a deny:key SET x 1', true],
    ['b deny GET x', false],
    ['a deny NOSUCH', false],
    ['a deny GET', false],
    ['default allow FLUSHALL', true],
  ] as const) {
    t.equal(passes(line), expected, line)
  }
})
