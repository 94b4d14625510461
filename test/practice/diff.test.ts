// diff(): what users gained and lost, selector by selector, and from one version of Redis to
// another; and that the facts about versions are those of a real server.

import t from 'tap'
import { CATEGORIES, categoryNames } from '../../src/acl/category.ts'
import { diff, type UserDiff } from '../../src/policy/diff.ts'
import { catalogOf, NEWEST, VERSIONS } from '../../src/policy/versions.ts'
import { connectTo, textsOf } from '../../src/tools/connection.ts'
import { NO_REAL_SERVER, REAL_VERSION, startReal } from '../helpers/real.ts'
import { hash } from './policies.ts'

/** Only what differs. */
function brief(users: readonly UserDiff[]): string[] {
  return users.flatMap(({ user, kind, login, selectors }) => [
    `${user} ${kind}`,
    ...[
      ['login', login] as const,
      ...selectors.flatMap(({ index, kind, commands, future, reads, writes, channels }) =>
        Object.entries({ commands, future, reads, writes, channels }).map(
          ([name, change]) => [`${index} ${kind} ${name}`, change] as const,
        ),
      ),
    ].flatMap(([name, { gained, lost }]) => [
      ...(gained.length > 0 ? [`+ ${name}: ${gained.join(' ')}`] : []),
      ...(lost.length > 0 ? [`- ${name}: ${lost.join(' ')}`] : []),
    ]),
  ])
}

const [MAJOR, MINOR] = REAL_VERSION ?? []
const VERSION = VERSIONS.find(known => known === `${MAJOR}.${MINOR}`)
const NO_FACTS = NO_REAL_SERVER || (VERSION ? false : `nothing is known of ${MAJOR}.${MINOR}`)

const DIFFS: readonly (readonly [string, string, readonly string[]])[] = [
  ['user a on +get +set', 'user a +set on +get', []],
  ['user a on +get', 'user a on +get +set', ['a changed', '+ 0 changed commands: set']],
  [
    'user a on %R~x ~y &c +get',
    'user a on ~x %W~y &d +get',
    [
      'a changed',
      '- 0 changed reads: y',
      '+ 0 changed writes: x',
      '+ 0 changed channels: d',
      '- 0 changed channels: c',
    ],
  ],
  [
    `user a on ${hash('a')} +@all -get`,
    'user a off nopass +get',
    ['a changed', '+ 0 changed commands: get', '+ login: off nopass', '- login: a password on'],
  ],
  [
    `user a on ${hash('a')}`,
    `user a on ${hash('b')}`,
    ['a changed', '+ login: a password', '- login: a password'],
  ],
  [
    'user a on (~x +get) (~y +set)',
    'user a on (~y +set) (~x +mget)',
    ['a changed', '+ 2 changed commands: mget', '- 2 changed commands: get'],
  ],
  [
    'user a on (~x +get)',
    'user a on',
    ['a changed', '- 1 removed commands: get', '- 1 removed reads: x', '- 1 removed writes: x'],
  ],
  [
    'user a on +select|0 +config|get',
    'user a on +select|1 +config|get +config|set',
    ['a changed', '+ 0 changed commands: config|set select|1', '- 0 changed commands: select|0'],
  ],
  [
    'user a on ~*',
    'user a on ~x',
    [
      'a changed',
      '+ 0 changed reads: x',
      '- 0 changed reads: *',
      '+ 0 changed writes: x',
      '- 0 changed writes: *',
    ],
  ],
  ['', 'user a on +get', ['a added', '+ login: on', '+ 0 added commands: get']],
  [
    'user a off ~x',
    '',
    ['a removed', '- login: off', '- 0 removed reads: x', '- 0 removed writes: x'],
  ],
]

t.test('what users gained and lost', async t => {
  for (const [before, after, expected] of DIFFS) {
    const found = brief(diff(before, after))
    // Of a user with +@all, the many commands are not written here.
    const shown = found.filter(line => !line.includes('append') && !line.includes('future'))
    t.strictSame(shown.sort(), [...expected].sort(), `${before} / ${after}`)
  }
})

t.test('+@all is a right to what comes later', async t => {
  const [user] = diff('user a on +@all', 'user a on -@all +@all -get')
  t.match(user, { selectors: [{ commands: { lost: ['get'] }, future: { gained: [], lost: [] } }] })
  const [less] = diff('user a on +@all', 'user a on')
  t.match(less, { selectors: [{ future: { lost: ['commands of later versions'] } }] })
})

t.test('one file, read by two versions', async t => {
  const text = 'user default off\nuser a on +@blocking +client'
  t.strictSame(brief(diff(text, text, { from: '7.0', to: '7.4' })), [
    'a changed',
    '+ 0 changed commands: client|no-touch client|setinfo wait waitaof',
  ])
  t.strictSame(diff(text, text), [])
})

t.test('the categories are those of a real server', { skip: NO_FACTS }, async t => {
  const real = await startReal()
  t.teardown(() => real.close())
  const connection = await connectTo({ url: `redis://127.0.0.1:${real.port}` })
  t.teardown(() => connection.close())
  const leaves = catalogOf(VERSION ?? NEWEST).all.filter(
    ({ subcommands }) => subcommands === undefined,
  )
  for (const category of CATEGORIES) {
    const names = textsOf(await connection.call('ACL', 'CAT', category))
    const ours = leaves.filter(one => categoryNames(one.categories).includes(category))
    const isLeaf = (name: string): boolean => !names.some(other => other.startsWith(`${name}|`))
    t.strictSame(ours.map(({ name }) => name).sort(), names.filter(isLeaf).sort(), category)
  }
})
