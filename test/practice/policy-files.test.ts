// redis.conf and ACL files as they are found: included, named by aclfile, with requirepass and
// renamed commands. The policy is what our server makes of them at its start, and both are what a
// real redis-server makes of them, where there is one.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { hashPassword } from '../../src/acl/password.ts'
import { Users } from '../../src/acl/users.ts'
import { POLICY_FILES } from '../../src/cli/conf-file.ts'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { QuestionError } from '../../src/policy/errors.ts'
import { explain } from '../../src/policy/explain-text.ts'
import { usersOf } from '../../src/policy/policy.ts'
import { CATALOGUE } from '../../src/table/redis.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { startRunner } from '../helpers/cli.ts'
import { NO_REAL_SERVER, REAL_BINARY, realIsAtLeast, startReal } from '../helpers/real.ts'
import { type Start, startOurs, startTheirs, writeFiles } from '../helpers/starts.ts'

interface Case {
  readonly name: string
  /** By their names; the server is given `redis.conf`. <dir> stands for the folder. */
  readonly files: Readonly<Record<string, string>>
  /** The lines of ACL LIST, or in redis-server's words why it does not start. */
  readonly users?: readonly string[]
  readonly refused?: string | undefined
  /** Where the policy has its first problem: `file:line:column`. */
  readonly at?: string
  /** Who may ask for ACL LIST. */
  readonly login?: readonly [string, string]
}

const DEFAULT = 'user default on nopass sanitize-payload ~* &* +@all'
const OFF = 'off sanitize-payload resetchannels -@all'
const ON = 'on sanitize-payload resetchannels -@all'

const CASES: readonly Case[] = [
  {
    name: 'an included file stands where it is named',
    files: {
      'redis.conf': 'include <dir>/users.conf\nuser b on\n',
      'users.conf': 'user alice on +get (~b  +set)\n',
    },
    users: [
      'user alice on sanitize-payload resetchannels -@all +get (~b resetchannels -@all +set)',
      `user b ${ON}`,
      DEFAULT,
    ],
  },
  {
    name: 'files of a pattern are one text, in the order of their names',
    files: {
      'redis.conf': 'include <dir>/*.part\n',
      'a.part': 'user a on',
      'b.part': ' +get\nuser b off',
    },
    users: [`user a ${ON} +get`, `user b ${OFF}`, DEFAULT],
  },
  {
    name: 'a pattern may fit no file',
    files: { 'redis.conf': 'include <dir>/*.none\nuser a on\n' },
    users: [`user a ${ON}`, DEFAULT],
  },
  {
    name: 'dir says from where files are meant',
    files: { 'redis.conf': 'dir <dir>\ninclude more.conf\n', 'more.conf': 'user a on\n' },
    users: [`user a ${ON}`, DEFAULT],
  },
  {
    name: 'an included file that is not there',
    files: { 'redis.conf': 'port 0\ninclude <dir>/none.conf\n' },
    refused: "Fatal error, can't open config file '<dir>/none.conf': No such file or directory",
    at: ':2:1',
  },
  {
    name: 'a fault in an included file',
    files: { 'redis.conf': 'include <dir>/x.conf\n', 'x.conf': '\nuser a on oops\n' },
    refused: "at line 2\n>>> 'user a on oops'\nError in user declaration",
    at: '<dir>/x.conf:2:11',
  },
  {
    name: 'include with two words',
    files: { 'redis.conf': 'include <dir>/a <dir>/b\n' },
    refused: 'Bad directive or wrong number of arguments',
    at: ':1:1',
  },
  {
    name: 'the ACL file has all users, and requirepass is forgotten',
    files: {
      'redis.conf': 'dir <dir>\nrequirepass secret\naclfile users.acl\n',
      'users.acl': '  user a on +get \r\n\n\tuser b\n',
    },
    users: [`user a ${ON} +get`, `user b ${OFF}`, DEFAULT],
  },
  {
    name: 'an ACL file that is not there',
    files: { 'redis.conf': 'aclfile <dir>/none.acl\n' },
    refused: "Error loading ACLs, opening file '<dir>/none.acl': No such file or directory",
    at: ':1:1',
  },
  {
    name: 'a tab does not part words of an ACL file',
    files: { 'redis.conf': 'aclfile <dir>/users.acl\n', 'users.acl': 'user a on ~x\t+get\n' },
    refused: 'Syntax error',
    at: 'users.acl:1:11',
  },
  {
    name: 'tabs around a rule of an ACL file are not seen',
    files: { 'redis.conf': 'aclfile <dir>/users.acl\n', 'users.acl': 'user a on\t \t+get\n' },
    users: [`user a ${ON} +get`, DEFAULT],
  },
  {
    name: 'two blanks in an ACL file stand around an empty name',
    files: { 'redis.conf': 'aclfile <dir>/users.acl\n', 'users.acl': 'user  on\n' },
    users: [`user  ${ON}`, DEFAULT],
  },
  {
    name: 'a comment in an ACL file',
    files: { 'redis.conf': 'aclfile <dir>/users.acl\n', 'users.acl': 'user a on\n# b\n' },
    refused: 'users.acl:2 should start with user keyword followed by the username',
    at: 'users.acl:2:1',
  },
  {
    name: 'capitals in an ACL file',
    files: { 'redis.conf': 'aclfile <dir>/users.acl\n', 'users.acl': 'User a on\n' },
    refused: 'should start with user keyword followed by the username',
    at: 'users.acl:1:1',
  },
  {
    name: 'a name twice in an ACL file',
    files: { 'redis.conf': 'aclfile <dir>/users.acl\n', 'users.acl': 'user a on\nuser a on\n' },
    refused: "Duplicate user 'a' found on line 2",
    at: 'users.acl:2:6',
  },
  {
    name: 'users in both files',
    files: { 'redis.conf': 'user a on\naclfile <dir>/users.acl\n', 'users.acl': 'user b on\n' },
    refused: 'Configuring Redis with users defined in redis.conf and at the same setting an ACL',
    at: ':2:1',
  },
  {
    name: 'capitals, blanks and quotes in redis.conf',
    files: { 'redis.conf': '\t USER a on "~x\\x41" \'+get\' "(~q +set)"\r\n  # comment\n' },
    users: [
      `user a on sanitize-payload ~xA resetchannels -@all +get (~q resetchannels -@all +set)`,
      DEFAULT,
    ],
  },
  {
    name: 'a name twice in redis.conf',
    files: { 'redis.conf': 'user a on\nuser a on\n' },
    refused: "at line 2\n>>> 'user a on'\nError in user declaration 'a': Duplicate user found. ",
    at: ':2:6',
  },
  {
    name: 'a command that does not exist',
    files: { 'redis.conf': 'user a +nosuch\n' },
    refused: "Error loading ACL rule '+nosuch' for the user named 'a': Unknown command or category",
    at: ':1:8',
  },
  {
    name: 'a blank in a name',
    files: { 'redis.conf': 'user "a b" on\n' },
    refused: 'Spaces not allowed in ACL usernames',
    at: ':1:6',
  },
  {
    name: 'a line without a name',
    files: { 'redis.conf': 'port 0\nuser\n' },
    refused: "at line 2\n>>> 'user'\nBad directive or wrong number of arguments",
    at: ':2:1',
  },
  {
    name: 'quotes without an end',
    files: { 'redis.conf': 'port 0\nuser a "on\n' },
    refused: 'Unbalanced quotes in configuration line',
    at: ':2:1',
  },
  {
    name: 'a NUL takes the rest of its line away, and the line break',
    files: { 'redis.conf': 'user a on +get\0 +set\n ~x\nuser b on\n' },
    users: ['user a on sanitize-payload ~x resetchannels -@all +get', `user b ${ON}`, DEFAULT],
  },
  {
    name: 'a NUL takes no more away than is read at once: 1024 bytes',
    files: { 'redis.conf': `user a on \0${'x'.repeat(1013)}+get\n` },
    users: [`user a ${ON} +get`, DEFAULT],
  },
  {
    name: 'of ACL files 1023 bytes are read at once',
    files: {
      'redis.conf': 'aclfile <dir>/users.acl\n',
      'users.acl': `user a on \0${'x'.repeat(1012)}+get\n`,
    },
    users: [`user a ${ON} +get`, DEFAULT],
  },
  {
    name: 'included files are found as a shell does',
    files: {
      'redis.conf': 'include <dir>/[!c]*.part\ninclude <dir>/[x\n',
      'a.part': 'user a on\n',
      'c.part': 'oops\n',
      '.part': 'oops\n',
      '[x': 'user b on\n',
    },
    users: [`user a ${ON}`, `user b ${ON}`, DEFAULT],
  },
  {
    name: 'a setting of a module without the module',
    files: { 'redis.conf': 'user a on\nsearch.timeout 500\n' },
    refused: 'Module Configuration detected without loadmodule directive',
    at: ':2:1',
  },
  {
    name: 'requirepass is the password of the default user',
    files: { 'redis.conf': 'requirepass secret\n' },
    users: [`user default on sanitize-payload #${hashPassword('secret')} ~* &* +@all`],
    login: ['default', 'secret'],
  },
  {
    name: 'requirepass before a line for the default user',
    files: { 'redis.conf': 'user default on nopass ~* +@all\nrequirepass secret\n' },
    users: ['user default on nopass sanitize-payload ~* resetchannels +@all'],
  },
  {
    name: 'requirepass with two words',
    files: { 'redis.conf': 'requirepass one two\n' },
    refused: 'wrong number of arguments',
    at: ':1:1',
  },
  {
    name: 'renamed commands keep their names in rules',
    files: { 'redis.conf': 'rename-command GET ""\nrename-command SET PUT\nuser a +get +set\n' },
    users: [`user a ${OFF} +get +set`, DEFAULT],
  },
  {
    name: 'a command of another name than Redis has',
    files: { 'redis.conf': 'rename-command nosuch x\n' },
    refused: 'No such command in rename-command',
    at: ':1:1',
  },
  {
    name: 'a command by the name of another',
    files: { 'redis.conf': 'rename-command GET SET\n' },
    refused: 'Target command name already exists',
    at: ':1:1',
  },
  {
    name: 'rename-command with one word',
    files: { 'redis.conf': 'rename-command GET\n' },
    refused: 'Bad directive or wrong number of arguments',
    at: ':1:1',
  },
  {
    name: 'acl-pubsub-default below the users',
    files: { 'redis.conf': 'user a on\nacl-pubsub-default allchannels\n' },
    users: ['user a on sanitize-payload &* -@all', DEFAULT],
  },
  {
    name: 'a channel beside all channels, which come later',
    files: { 'redis.conf': 'user a on &x\nacl-pubsub-default allchannels\n' },
    refused: "Error loading ACL rule '&x' for the user named 'a': Adding a pattern after the *",
    at: ':1:11',
  },
  {
    name: 'a directive that does not exist',
    files: { 'redis.conf': 'user a on\nnonsense 1\n' },
    refused: "at line 2\n>>> 'nonsense 1'\nBad directive or wrong number of arguments",
    at: ':2:1',
  },
  {
    name: 'a value that is none',
    files: { 'redis.conf': 'maxmemory 1zb\n' },
    refused: "at line 1\n>>> 'maxmemory 1zb'\nargument must be a memory value",
    at: ':1:1',
  },
  {
    name: 'a list in one word, and one that is none',
    files: { 'redis.conf': 'save "60 1000"\nsave "60"\n' },
    refused: `at line 2\n>>> 'save "60"'\nInvalid save parameters`,
    at: ':2:1',
  },
]

const NO_REAL = NO_REAL_SERVER || (!realIsAtLeast(7, 4) && 'the real server is older than 7.4')

function expectStart(t: Test, start: Start, { users, refused }: Case): void {
  if (refused === undefined) t.strictSame(start, { users })
  else t.ok('said' in start && start.said.includes(refused), JSON.stringify(start))
}

/** A redis.conf in a folder of its own, which `<dir>` stands for. */
function confIn(t: Test, files: Readonly<Record<string, string>>): string {
  return writeFiles(t.testdir(), files)
}

for (const one of CASES) {
  t.test(one.name, async t => {
    const file = confIn(t, one.files)
    const inFolder = (text: string): string => text.replaceAll('<dir>', path.dirname(file))
    const here = { ...one, refused: one.refused === undefined ? undefined : inFolder(one.refused) }
    expectStart(t, startOurs(file), here)
    const policy = readPolicy(inFolder(one.files['redis.conf'] ?? ''), {
      kind: 'conf',
      files: POLICY_FILES,
    })
    const [problem] = policy.problems
    if (one.at === undefined) {
      t.strictSame(policy.problems, [])
      const users = [...usersOf(policy).values()].map(({ name, text }) => `user ${name} ${text}`)
      t.strictSame(users.sort(), one.users)
    } else {
      const { file: in_ = '', line, column } = problem ?? {}
      t.ok(`${in_}:${line}:${column}`.endsWith(inFolder(one.at)), JSON.stringify(problem))
    }
    await t.test('so does a real redis-server', { skip: NO_REAL }, async t => {
      expectStart(t, await startTheirs(file, one.login), here)
    })
  })
}

t.test('files that include each other come to an end', async t => {
  const file = confIn(t, { 'redis.conf': 'include <dir>/redis.conf\ninclude <dir>/redis.conf\n' })
  const start = startOurs(file)
  t.ok('said' in start && start.said.includes('Bad directive'), JSON.stringify(start))
  const { problems } = readPolicy(fs.readFileSync(file, 'latin1'), { files: POLICY_FILES })
  t.equal(problems[0]?.message, 'Files include each other without an end')
})

t.test('what depends on the machine is not judged, however often it is given', async t => {
  const text = 'dir /no/such/folder\nactivedefrag yes\nlocale-collate de_DE.UTF-8\nuser a on\n'
  t.strictSame(readPolicy(text).problems, [])
  t.strictSame(
    readPolicy('dir /a /b\n').problems.map(({ rule, message }) => [rule, message]),
    [['dir', 'wrong number of arguments']],
  )
})

const RENAMED =
  'rename-command GET FETCH\nrename-command SET ""\nuser default on nopass ~* +get +set'

t.test('commands are asked about by the names that clients use', async t => {
  const policy = readPolicy(RENAMED)
  t.equal(explain({ policy }, ['fetch', 'k']).command, 'get')
  t.ok(explain({ policy }, ['FETCH', 'k']).allowed)
  for (const name of ['GET', 'SET']) {
    t.throws(
      () => explain({ policy }, [name, 'k', 'v']),
      new QuestionError(`Command '${name}' not found`),
    )
  }
})

t.test('the name of a file says which it is, where it does', async t => {
  const { run, stop } = startRunner()
  t.teardown(stop)
  const users = '# The users.\nuser default off\n'
  const file = confIn(t, { 'redis.conf': users, 'users.acl': users, 'port.acl': 'port 1\n' })
  const lint = async (name: string): Promise<string> =>
    String((await run('acl', 'lint', path.join(path.dirname(file), name))).said)
  t.equal(await lint('redis.conf'), 'Nothing found.\n')
  t.match(await lint('users.acl'), 'users.acl:1:1: error: ACL files know no comments')
  t.match(await lint('port.acl'), 'port.acl:1:1: error: A line should start with user keyword')
})

t.test('a policy shows nothing of files that are none, and waits for none', async t => {
  const { run, stop } = startRunner()
  t.teardown(stop)
  const file = confIn(t, {
    'redis.conf': 'include <dir>/shadow\naclfile <dir>/shadow\n',
    'pipe.conf': 'include <dir>/pipe\naclfile <dir>/pipe\n',
    shadow: 'root:zebra:1\nuser2 zebra\n',
  })
  const folder = path.dirname(file)
  spawnSync('mkfifo', [path.join(folder, 'pipe')])
  for (const form of ['text', 'json', 'github', 'junit']) {
    const { said, code } = await run('acl', 'lint', '--reporter', form, file)
    t.equal(code, 1)
    t.match(String(said), 'Bad directive or wrong number of arguments')
    t.notMatch(String(said), /zebra|user2/, form)
  }
  for (const words of [
    ['acl', 'explain', '--file', file, '--', 'PING'],
    ['acl', 'diff', file, file],
    ['acl', 'repl', '--file', file],
  ]) {
    t.notMatch(String((await run(...words)).said), /zebra|user2/)
  }
  const { said } = await run('acl', 'lint', path.join(folder, 'pipe.conf'))
  t.equal(String(said).match(/pipe' is not a file/g)?.length, 2)
})

t.test('the program says in which file a fault is', async t => {
  const { run, stop } = startRunner()
  t.teardown(stop)
  const file = confIn(t, {
    'redis.conf': 'include <dir>/more.conf\naclfile <dir>/users.acl\nrequirepass long-and-secret\n',
    'more.conf': '\nacl-pubsub-default allchannels\n',
    'users.acl': 'user app on nopass ~app:* +get\n',
  })
  const folder = path.dirname(file)
  const { said, code } = await run('acl', 'lint', '--reporter', 'json', file)
  t.equal(code, 1)
  const places = (JSON.parse(String(said)) as Record<string, string>[]).map(
    ({ id, file, line, column }) => `${id} ${path.relative(folder, file ?? '')}:${line}:${column}`,
  )
  for (const place of [
    'default-undeclared redis.conf:1:1',
    'nopass users.acl:1:13',
    'channels-by-default more.conf:2:1',
    'requirepass-ignored redis.conf:3:1',
  ]) {
    t.ok(places.includes(place), `${place} in ${places}`)
  }
  const text = await run('acl', 'lint', file)
  t.match(String(text.said), `${folder}/users.acl:1:13: error: app is on and nopass [nopass]`)
  const explained = await run(
    'acl',
    'explain',
    '--file',
    file,
    '--user',
    'app',
    '--',
    'GET',
    'app:1',
  )
  t.equal(explained.code, 0)
  t.match(String(explained.said), `by +get (${folder}/users.acl:1:27)`)
  fs.appendFileSync(path.join(folder, 'users.acl'), 'user b oops\n')
  const refused = await run('acl', 'explain', '--file', file, '--user', 'app', '--', 'GET', 'app:1')
  t.equal(refused.code, 2)
  t.match(String(refused.said), `${folder}/users.acl:2:8: 'oops': Syntax error`)
})

const KEYWORDS = [...Array<string>(20).fill('user'), 'User', 'user\t', '#', '\tuser', '']
const BETWEEN = [...Array<string>(16).fill(' '), '  ', '\t', ' \t', '\t ']
const NAMES = ['a', 'b', 'c', 'default', 'a\tb', '"a"', '\xff']
const RULES = [
  ...[
    'on',
    'off',
    'nopass',
    'reset',
    '~x',
    '~*',
    '%R~y',
    '%~',
    '&z',
    '&*',
    '+get',
    '-@all',
    '+@read',
  ],
  ...[
    '>pw',
    '<pw',
    '#bad',
    `!${'0'.repeat(64)}`,
    '(+get',
    '~q)',
    '(~r)',
    '()',
    '(oops)',
    '( +nosuch )',
  ],
  ...['+nosuch', '+@nosuch', '+config|get', '+config|no', 'oops', '"~k"', '+@all'],
]

function randomFile(random: SeededRandom): string {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
  const lines = Array.from({ length: 1 + random.below(3) }, () => {
    const rules = Array.from({ length: random.below(5) }, () => pick(BETWEEN) + pick(RULES))
    return pick(KEYWORDS) + pick(BETWEEN) + pick(NAMES) + rules.join('')
  })
  return lines.join(pick(['\n', '\r\n', '\n\n', ' \n']))
}

t.test('any ACL file is refused with the same words', { skip: NO_REAL }, async t => {
  const file = path.join(t.testdir({ 'users.acl': '' }), 'users.acl')
  const real = await startReal('--aclfile', file)
  t.teardown(() => real.close())
  const wire = await real.connect()
  const random = new SeededRandom(7)
  let [taken, refused] = [0, 0]
  for (let i = 0; i < 1500; i++) {
    const text = `${randomFile(random)}\nuser default on nopass ~* &* +@all`
    const users = new Users(CATALOGUE)
    const { error } = users.load(text, file)
    // That takes 7.4.1 down.
    if (error?.includes('Unmatched parenthesis')) continue
    fs.writeFileSync(file, text, 'latin1')
    const answer = await wire.ask('ACL', 'LOAD')
    t.equal(answer, error === undefined ? '+OK' : `-ERR ${error}`, JSON.stringify(text))
    const { problems } = readPolicy(text, { kind: 'acl' })
    t.equal(problems.length === 0, error === undefined, JSON.stringify(text))
    if (error !== undefined) {
      refused++
      continue
    }
    taken++
    const lines = users.list().map(user => `$${users.describe(user)}`)
    t.strictSame(await wire.ask('ACL', 'LIST'), lines, JSON.stringify(text))
  }
  t.ok(taken > 50 && refused > 50, `${taken} taken, ${refused} refused`)
})

/** They change what the process is or what it says, or hold a secret that only ours hides. */
const NOT_TRIED =
  /^(daemonize|logfile|loglevel|unixsocket|pidfile|dir|bind|port|supervised|activedefrag|locale-collate|requirepass|master(auth|user)|tls-.*|.*-pass|aclfile)$/
const VALUES = ['', ' x', ' -1', ' 1 2', ' "', ' ""', ' yes', ' 1gb', ' "a b"', " 'x'y", ' no one']

t.test('any setting is refused with the same words, and by the tools', { skip: NO_REAL }, t => {
  const settings: Record<string, string> = JSON.parse(
    fs.readFileSync(path.join(import.meta.dirname, '../recorded/config-7.4.json'), 'utf8'),
  )
  const names = Object.keys(settings).filter(name => !NOT_TRIED.test(name))
  const random = new SeededRandom(11)
  let refused = 0
  const file = path.join(t.testdir({ 'redis.conf': '' }), 'redis.conf')
  for (let i = 0; i < 200; i++) {
    const name = names[random.below(names.length)] ?? ''
    const line = name + VALUES[random.below(VALUES.length)]
    fs.writeFileSync(file, `\n${line}\n`)
    const ours = startOurs(file)
    const options = { cwd: path.dirname(file), encoding: 'utf8' } as const
    const { stderr } = spawnSync(REAL_BINARY, [file, '--port', '0'], options)
    const [, theirs] = /FATAL CONFIG FILE ERROR.*\*\*\*\n(.*)\n$/s.exec(stderr) ?? []
    t.equal('said' in ours ? ours.said : undefined, theirs, line)
    const { problems } = readPolicy(`\n${line}\n`, { kind: 'conf' })
    t.strictSame(
      problems.map(({ line, message }) => [line, message]),
      theirs === undefined ? [] : [[2, theirs.split('\n').at(-1)]],
      line,
    )
    if (theirs !== undefined) refused++
  }
  t.ok(refused > 50 && refused < 190, `${refused} refused`)
  t.end()
})
