// Policies as they are written: where each rule stands, what Redis would refuse and where, and
// that the rights are those of the server that loads the same text.

import t from 'tap'
import { Users } from '../../src/acl/users.ts'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { type Policy, settingOf, usersOf } from '../../src/policy/policy.ts'
import { ruleSaying, rulesBySelector } from '../../src/policy/where.ts'
import { CATALOGUE } from '../../src/table/redis.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { randomAcl } from '../helpers/random-acl.ts'
import { hash } from './policies.ts'

/** `line:column+length text`. */
function places(policy: Policy): string[] {
  return policy.users.flatMap(({ rules }) =>
    rules.flatMap(rule =>
      [rule, ...rule.inner].map(
        ({ line, column, length, text }) => `${line}:${column}+${length} ${text}`,
      ),
    ),
  )
}

function problems(text: string): string[] {
  return readPolicy(text).problems.map(
    ({ line, column, length, rule, message }) => `${line}:${column}+${length} ${rule}: ${message}`,
  )
}

t.test('rules of an ACL file stand where they were written', async t => {
  const policy = readPolicy('user a on  ~x:* +get\n\n user b (~q +get) +set\r\n')
  t.equal(policy.kind, 'acl')
  t.strictSame(
    policy.users.map(({ name, line, column, length }) => ({ name, line, column, length })),
    [
      { name: 'a', line: 1, column: 6, length: 1 },
      { name: 'b', line: 3, column: 7, length: 1 },
    ],
  )
  t.strictSame(places(policy), [
    '1:8+2 on',
    '1:12+4 ~x:*',
    '1:17+4 +get',
    '3:9+9 (~q +get)',
    '3:10+2 ~q',
    '3:13+4 +get',
    '3:19+4 +set',
  ])
})

t.test('rules of redis.conf stand where they were written, quotes and all', async t => {
  const text = [
    '# users',
    'PORT 0',
    'tls-port 6379',
    'tls-port 6380 ',
    '',
    'USER a on "~x y" "(~q +get)" \'%R~z\' +get',
    'user b on "~\\x61b" (~k',
  ].join('\n')
  const policy = readPolicy(text)
  t.equal(policy.kind, 'conf')
  t.strictSame(places(policy), [
    '6:8+2 on',
    '6:11+6 ~x y',
    '6:18+11 (~q +get)',
    '6:20+2 ~q',
    '6:23+4 +get',
    '6:30+6 %R~z',
    '6:37+4 +get',
    '7:8+2 on',
    '7:11+8 ~ab',
  ])
  t.strictSame(settingOf(policy, 'tls-port'), {
    name: 'tls-port',
    values: ['6380'],
    line: 4,
    column: 1,
    length: 13,
  })
  t.equal(settingOf(policy, 'user'), undefined)
  t.equal(settingOf(policy, 'bind'), undefined)
})

t.test('what Redis refuses is told where it is, and the rest is read', async t => {
  t.strictSame(problems('user a on ~* ~b +get'), [
    "1:14+2 ~b: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does " +
      "not have any effect. Try 'resetkeys' to start with an empty list of patterns",
  ])
  t.strictSame(problems('user a +nosuch +get (+get %~x)'), [
    '1:8+7 +nosuch: Unknown command or category name in ACL',
    '1:27+3 %~x: Syntax error',
  ])
  t.strictSame(problems('user a on (~x +get\nuser b on'), [
    "1:11+3 (~x: Unmatched parenthesis in acl selector starting at '(~x'.",
  ])
  t.strictSame(problems('port 1\nuser a "on'), ['2:1+1 : Unbalanced quotes in configuration line'])
  const { users } = readPolicy('user a +nosuch +get')
  t.equal(users[0]?.user.root.text, 'resetchannels -@all +get')
})

t.test('files of users, and what does not belong into them', async t => {
  t.strictSame(problems('user a on\nuser a off\nuser'), [
    '2:6+1 a: Duplicate user found. A user can only be defined once in config files',
    '3:1+4 user: A line should start with user keyword followed by the username',
  ])
  t.strictSame(problems('# comment\nuser a on'), ['1:1+1 #: ACL files know no comments'])
})

t.test('the default user is there, declared or not', async t => {
  t.equal(usersOf(readPolicy('user a on')).get('default')?.text.includes('+@all'), true)
  t.equal(usersOf(readPolicy('user default off')).get('default')?.enabled, false)
})

t.test('acl-pubsub-default decides for users wherever it stands', async t => {
  const { users } = readPolicy('user a on (+get)\nacl-pubsub-default allchannels\n')
  t.strictSame(
    users[0]?.user.selectors.map(({ allChannels }) => allChannels),
    [true, true],
  )
})

t.test('the rights are those of a server that loads the file', async t => {
  const { user } = randomAcl(new SeededRandom(3))
  for (let i = 0; i < 300; i++) {
    const text = `user u ${user().join(' ')}\nuser default off`
    const server = new Users(CATALOGUE)
    const { error } = server.load(text, 'users.acl')
    const policy = readPolicy(text, { kind: 'acl' })
    t.equal(policy.problems.length > 0, error !== undefined, text)
    if (error === undefined) t.equal(policy.users[0]?.user.text, server.get('u')?.text, text)
  }
})

t.test('a rule that the engine names is found where it was written', async t => {
  const text = `user a on ${hash('a')} allkeys (%R~x %W~x +GET) reset on %r~y ~z +@READ -keys (~q +set)`
  const policy = readPolicy(text)
  const [root = [], first = [], second] = rulesBySelector(policy.users[0]!)
  t.equal(second, undefined, 'reset drops the selectors before it')
  t.equal(ruleSaying(root, '~*'), undefined, 'and the rules')
  const column = (rule: string, rules = root): number | undefined => ruleSaying(rules, rule)?.column
  t.equal(column('%R~y'), text.indexOf('%r~y') + 1)
  t.equal(column('+@read'), text.indexOf('+@READ') + 1)
  t.equal(column('~q', first), text.indexOf('~q') + 1)
  const both = readPolicy('user b %R~x %W~x allcommands').users[0]?.rules ?? []
  t.equal(column('~x', [...both]), 13)
  t.equal(column('+@all', [...both]), 18)
  t.equal(column('&*', [...both]), undefined)
})
