// `acl learn` and `acl repl` as people run them: a program that is watched, lines of MONITOR, lines
// from a pipe.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { PROGRAM } from '../helpers/typescript.ts'

const EXAMPLES = path.join(import.meta.dirname, '../examples/acl')

function cli(words: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) {
  const args = [...PROGRAM, 'acl', ...words]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return { status, stdout, stderr }
}

t.test('learn runs a program and writes the rules of each user as an ACL file', async t => {
  const file = path.join(t.testdir(), 'users.acl')
  const { status, stdout } = cli([
    'learn',
    '--out',
    file,
    '--',
    process.execPath,
    path.join(EXAMPLES, 'shop.mjs'),
  ])
  t.equal(status, 0)
  t.match(stdout, 'The program ran twice, and once more with these rules: nothing was denied.')
  t.match(stdout, /~cache:product:\* +\d+ calls +cache:product:1, cache:product:17; GET, SETEX/)
  const text = fs.readFileSync(file, 'utf8')
  t.match(text, /^user default off$/m)
  t.match(text, /^user stock on resetchannels ~stock:\* &orders \+client\|setinfo \+decr/m)
  t.notMatch(text + stdout, /shelves/, 'no password')
})

/** Names its key otherwise at each start, with the word that is given at the end. */
const ONCE_ONLY = `
const client = require('node:net').connect(process.env.REDIS_PORT)
const word = Math.random().toString(36).slice(2, 8) + Math.floor(Math.random() * 10) + 'x1'
client.write('AUTH app x\\r\\nSET ' + process.argv[1].replace('ID', word) + ' 1\\r\\nQUIT\\r\\n')
client.resume()`

t.test('what is named otherwise at each start is a pattern, or is told', async t => {
  const learnt = (key: string) =>
    cli(['learn', '--no-tls', '--', process.execPath, '-e', ONCE_ONLY, key])
  const found = learnt('lock-ID:held')
  t.match(found.stdout, /^user app on resetchannels %W~lock-\*:held \+set$/m)
  t.equal(found.status, 0)
  const denied = learnt('ID:held')
  t.match(denied.stdout, /A run with these rules was denied .*\n {2}SET \w+:held: NOPERM/)
  t.equal(denied.status, 1)
})

t.test('a program that fails is an exit code of 1, one that is not there of 2', async t => {
  t.equal(cli(['learn', '--', process.execPath, '-e', 'process.exit(3)']).status, 1)
  t.equal(cli(['learn', '--', './no-such-program']).status, 2)
  t.equal(cli(['learn', '--', process.execPath, '-e', '0']).status, 2, 'nothing was recorded')
})

t.test('learn reads lines of MONITOR, also those of scripts', async t => {
  const lines = [
    'OK',
    '1700000000.000001 [0 127.0.0.1:5000] "GET" "user:1"',
    '1700000000.000002 [0 [::1]:5000] "get" "user:2"',
    '1700000000.000003 [0 127.0.0.1:5000] "EVAL" "..." "1" "n\\xc3\\xa4h[1]"',
    '1700000000.000004 [0 lua] "INCR" "n\\xc3\\xa4h[1]"',
    '',
  ]
  const { status, stdout } = cli(
    ['learn', '--user', 'app', '--monitor', '-', '--reporter', 'acl'],
    lines.join('\n'),
  )
  t.equal(status, 0)
  t.equal(
    stdout,
    'user default off\n' + 'user app on resetchannels %R~user:* ~näh\\[1] +eval +get +incr\n',
  )
})

t.test('repl judges commands as a user, grades exercises and keeps the progress', async t => {
  const state = t.testdir({ 'redis-tls-mock': { progress: 'copy\n' } })
  const lines = [
    'ACL SETUSER alice on >pw %R~app:* +get +set',
    '\\as alice',
    'GET app:1',
    'SET app:1 x',
    '\\exercise reader',
    '\\hint',
    '\\check',
    'ACL SETUSER reader ~cache:* +get +mget',
    '\\check',
    '\\exercises',
  ]
  const env = { XDG_STATE_HOME: state }
  const { status, stdout } = cli(['repl'], `${lines.join('\n')}\n`, env)
  t.equal(status, 0)
  t.match(stdout, /^allowed by \+get %R~app:\*$/m)
  t.match(stdout, /^DENIED {2}User alice has no permissions to access the 'app:1' key$/m)
  t.match(stdout, /^ +it lacks %W~app:1$/m)
  t.match(stdout, /^Hint 1 of 3/m)
  t.match(stdout, /There is no user reader\nNot yet\.\n/)
  t.match(stdout, /^Solved\. 2 of 13 are\.$/m)
  const file = path.join(state, 'redis-tls-mock/progress')
  t.equal(fs.readFileSync(file, 'utf8'), 'copy\nreader\n')
  t.equal(fs.statSync(file).mode & 0o777, 0o600)
  t.match(stdout, /^solved {2}1 {2}reader.*\n +2.*\nsolved {2}3 {2}copy/m)
})
