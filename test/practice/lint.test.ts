// lint(): finds the fault that was put in, where it was put, and nothing in sound policies.

import t from 'tap'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { explain } from '../../src/policy/explain-text.ts'
import { LINT_RULES, type LintOptions, lint } from '../../src/policy/lint.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { randomAcl } from '../helpers/random-acl.ts'
import { FAULTY, SOUND } from './policies.ts'

const SEED = Number(process.env['SEED'] ?? 1)

t.test('it is silent on sound policies', async t => {
  for (const { name, text } of SOUND) {
    t.strictSame(
      lint(text).map(({ id, line, column, detail }) => `${line}:${column} ${id}: ${detail}`),
      [],
      name,
    )
  }
})

t.test('it finds each fault where it is', async t => {
  for (const { id, text, at } of FAULTY) {
    const findings = lint(text, { level: 'note' })
    t.ok(
      findings.some(one => one.id === id && `${one.line}:${one.column}` === at),
      `${id} at ${at} of ${text}`,
      { findings: findings.map(one => `${one.id} ${one.line}:${one.column} ${one.detail}`) },
    )
  }
})

t.test('every lint rule has a fault that shows it', async t => {
  const shown = new Set(FAULTY.map(({ id }) => id))
  t.strictSame(
    LINT_RULES.filter(({ id }) => !shown.has(id)).map(({ id }) => id),
    [],
  )
})

t.test('what it calls useless can be left out', async t => {
  const random = new SeededRandom(SEED)
  const { user, command } = randomAcl(random)
  const ids = ['useless-rule', 'undone-rule', 'nothing-removed', 'useless-selector']
  let found = 0
  const wrong: string[] = []
  for (let i = 0; i < 100; i++) {
    const text = `user u ${user().join(' ')}`
    const policy = readPolicy(text, { kind: 'acl' })
    const useless = lint(policy, { level: 'note' }).filter(({ id }) => ids.includes(id))
    found += useless.length
    for (const { column, length, id } of useless) {
      const less = `${text.slice(0, column - 1)}${text.slice(column - 1 + length)}`
      const rest = readPolicy(less, { kind: 'acl' })
      for (let j = 0; j < 20; j++) {
        const words = command()
        const [before, after] = [policy, rest].map(
          one => explain({ policy: one, user: 'u' }, words).allowed,
        )
        if (before !== after) wrong.push(`${id} ${column}: ${text}: ${words}`)
      }
    }
  }
  t.strictSame(wrong, [])
  t.ok(found > 50, `${found} useless rules`)
})

// With a time that grows faster than the rules, this would not come to an end.
t.test('it reads large policies', async t => {
  const patterns = Array.from({ length: 3000 }, (_, i) => `~k${i}:*`)
  const [finding, ...others] = lint(
    `user default off\nuser a on #${'a'.repeat(64)} ${patterns.join(' ')} ~k7:x +get +get`,
  )
  t.match(finding, { id: 'useless-rule', detail: '~k7:x is given by ~k7:* already' })
  t.equal(others.length, 2, 'each +get by the other')
})

t.test('levels and ids choose what is told', async t => {
  const text = 'user default off\nuser app off >secret ~app:* +get +dbsize'
  const ids = (options: LintOptions): string[] => lint(text, options).map(({ id }) => id)
  t.strictSame(ids({ level: 'error' }), ['weak-password'])
  t.strictSame(ids({}), ['weak-password', 'plaintext-password'])
  t.strictSame(ids({ level: 'note', ignore: ['weak-password'] }), [
    'user-off',
    'plaintext-password',
    'count-shown',
  ])
})

t.test('no password is told', async t => {
  const secret = 'hunter2hunter2'
  for (const text of [
    `user a on >${secret} >${secret} <${secret} nopass >${secret} (>${secret} +get)`,
    `requirepass ${secret}\nuser a on >${secret} nopass\nuser b on >${secret}\nuser b on`,
    `user a on <${secret}`,
  ]) {
    t.notOk(JSON.stringify(lint(text, { level: 'note' })).includes(secret), text)
  }
})
