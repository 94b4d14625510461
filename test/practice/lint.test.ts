// lint(): finds the fault that was put in, where it was put, and nothing in sound policies.

import t from 'tap'
import { LINT_RULES, lint } from '../../src/practice/lint.ts'
import { FAULTY, SOUND } from './policies.ts'

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
