// The subcommands about ACL as CI runs them: files in, exit codes and reports out.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import t from 'tap'
import { startRedis } from '../../src/index.ts'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'
import { PROGRAM, TYPESCRIPT } from '../helpers/typescript.ts'
import { hash } from '../practice/policies.ts'

const RUNNER = path.join(import.meta.dirname, '../helpers/acl-runner.ts')

// Each start of the program costs a second or more where the machine is busy.
t.setTimeout(120_000)

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The program itself. */
function acl(cwd: string, words: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [...PROGRAM, 'acl', ...words], { cwd })
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    err += chunk
  })
  child.stdin.end(input)
  return new Promise(resolve => child.once('close', code => resolve({ code, out, err })))
}

const runner = spawn(process.execPath, [...TYPESCRIPT, RUNNER], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const answers = readline.createInterface({ input: runner.stdout })[Symbol.asyncIterator]()
t.teardown(() => runner.stdin.end())

/** Several calls of it in one process. */
async function aclTogether(
  cwd: string,
  ...lists: readonly (readonly string[])[]
): Promise<readonly Ended[]> {
  runner.stdin.write(`${JSON.stringify({ cwd, lists })}\n`)
  return JSON.parse((await answers.next()).value) as Ended[]
}

const USERS = `user default off\nuser app on ${hash('a')} ~app:* %R~cfg:* +get +set (~q:* +lpush)\n`

t.test('explain', async t => {
  const folder = t.testdir({ 'users.acl': USERS, 'bad.acl': 'user app on +nosuch' })
  const words = ['explain', '--file', 'users.acl', '--user', 'app']
  const denied = await acl(folder, [...words, '--', 'SET', 'cfg:1', 'x'])
  t.equal(denied.code, 1)
  const start = USERS.split('\n')[1]?.indexOf('%R~cfg') ?? 0
  const place = `users.acl:2:${start + 1}`
  for (const part of [
    "DENIED  'set' for the user 'app'",
    'users.acl:2:6',
    'NOPERM No permissions to access a key',
    `NO   key      cfg:1  needs the right to write; too little by %R~cfg:* (${place})`,
    'ACL SETUSER app %W~cfg:1',
    'ACL SETUSER app "(%W~cfg:1 +set)"',
  ]) {
    t.ok(denied.out.includes(part), part, { out: denied.out })
  }
  const [allowed, noUser, badFile, rules] = await aclTogether(
    folder,
    [...words, '--json', '--', 'LPUSH', 'q:1', 'x'],
    ['explain', '--file', 'users.acl', '--user', 'x', '--', 'PING'],
    ['explain', '--file', 'bad.acl', '--user', 'app', '--', 'PING'],
    ['explain', '--rules', '~\u00e9 +get', '--', 'GET', '\u00e8'],
  )
  t.equal(allowed?.code, 0)
  t.match(JSON.parse(allowed?.out ?? ''), {
    allowed: true,
    decisive: 1,
    command: 'lpush',
    line: 2,
    places: [
      { selector: 0, rules: [] },
      { selector: 1, rules: [{ rule: '+lpush', line: 2 }] },
    ],
  })
  t.match(noUser, { code: 2, out: '', err: "User 'x' not found" })
  t.match(badFile, { code: 2, err: /1:13: '\+nosuch': Unknown command or category name in ACL/ })
  t.match(rules, { code: 1, out: /NO {3}key {6}\u00e8/ })
})

t.test('explain and lint, on servers that run', async t => {
  const redis = await startRedis({
    users: { app: 'on >secret %R~app:* +get', admin: 'on >pw +@all' },
  })
  t.teardown(() => redis.close())
  const { caFile = '', certFile = '', keyFile = '' } = redis.tls ?? {}
  const login = ['--url', `rediss://admin:pw@localhost:${redis.port}`]
  const tls = ['--cacert', caFile, '--cert', certFile, '--key', keyFile]
  const question = ['--user', 'app', '--', 'SET', 'app:1', 'x']
  const [denied, found, untrusted] = await aclTogether(
    process.cwd(),
    ['explain', ...login, ...tls, ...question],
    ['lint', ...login, ...tls],
    ['explain', ...login, ...question],
  )
  t.match(denied, { code: 1, out: /rediss:\/\/\u2026@localhost:\d+:2:6/ })
  t.match(found, {
    code: 1,
    out: /:1:\d+: warning: every command, with|:3:17: error: default is on and nopass/,
  })
  t.match(untrusted, { code: 2, err: /^Cannot connect to localhost:\d+: .*certificate/ })
  t.notMatch(JSON.stringify([denied, found, untrusted]), /pw\b|secret/)
})

t.test('lint, on a real server', { skip: NO_REAL_SERVER }, async t => {
  const real = await startReal()
  t.teardown(() => real.close())
  const [found] = await aclTogether(process.cwd(), [
    'lint',
    '--url',
    `redis://127.0.0.1:${real.port}`,
  ])
  t.match(found, { code: 1, out: /:1:\d+: error: default is on and nopass \[nopass\]\n/ })
})

t.test('lint', async t => {
  const folder = t.testdir({
    'users.acl': USERS,
    'bad.acl': 'user default off\nuser a on nopass ~a* +get',
  })
  const reporters = ['--reporter', 'github', '--reporter', 'junit=r.xml']
  const [sound, faulty, lenient, unknown, noFile] = await aclTogether(
    folder,
    ['lint', 'users.acl'],
    ['lint', ...reporters, 'bad.acl', 'users.acl'],
    ['lint', '--fail-on', 'never', '--ignore', 'nopass', 'bad.acl'],
    ['lint', '--ignore', 'nosuch', 'bad.acl'],
    ['lint', 'none.acl'],
  )
  t.match(sound, { code: 0, out: 'Nothing found.\n' })
  t.match(faulty, {
    code: 1,
    out: /^::error file=bad\.acl,line=2,col=11,title=ACL%3A No password is needed::/,
  })
  t.match(faulty?.out, /\n::warning file=bad\.acl,line=2,col=18,title=ACL%3A A prefix/)
  const xml = fs.readFileSync(path.join(folder, 'r.xml'), 'utf8')
  t.match(
    xml,
    /<testcase name="nopass" classname="acl\.lint" time="0">\n {6}<failure message="No p/,
  )
  t.match(xml, /<testsuite name="acl lint users\.acl" tests="\d+" failures="0"/)
  t.match(lenient, { code: 0, out: /bad\.acl:2:18: warning: .*\[missing-separator\]\n/ })
  t.match(unknown, { code: 2, err: "There is no lint rule 'nosuch'" })
  t.match(noFile, { code: 2, err: 'Cannot read none.acl: No such file or directory' })
  const json = ['lint', '--fail-on', 'error', '--reporter', 'json', '-']
  const input = await acl(folder, json, 'port 0\nuser x')
  t.equal(input.code, 1)
  t.match(JSON.parse(input.out), [{ file: '-', id: 'default-undeclared', severity: 'error' }])
})

t.test('lint for code scanning', async t => {
  const folder = t.testdir({ 'my users.acl': 'user default off\nuser a on nopass ~a* +get' })
  const file = 'my users.acl'
  const [run, input] = await aclTogether(
    folder,
    ['lint', '--reporter', 'sarif=out/r.sarif', file],
    ['lint', '--reporter', 'sarif', path.join(folder, file)],
  )
  t.match(run, { code: 1, out: '' })
  const text = fs.readFileSync(path.join(folder, 'out/r.sarif'), 'utf8')
  const log = JSON.parse(text)
  t.match(log, { version: '2.1.0', $schema: /sarif-2\.1\.0\.json$/ })
  t.equal(log.runs.length, 1)
  const { tool, results } = log.runs[0]
  const ids = tool.driver.rules.map(({ id }: { id: string }) => id)
  t.equal(new Set(ids).size, ids.length)
  t.ok(
    tool.driver.rules.every(
      (rule: { shortDescription: { text: string } }) => rule.shortDescription.text,
    ),
  )
  for (const { ruleId, ruleIndex, level, message, locations } of results) {
    t.equal(ids[ruleIndex], ruleId)
    t.match(level, /^(error|warning|note)$/)
    t.not(message.text, '')
    const [{ physicalLocation }] = locations
    t.equal(physicalLocation.artifactLocation.uri, 'my%20users.acl')
    t.match(physicalLocation.region, { startLine: 2, startColumn: Number })
  }
  t.match(results, [{ ruleId: 'nopass' }, { ruleId: 'missing-separator' }])
  t.equal(results[0].locations[0].physicalLocation.region.startColumn, 11)
  t.strictSame(JSON.parse(input?.out ?? ''), log, 'an absolute name in this folder')
})

t.test('lint --fix', async t => {
  const old = `# all\nport 0\nuser default off\nuser a on >x${'y'.repeat(40)} +get  +get ~a:*\n`
  const folder = t.testdir({
    'redis.conf': old,
    'b.acl': 'user default off\nuser b on nopass +@all +@read ~*',
  })
  const file = path.join(folder, 'redis.conf')
  fs.chmodSync(file, 0o640)
  fs.symlinkSync('redis.conf', path.join(folder, 'link.conf'))
  const ignore = ['--ignore', 'plaintext-password']
  const [first, again, json, server, stdin] = await aclTogether(
    folder,
    ['lint', '--fix', ...ignore, 'link.conf'],
    ['lint', '--fix', ...ignore, 'link.conf'],
    ['lint', '--fix', '--fail-on', 'never', '--reporter', 'json', 'b.acl'],
    ['lint', '--fix', '--url', 'redis://127.0.0.1:1'],
    ['lint', '--fix', '-'],
  )
  t.match(first, {
    code: 0,
    out: /^link\.conf:4: removed \+get: .*\[useless-rule\]\nNothing found\.\n$/,
  })
  t.equal(fs.readFileSync(file, 'utf8'), old.replace('  +get ~', ' ~'))
  t.equal(fs.statSync(file).mode & 0o777, 0o640)
  t.ok(fs.lstatSync(path.join(folder, 'link.conf')).isSymbolicLink())
  t.match(again, { code: 0, out: /^Nothing found\.\n$/ })
  t.match(json?.err, /^b\.acl:2: removed \+@read: /)
  t.match(JSON.parse(json?.out ?? ''), [{ id: 'nopass' }])
  t.match([server, stdin], [{ code: 2, err: /--fix is for files/ }, { code: 2 }])
})

t.test('lint with a configuration file', async t => {
  const bad = 'user default off\nuser a on nopass ~a* +get'
  const folder = t.testdir({
    plain: { 'bad.acl': bad },
    quiet: {
      'bad.acl': bad,
      'acl-lint.json': '{ "rules": { "nopass": "off", "missing-separator": "note" } }',
    },
    'grave.json': '{ "rules": { "missing-separator": "error" } }',
    'slip.json': '{ "rules": { "nopas": "off" } }',
    'word.json': '{ "rules": { "nopass": "of" } }',
    'key.json': '{ "rule": {} }',
    'none.json': '{ "rules": ',
  })
  const [both, grave, ...wrong] = await aclTogether(
    folder,
    ['lint', 'plain/bad.acl', 'quiet/bad.acl'],
    ['lint', '--config', 'grave.json', 'quiet/bad.acl'],
    ...['slip', 'word', 'key', 'none', 'missing'].map(name => [
      'lint',
      '--config',
      `${name}.json`,
      'plain/bad.acl',
    ]),
    ['lint', '--ignore', 'nopas', 'plain/bad.acl'],
  )
  t.match(both, { code: 1, out: /\n1 error, 1 warning\.\n$/ })
  t.notMatch(both?.out, 'quiet')
  t.match(grave, { code: 1, out: /:2:18: error: (.|\n)*\n2 errors\.\n$/ })
  t.match(
    wrong.map(({ code, err }) => `${code} ${err}`),
    [
      /^2 slip\.json: there is no lint rule 'nopas'\. Did you mean 'nopass'\?/,
      /^2 word\.json: nopass is one of off, error, warning, note/,
      /^2 key\.json: there is 'rule', but only rules are known/,
      /^2 none\.json is no JSON/,
      /^2 Cannot read missing\.json/,
      /^2 There is no lint rule 'nopas'\. Did you mean 'nopass'\?/,
    ],
  )
})

t.test('lint with a baseline', async t => {
  const first = 'user default off\nuser a on nopass ~a* +get +get'
  const folder = t.testdir({
    acl: { 'a.acl': first },
    'broken.json': '{ "version": 1, "findings": [1] }',
  })
  const file = path.join(folder, 'acl/a.acl')
  const words = ['lint', '--baseline', 'acl/old.json', 'acl/a.acl']
  const [missing, lone, written, old] = await aclTogether(
    folder,
    words,
    ['lint', '--update-baseline', 'acl/a.acl'],
    [...words, '--update-baseline'],
    words,
  )
  t.match(missing, { code: 2, err: /^Cannot read acl\/old\.json/ })
  t.match(lone, { code: 2, err: /--baseline FILE/ })
  t.match(written, { code: 0, out: '' })
  t.match(old, { code: 0, out: 'Nothing new found. Old ones in the baseline: 4.\n' })
  // Lines and columns move; another user does the same, and this one does it once more.
  fs.writeFileSync(
    file,
    'user default off\n\nuser b on nopass +get ~b:*\nuser a on ~a* nopass +get +get',
  )
  const [moved, broken] = await aclTogether(
    path.join(folder, 'acl'),
    ['lint', '--baseline', 'old.json', 'a.acl'],
    ['lint', '--baseline', '../broken.json', 'a.acl'],
  )
  t.match(moved, { code: 1, out: /^a\.acl:3:11: error: .*\[nopass\]/ })
  t.match(moved?.out, /\n1 error\. Old ones in the baseline: 4\.\n$/)
  t.match(broken, { code: 2, err: /^\.\.\/broken\.json is no baseline: a finding has file, id/ })
})

t.test('test', async t => {
  const folder = t.testdir({
    'users.acl': USERS,
    'other.acl': 'user app on ~* +@all',
    tests: {
      'good.acltest': 'policy ../users.acl\napp allow GET cfg:1\napp deny:key SET cfg:1 x\n',
      'bad.acltest': 'policy ../users.acl\napp allow GET other\napp deny GET app:1\n',
      'broken.acltest': 'app maybe GET x\n',
    },
  })
  const bad = await acl(folder, ['test', '--reporter', 'tap', 'tests/bad.acltest'])
  t.equal(bad.code, 1)
  t.match(bad.out, /^TAP version 14\n1\.\.2\nnot ok 1 - app allow GET other\n {2}---\n/)
  t.match(bad.out, /needs the right to read; no key pattern fits/)
  t.match(bad.out, /\nnot ok 2 - app deny GET app:1\n {2}---\n {2}message: "allowed"\n/)
  const [good, again, broken, other] = await aclTogether(
    folder,
    ['test', 'tests/good.acltest'],
    ['test', '--reporter', 'junit=r.xml', '--reporter', 'github', 'tests/bad.acltest'],
    ['test', 'tests/broken.acltest'],
    ['test', '--file', 'other.acl', 'tests/good.acltest'],
  )
  t.match(good, { code: 0, out: /^ok {4}app allow GET cfg:1\n.*\n2 of 2 passed\.\n$/ })
  t.match(again, {
    code: 1,
    out: /^::error file=tests\/bad\.acltest,line=2,title=ACL%3A app allow GET other::DENIED/,
  })
  t.match(fs.readFileSync(path.join(folder, 'r.xml'), 'utf8'), /tests="2" failures="2"/)
  t.match(broken, { code: 2, err: /^tests\/broken\.acltest:1: 'maybe' is none of allow, deny/ })
  t.match(other, { code: 1, out: /FAIL {2}app deny:key SET cfg:1 x\n/ })
})

t.test('matrix and diff', async t => {
  const folder = t.testdir({
    'users.acl': USERS,
    'new.acl': USERS.replace('+set (', '+del ~*:x ('),
    'blocking.acl': 'user default off\nuser a on +@blocking',
  })
  const diff = await acl(folder, ['diff', 'users.acl', 'new.acl'])
  t.equal(diff.code, 1)
  t.equal(
    diff.out,
    [
      'app: changed',
      '  + command    del',
      '  - command    set',
      '  + read key   *:x',
      '  + write key  *:x',
      '',
    ].join('\n'),
  )
  const [matrix, same, versions, unknown, help] = await aclTogether(
    folder,
    ['matrix', '--format', 'text', '--format', 'html=m.html', 'users.acl'],
    ['diff', '--json', 'users.acl', 'users.acl'],
    ['diff', '--from', '7.0', 'blocking.acl'],
    ['nosuch'],
    ['diff', '--help'],
  )
  t.match(matrix, {
    code: 0,
    out: /^category +app +default \(off\)\n@all +3\/\d+ \(root\+1\) +-\n/,
  })
  t.match(fs.readFileSync(path.join(folder, 'm.html'), 'utf8'), /^<!doctype html>/)
  t.match(same, { code: 0, out: '[]\n' })
  t.match(versions, { code: 1, out: 'a: changed\n  + command    wait waitaof\n' })
  t.match(unknown, { code: 2, err: /^There is no 'acl nosuch'\. There are: explain, lint, test/ })
  t.match(help, { code: 0, out: /^Usage: redis-tls-mock acl diff / })
})

t.test('diff by categories, and for pull requests', async t => {
  const folder = t.testdir({
    'old.acl': 'user default off\nuser gone on +get',
    'new.acl': 'user default off\nuser boss on ~* +@all\nuser app on ~`|<b>* (~q +@read -keys)',
  })
  const both = ['old.acl', 'new.acl']
  const [short, long, table, json, github] = await aclTogether(
    folder,
    ['diff', ...both],
    ['diff', '--verbose', ...both],
    ['diff', '--reporter', 'markdown', '--reporter', 'json=d.json', ...both],
    ['diff', '--json', ...both],
    ['diff', '--reporter', 'github', ...both],
  )
  t.match(short, {
    code: 1,
    out: /^boss: added\n {2}\+ login {6}on\n {2}\+ command {4}every command \(360\)\n/m,
  })
  t.match(short?.out, '  + command    @read but keys (90)  (selector 1, added)\n')
  t.match(short?.out, 'gone: removed\n  - login      on\n  - command    get\n')
  t.match(long?.out, /\bappend\b/)
  t.notMatch(long?.out, 'every command')
  t.match(table?.out, /^Users: 2 added, 1 removed\.\n\n\| user \| \| what \| which \|\n\|---/)
  t.match(table?.out, '| boss, added | **gained** | command | every command (360) |\n')
  t.match(table?.out, '| app, added | **gained** | read key | &#96;&#124;&#60;b&#62;&#42; |\n')
  t.equal(fs.readFileSync(path.join(folder, 'd.json'), 'utf8'), json?.out)
  t.equal(JSON.parse(json?.out ?? '')[1].selectors[0].commands.gained.length, 360)
  t.match(
    github?.out,
    /^::warning file=new\.acl,line=3,col=6,title=ACL%3A app added::\+ login: on%0A/,
  )
  t.match(github?.out, /\n::notice file=old\.acl,line=2,col=6,title=ACL%3A gone removed::/)
})
