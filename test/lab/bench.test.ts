// What the page is answered: remarks in order, what the server refuses, what to try as a user, links
// without passwords, solutions, and the same count of commands as on the command line.

import t from 'tap'
import { readCommandDocs } from '../../src/lab/command-docs.ts'
import { openLab } from '../../src/lab/lab.ts'
import { rulesInLink } from '../../src/lab/share.ts'
import { matrix } from '../../src/policy/matrix.ts'
import { readAclPolicy, usersOf } from '../../src/policy/policy.ts'
import { solutionOf } from '../../src/practice/exercises/solution.ts'
import { EXERCISES, grade } from '../../src/practice/exercises.ts'
import { fromText } from '../../src/util/bytes.ts'
import { askLab } from '../helpers/lab.ts'

const RULES = [
  'user default off',
  'user shop on >correct-horse ~cart:* ~order:[0-9]* &orders +@all -@dangerous -@scripting',
  'user näme on #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 %R~größe:? +get +xlen',
].join('\n')

const pageFolder = t.testdir({ 'index.html': '' })
const lab = await openLab({ pageFolder, rules: RULES })
t.teardown(() => lab.close())
const ask = askLab(lab.url)

t.test('the commands that rules decide about are counted as on the command line', async t => {
  const [all] = matrix(readAclPolicy(RULES)).rows
  const { commands, names } = await ask('state')
  t.equal(all?.name, '@all')
  t.equal(commands.length, all?.cells[0]?.total)
  t.notOk(commands.some(({ name }: { name: string }) => name === 'auth'))
  t.ok(names.includes('config') && names.includes('config|get') && names.includes('auth'))
})

t.test('errors go before warnings, and what Redis refuses before everything', async t => {
  const rules = `${RULES}\nuser bad on nopass +@all ~* &*\nuser eve on ~x +nosuch`
  const { findings } = await ask('check', { rules })
  t.match(findings[0], { isRefused: true, severity: 'error', line: 5 })
  const order = findings.map(({ severity }: { severity: string }) => severity)
  t.strictSame(
    order,
    order.toSorted((a: string, b: string) => rank(a) - rank(b)),
  )
  t.ok(new Set(order).size > 1)
})

function rank(severity: string): number {
  return ['error', 'warning', 'info'].indexOf(severity)
}

t.test('what the server refuses is named by its place, each', async t => {
  const { refused } = await ask('apply', { rules: `${RULES}\nuser a +nosuch\nuser b ~x allkeyz` })
  t.match(refused, [
    { line: 4, column: 8, length: 7, isRefused: true },
    { line: 5, column: 11, length: 7, isRefused: true },
  ])
  t.equal(lab.redis.server.users.get('a'), undefined)
})

t.test('commands to try are about the names of the rules', async t => {
  const shop = await ask('suggest', { user: 'shop' })
  t.ok(shop.allowed.includes('GET cart:1'), shop.allowed)
  t.ok(shop.allowed.length >= 3)
  t.ok(shop.denied.includes('KEYS *'), shop.denied)
  t.ok(shop.denied.includes('GET größe:1'), shop.denied)
  const named = await ask('suggest', { user: 'näme' })
  t.ok(named.allowed.includes('GET größe:1'), named.allowed)
  t.ok(named.allowed.includes('XLEN größe:1'), named.allowed)
  t.ok(named.denied.includes('GET cart:1'), named.denied)
  for (const user of ['shop', 'näme']) {
    const { allowed, denied } = await ask('suggest', { user })
    for (const command of [...allowed, ...denied]) {
      const { verdict } = await ask('run', { user, command })
      t.equal(verdict.allowed, allowed.includes(command), command)
    }
  }
})

t.test('keys that are there are suggested first, by their type', async t => {
  const sample = await openLab({ pageFolder })
  t.teardown(() => sample.close())
  const ask = askLab(sample.url)
  const web = await ask('suggest', { user: 'web' })
  t.ok(web.allowed.includes('HGETALL session:42'), web.allowed)
  t.ok(web.allowed.includes('GET cache:home'), web.allowed)
  const admin = await ask('suggest', { user: 'admin' })
  t.strictSame(admin.denied, [])
  t.notOk(admin.allowed.some((command: string) => /^(KEYS|FLUSH)/.test(command)))
})

t.test('words that are no command are told from those that are denied', async t => {
  t.match(await ask('run', { user: 'shop', command: 'GETT x' }), {
    fault: 'Unknown command',
    verdict: undefined,
    isError: true,
  })
  const short = await ask('run', { user: 'shop', command: 'GET' })
  t.equal(short.fault, 'Wrong arguments')
})

t.test('a link carries the rules without any password', async t => {
  const { fragment, removed } = await ask('share', { rules: RULES })
  t.equal(removed, 2)
  const shared = rulesInLink(`http://127.0.0.1:8379/${fragment}`) ?? ''
  t.equal(
    shared,
    'user default off\n' +
      'user shop on ~cart:* ~order:[0-9]* &orders +@all -@dangerous -@scripting\n' +
      'user näme on %R~größe:? +get +xlen\n',
  )
  t.strictSame(readAclPolicy(fromText(shared)).problems, [])
  t.equal(rulesInLink('http://127.0.0.1:8379/#rules'), undefined)
  t.equal(rulesInLink('users.acl'), undefined)
  for (const rules of ['user a on> secret', 'user a on ~x\t>secret +nosuch', 'usr a >secret']) {
    await t.rejects(ask('share', { rules }), /./, rules)
  }
})

t.test('rules from nowhere can be written nowhere', async t => {
  t.strictSame((await ask('state')).home, { kind: 'link', name: '', isWritable: false })
  await t.rejects(ask('plan', { rules: RULES }), /came from nowhere/)
  await t.rejects(ask('save', { rules: RULES, mark: '' }), /came from nowhere/)
})

t.test('every exercise has a solution that is one', async t => {
  for (const exercise of EXERCISES) {
    const { rules } = await ask('solution', { id: exercise.id })
    t.equal(rules, solutionOf(exercise).join('\n'))
    t.match(await ask('grade', { id: exercise.id, rules }), { passed: true }, exercise.id)
    t.ok(grade(exercise, usersOf(readAclPolicy(fromText(rules)))).passed)
  }
  await t.rejects(ask('solution', { id: 'nosuch' }), /no such exercise/)
})

t.test('commands are described as far as the server describes them', async t => {
  const { commands } = await ask('docs')
  t.match(commands.get.syntax, /^GET/)
  t.match(commands['config|get'].syntax, /^CONFIG GET/)
  const text = (text: string) => ({ type: 'bulk', text }) as const
  const list = (...items: object[]) => ({ type: 'array', items }) as never
  const argument = (name: string, type: string, ...more: object[]) =>
    list(text('name'), text(name), text('type'), text(type), ...more)
  const flags = (...names: string[]) => [text('flags'), list(...names.map(text))]
  const docs = readCommandDocs(
    list(
      text('demo'),
      list(
        text('summary'),
        text('Shows it.'),
        text('arguments'),
        list(
          argument('key', 'key', ...flags('multiple')),
          argument(
            'when',
            'oneof',
            ...flags('optional'),
            text('arguments'),
            list(
              argument('nx', 'pure-token', text('token'), text('NX')),
              argument('ms', 'integer', text('token'), text('PX')),
            ),
          ),
          argument('part', 'block', text('arguments'), list(argument('a', 'string'))),
        ),
      ),
    ),
  )
  t.strictSame(docs, {
    demo: { syntax: 'DEMO key [key ...] [NX | PX ms] a', summary: 'Shows it.', isKnown: true },
  })
})
