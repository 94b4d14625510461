// Many commands in few words: what the words say is what there was, and they are few where a rule
// could say the same. And that all who count commands count the same ones.

import t from 'tap'
import { CATEGORIES, categoryNames } from '../../src/acl/category.ts'
import { commandViews, matrixOf } from '../../src/lab/matrix.ts'
import { groupCommands } from '../../src/policy/command-groups.ts'
import { countedCommands } from '../../src/policy/counted.ts'
import { diff } from '../../src/policy/diff.ts'
import { matrix } from '../../src/policy/matrix.ts'
import { readAclPolicy } from '../../src/policy/policy.ts'
import { CATALOGUE } from '../../src/table/redis.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { randomAcl } from '../helpers/random-acl.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COUNTED = countedCommands(CATALOGUE)

function gainedBy(rules: string, before = ''): readonly string[] {
  const [user] = diff(`user a on ${before}`, `user a on ${rules}`)
  return user?.selectors[0]?.commands.gained ?? []
}

function inWords(names: readonly string[]): string[] {
  const { groups, commands } = groupCommands(names, CATALOGUE)
  return [
    ...groups.map(({ name = 'every', except, count }) =>
      [name, ...(except.length > 0 ? ['but', ...except] : []), count].join(' '),
    ),
    ...commands,
  ]
}

const WORDS: readonly (readonly [rules: string, before: string, words: readonly string[]])[] = [
  ['+@all', '', ['every 360']],
  ['+@all -@dangerous', '', ['every but @dangerous 285']],
  ['+@all', '+@read', ['every but @read 269']],
  ['+@all -keys', '', ['every but keys 359']],
  ['+@read', '', ['@read 91']],
  ['+@read -keys', '', ['@read but keys 90']],
  ['+@hash +@list', '', ['@hash 25', '@list 24']],
  ['+config', '', ['config 5']],
  ['+get +set +select|0', '', ['get', 'set', 'select|0']],
  ['+auth +hello', '', []],
]

t.test('few words say it', async t => {
  for (const [rules, before, words] of WORDS) {
    const found = inWords(gainedBy(rules, before))
    t.strictSame(found.sort(), [...words].sort(), rules)
  }
})

/** What a word of a rule stands for. */
function meantBy(word: string): string[] {
  const category = word.replace(/^@/, '')
  return COUNTED.filter(({ name, categories, parent }) =>
    word.startsWith('@')
      ? categoryNames(categories).some(one => one === category)
      : name === word || parent?.name === word,
  ).map(({ name }) => name)
}

t.test('they say what there was, and nothing else', async t => {
  const random = new SeededRandom(SEED)
  const { rule } = randomAcl(random)
  const ALL = COUNTED.map(({ name }) => name)
  for (let i = 0; i < 150; i++) {
    const rules = Array.from({ length: 1 + random.below(8) }, rule).filter(one => /^[+-]/.test(one))
    const names = gainedBy(rules.join(' '))
    const { groups, commands } = groupCommands(names, CATALOGUE)
    const meant = groups.map(({ name, except, count }) => {
      const excepted = new Set(except.flatMap(meantBy))
      const members = (name === undefined ? ALL : meantBy(name)).filter(one => !excepted.has(one))
      t.equal(members.length, count, `${name} of ${rules.join(' ')}`)
      return members
    })
    t.strictSame(
      [...new Set([...meant.flat(), ...commands])].sort(),
      [...names].sort(),
      rules.join(' '),
    )
    t.ok(groups.length + commands.length <= names.length)
  }
})

t.test('the lab counts what the matrix counts', async t => {
  const policy = readAclPolicy('user app on\nuser some on +@all -@dangerous +config|get')
  const shown = matrix(policy)
  const views = commandViews()
  t.equal(views.length, COUNTED.length)
  const letters = matrixOf(policy).rows
  for (const { name, cells } of shown.rows) {
    const of = views.flatMap(({ categories }, i) =>
      name === '@all' || categories.includes(name.slice(1)) ? [i] : [],
    )
    for (const [i, { name: user }] of shown.users.entries()) {
      const row = letters.find(one => one.user === user)?.cells ?? ''
      const allowed = of.filter(at => row[at] === 'a' || row[at] === 's').length
      t.strictSame([allowed, of.length], [cells[i]?.allowed, cells[i]?.total], `${name} ${user}`)
    }
  }
  t.equal(shown.rows.length, CATEGORIES.length + 1)
})
