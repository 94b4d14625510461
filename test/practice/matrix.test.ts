// matrix(): its cells agree with the engine's check, and its pages hold what they show.

import t from 'tap'
import { MATRIX_FORMS, writeMatrix } from '../../src/cli/matrix-forms.ts'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { explain } from '../../src/policy/explain-text.ts'
import { type Matrix, matrix } from '../../src/policy/matrix.ts'

const TEXT = [
  'user default off',
  'user a on ~x:* +@read -keys +config|get +select|0 (~y +set +get)',
  'user <b>&" on ~* +@all',
].join('\n')

function cellOf(shown: Matrix, row: string, user: string): string {
  const index = shown.users.findIndex(({ name }) => name === user)
  const cell = shown.rows.find(({ name }) => name === row)?.cells[index]
  return cell === undefined
    ? 'missing'
    : `${cell.level} ${cell.allowed}/${cell.total} ${cell.selectors.join('+')}`.trimEnd()
}

t.test('by category', async t => {
  const shown = matrix(readPolicy(TEXT))
  t.strictSame(
    shown.users.map(({ name, enabled, selectors }) => `${name} ${enabled} ${selectors.length}`),
    ['<b>&" true 1', 'a true 2', 'default false 1'],
  )
  t.equal(cellOf(shown, '@read', 'a'), 'some 90/91 0+1')
  t.equal(cellOf(shown, '@pubsub', 'a'), 'none 0/13')
  t.equal(cellOf(shown, '@all', '<b>&"').slice(0, 4), 'all ')
  t.equal(cellOf(shown, '@all', 'default').slice(0, 7), 'none 0/')
})

t.test('by command, as the engine decides', async t => {
  const policy = readPolicy(TEXT)
  const shown = matrix(policy, { by: 'commands', users: ['a'] })
  t.equal(cellOf(shown, 'get', 'a'), 'all 1/1 0+1')
  t.equal(cellOf(shown, 'set', 'a'), 'all 1/1 1')
  t.equal(cellOf(shown, 'config', 'a'), 'some 1/5 0')
  t.equal(cellOf(shown, 'config|get', 'a'), 'all 1/1 0')
  t.equal(cellOf(shown, 'select', 'a'), 'some 0/1 0')
  t.equal(cellOf(shown, 'keys', 'a'), 'none 0/1')
  for (const [words, row] of [
    [['get', 'x:1'], 'get'],
    [['set', 'y', '1'], 'set'],
    [['keys', '*'], 'keys'],
    [['config', 'set', 'a', 'b'], 'config|set'],
  ] as const) {
    const { allowed } = explain({ policy, user: 'a' }, words)
    t.equal(cellOf(shown, row, 'a').startsWith('all'), allowed, row)
  }
  const few = matrix(policy, { by: 'commands', categories: ['transaction'] })
  t.strictSame(
    few.rows.map(({ name }) => name),
    ['discard', 'exec', 'multi', 'unwatch', 'watch'],
  )
})

t.test('every form holds every row, and names are escaped', async t => {
  const shown = matrix(readPolicy(TEXT))
  for (const form of MATRIX_FORMS) {
    const text = writeMatrix(form, shown)
    for (const { name } of shown.rows) t.ok(text.includes(name), `${form} ${name}`)
    if (form === 'html' || form === 'svg') {
      t.notOk(text.includes('<b>'), form)
      t.notMatch(text, /(src|href)=|url\(|@import/, 'nothing from elsewhere')
    }
  }
  t.match(writeMatrix('csv', shown), /^category,"'?<b>&""",a,default \(off\)\r\n/)
  t.match(writeMatrix('csv', shown), /\r\n'@all,all,/, 'no cell is a formula')
  t.match(writeMatrix('html', shown), /<th scope="row"><code>@read<\/code><\/th>/)
  const svg = writeMatrix('svg', shown)
  t.match(svg, /role="img" aria-labelledby="title desc"/)
  t.match(svg, /<text class="title"[^>]*>Rights by (command|category)<\/text>/)
  t.match(svg, /@media \(prefers-color-scheme: dark\)/)
  t.notMatch(svg, / fill="/, 'every colour has a dark form')
})
