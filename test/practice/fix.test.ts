// What lint takes out of a policy: words without effect, and nothing else. The rights stay, every
// other byte stays, and a second time nothing is left to take out.

import t from 'tap'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { diff } from '../../src/policy/diff.ts'
import { explain } from '../../src/policy/explain-text.ts'
import { fixed, isFixable } from '../../src/policy/fix.ts'
import { lint } from '../../src/policy/lint.ts'
import { matrix } from '../../src/policy/matrix.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { randomAcl } from '../helpers/random-acl.ts'
import { hash } from './policies.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const USERS = 60

const FIXES: readonly (readonly [what: string, before: string, after: string])[] = [
  ['twice', 'user a on +get +get', 'user a on +get'],
  ['given by a category', 'user a on +get +@read ~x', 'user a on +@read ~x'],
  ['undone', 'user a on +@write -@all +get', 'user a on -@all +get'],
  ['a pattern within another', 'user a on ~app:* ~app:x:* +get', 'user a on ~app:* +get'],
  ['blanks', 'user a on  +get  +get  ~x', 'user a on  +get  ~x'],
  ['within a selector', 'user a on (+get +@read ~x)', 'user a on (+@read ~x)'],
  ['a whole selector', 'user a on +@all ~* (+get ~x)', 'user a on +@all ~*'],
  ['its inner rules go with it', 'user a on +@all ~* (+get +get ~x)', 'user a on +@all ~*'],
  ['CRLF', 'user a on +get +get\r\nuser b on +get\r\n', 'user a on +get\r\nuser b on +get\r\n'],
  [
    'redis.conf',
    '# x  \nport  0\nuser a on +get +get # no\n',
    '# x  \nport  0\nuser a on +get +get # no\n',
  ],
  [
    'redis.conf with comments',
    '# all  \n\nport  0\n  user "a" on\t+get\t+get\n#\n',
    '# all  \n\nport  0\n  user "a" on\t+get\n#\n',
  ],
  ['a password twice', `user a on ${hash('a')} ${hash('a')}`, `user a on ${hash('a')}`],
  ['refused', 'user a on +get +get +nosuch', 'user a on +get +get +nosuch'],
  ['nothing', 'user a on +get', 'user a on +get'],
  ['of PSUBSCRIBE', 'user a on &n* &na* +psubscribe', 'user a on &n* &na* +psubscribe'],
  ['a NUL', 'user a on +get +get\0', 'user a on +get +get\0'],
]

const read = (text: string): Policy => readPolicy(text)

t.test('what is taken out', async t => {
  for (const [what, before, after] of FIXES) t.equal(fixed(before, read).text, after, what)
})

t.test('only what is asked for', async t => {
  const text = 'user a on +get +get -del'
  t.equal(fixed(text, read, { ignore: ['useless-rule'] }).text, text)
  t.equal(fixed(text, read, { severities: { 'useless-rule': 'off' } }).text, text)
  t.equal(fixed(text, read, { level: 'note' }).text, 'user a on +get')
  t.match(fixed(text, read).removed, [{ id: 'useless-rule', rule: '+get', line: 1 }])
})

t.test('rights stay the same, and nothing is left to take out', async t => {
  const random = new SeededRandom(SEED)
  const { user, command } = randomAcl(random)
  const lines = Array.from({ length: USERS }, (_, i) => `user u${i} on ${user().join(' ')}`)
  const text = ['user default off', ...lines, ''].join('\n')
  const { text: after, removed } = fixed(text, read, { level: 'note' })
  const [old, now] = [read(text), read(after)]
  t.ok(removed.length > USERS / 4, `${removed.length} removed`)
  t.strictSame(
    lint(after, { level: 'note' })
      .filter(isFixable)
      .map(({ detail }) => detail),
    [],
  )
  t.equal(fixed(after, read, { level: 'note' }).text, after)
  for (const by of ['commands', 'categories'] as const) {
    const levels = (policy: Policy): unknown =>
      matrix(policy, { by }).rows.map(({ name, cells }) => [
        name,
        ...cells.map(({ level, allowed }) => `${level} ${allowed}`),
      ])
    t.strictSame(levels(now), levels(old))
  }
  for (let i = 0; i < 3000; i++) {
    const words = command()
    const name = `u${random.below(USERS)}`
    const [before, then] = [old, now].map(policy => explain({ policy, user: name }, words).allowed)
    if (before !== then) t.fail(`${name} ${words.join(' ')}: ${before}, ${then}`)
  }
  t.strictSame(
    diff(old, now).flatMap(({ user, kind, login }) =>
      login.gained.length + login.lost.length > 0 || kind !== 'changed' ? [user] : [],
    ),
    [],
  )
})
