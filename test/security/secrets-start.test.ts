// No error at start shows a password, and neither does what the tools say of URLs: also of those
// that are none, which is when they are shown.

import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { startRedis } from '../../src/index.ts'
import { readRedisUrl } from '../../src/tools/connection.ts'
import { shownUrl } from '../../src/util/secret-text.ts'
import { cli, startRunner } from '../helpers/cli.ts'

const SECRET = /zebra/
const HASH = 'zebra'.padEnd(64, '0')

t.setTimeout(120_000)

const { run, stop } = startRunner()
t.teardown(stop)

t.test('an error of startRedis() names the rule that is wrong', async t => {
  for (const [rules, shown] of [
    ['>zebra on oops', "'oops'"],
    ['>zebra >zebra2 ~* +@all oops', "'oops'"],
    ['on >zebra (~a', "'(~a'"],
    ['on (~a >zebra)', "'(~a >(password))'"],
    [`on #${HASH}0`, "'#(password)'"],
    ['on <zebra', "'<(password)'"],
    ['on >my zebra', "'(password)'"],
    ['on >zebra +nosuch', "'+nosuch'"],
  ] as const) {
    const options = { tls: false, users: { ann: rules } } as const
    for (const starting of [startRedis(options), startRedis({ ...options, thread: true })]) {
      const error: unknown = await starting.catch(caught => caught)
      t.match(error, { message: new RegExp(shown.replaceAll(/[()+]/g, '\\$&')) })
      t.notMatch(inspect(error), SECRET)
    }
  }
  const wrong = {
    tls: false,
    requirepass: 'zebra',
    config: { masterauth: ['zebra', 'two'] },
  } as const
  t.notMatch(inspect(await startRedis(wrong).catch(error => error)), SECRET)
})

t.test('nor does the program show any, of its options, of redis.conf and of ACL files', async t => {
  const folder = t.testdir({
    'user.conf': 'user ann >zebra on oops\n',
    'auth.conf': 'masterauth "zebra two\n',
    'slip.conf': 'requirepas zebra\n',
    'many.conf': 'requirepass zebra two\n',
    'sentinel.conf': 'sentinel auth-pass mymaster zebra\n',
    'users.acl': `user ann on >zebra +nosuch\nuser bob >my zebra\nuser carl (~a >zebra\n`,
    'hash.acl': `user ann on #${HASH}0\n`,
  })
  const at = (name: string): string => path.join(folder, name)
  for (const [words, said] of [
    [
      [at('user.conf')],
      '>>> \'user "ann" ">(password)" "on" "oops"\'\nError in user declaration \'oops',
    ],
    [[at('auth.conf')], ">>> 'masterauth (redacted)'\nUnbalanced quotes"],
    [[at('slip.conf')], ">>> 'requirepas (redacted)'\nBad directive"],
    [[at('many.conf')], ">>> 'requirepass (redacted)'\n"],
    [[at('sentinel.conf')], '(redacted)'],
    [['--user', 'ann', 'on', '>zebra', 'oops'], 'Error in user declaration'],
    [['--masterauth', 'zebra', 'two'], '(redacted)'],
    [['--port', '0', '--aclfile', at('users.acl')], '+nosuch'],
    [['--port', '0', '--aclfile', at('hash.acl')], 'password hash must be'],
  ] as const) {
    const { status, stdout, stderr } = await cli(words)
    t.equal(status, 1, words.join(' ').replace(SECRET, '…'))
    t.ok((stdout + stderr).includes(said), said)
    t.notMatch(stdout + stderr, SECRET)
  }
})

/** None of them can be used, and each says why. */
const BAD_URLS: readonly string[] = [
  'rediss://ann:zebra@127.0.0.1:1',
  'redis://:zebra@127.0.0.1:1/3',
  'redis://ann:z%65bra@127.0.0.1:1',
  'redis://ann:zebra@127.0.0.1:port',
  'redis://ann:zebra@',
  'redis://ann:zebra',
  'redis://ann:zebra%40127.0.0.1',
  'redis://ann:ze%zebra@127.0.0.1:1',
  'redis://ann:x/zebra@127.0.0.1:1',
  'redis://ann:12/zebra@127.0.0.1:1',
  'redis://ann:1?zebra@127.0.0.1:1',
  'redis://zebra#x@127.0.0.1:1',
  'redis://127.0.0.1:1?password=zebra&port=x',
  'redis:/ann:zebra@127.0.0.1',
  'redis:ann:zebra@127.0.0.1',
  'ann:zebra@127.0.0.1:1',
  'http://ann:zebra@127.0.0.1:1',
  'redis:///ann:zebra@127.0.0.1',
  'redis://ann:zebra @127.0.0.1:1',
]

t.test('no tool shows the password of a URL, whatever is wrong with it', async t => {
  const file = path.join(t.testdir({ 'a.acl': 'user default on nopass +@all' }), 'a.acl')
  for (const url of BAD_URLS) {
    for (const words of [
      ['acl', 'lint', '--url', url],
      ['acl', 'matrix', '--url', url],
      ['acl', 'diff', file, '--url', url],
      ['acl', 'explain', '--url', url, '--', 'GET', 'a'],
      ['acl', 'test', '--url', url, file],
      ['acl', 'learn', '--monitor', url],
      ['tls', 'explain', '--timeout', '1', url],
    ]) {
      const { said, code } = await run(...words)
      t.not(code, 0)
      t.not(said.length, 0)
      t.notMatch(decodeURIComponent(String(said).replaceAll(/%(?![0-9a-f]{2})/gi, '')), SECRET)
    }
  }
})

t.test('nor a server that quotes what it was sent', async t => {
  const quoting = net.createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', data =>
      socket.write(`-ERR what is ${data.toString().replace(/\r\n/g, ' ')}\r\n`),
    )
  })
  await new Promise<void>(resolve => quoting.listen(0, '127.0.0.1', resolve))
  t.teardown(() => quoting.close())
  const { port } = quoting.address() as net.AddressInfo
  const { said } = await run('acl', 'lint', '--url', `redis://ann:zebra@127.0.0.1:${port}`)
  t.match(String(said), /what is .*AUTH/)
  t.notMatch(String(said), SECRET)
})

t.test('reports name the server, without its password', async t => {
  const redis = await startRedis({ tls: false, requirepass: 'zebra' })
  t.teardown(() => redis.close())
  const url = `redis://default:zebra@127.0.0.1:${redis.port}`
  for (const form of ['text', 'json', 'github', 'junit']) {
    const { said } = await run('acl', 'lint', '--level', 'note', '--reporter', form, '--url', url)
    t.match(String(said), form === 'github' ? '127.0.0.1%3A' : `redis://…@127.0.0.1:${redis.port}`)
    t.notMatch(String(said), SECRET)
  }
  const table = path.join(t.testdir(), 'secret.acltest')
  fs.writeFileSync(table, 'default allow GET a\ndefault deny PING\n')
  const { said } = await run('acl', 'test', '--url', url, table)
  t.match(String(said), '127.0.0.1')
  t.notMatch(String(said), SECRET)
  fs.writeFileSync(table, 'default allow AUTH ann zebra\ndefault deny HELLO 3 AUTH ann zebra\n')
  for (const form of ['text', 'tap', 'json', 'github', 'junit']) {
    const report = String((await run('acl', 'test', '--reporter', form, '--url', url, table)).said)
    t.match(report, /HELLO/)
    t.notMatch(report, SECRET, form)
  }
})

t.test('what is shown of a URL', async t => {
  t.equal(shownUrl('rediss://ann:pw@redis.test:6380/3'), 'rediss://…@redis.test:6380/3')
  t.equal(shownUrl('redis://[::1]:6379'), 'redis://[::1]:6379')
  t.equal(shownUrl('redis://redis.test'), 'redis://redis.test')
  t.equal(readRedisUrl('redis://ann:a%2Fb%40c@h/1').password, 'a/b@c')
})
