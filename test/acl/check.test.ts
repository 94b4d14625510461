// Verdicts: rules and a request in, the denial or none out, with the sentences clients see.

import t, { type Test } from 'tap'
import { check, type Denial, isUnrestricted, mayReadEveryKey } from '../../src/acl/check.ts'
import { dryrunText, execText, noPermission, scriptText } from '../../src/acl/explain.ts'
import type { User } from '../../src/acl/user.ts'
import { Users } from '../../src/acl/users.ts'
import { catalog, command, request } from './catalog.ts'

function userWith(rules: string): User {
  const { change, failure } = new Users(catalog).setuser('u', rules.split(' '))
  if (change === undefined) throw new Error(failure.text)
  return change.user
}

/** 'ok', or the denial as 'reason position object'. */
function verdict(rules: string, line: string): string {
  const denial = check(userWith(rules), request(...line.split(' ')))
  return denial === undefined ? 'ok' : `${denial.reason} ${denial.position} ${denial.object}`
}

type Case = [rules: string, line: string, verdict: string]

function run(t: Test, cases: readonly Case[]): void {
  for (const [rules, line, expected] of cases) {
    t.equal(verdict(rules, line), expected, `${rules} | ${line}`)
  }
}

t.test('commands', async t => {
  run(t, [
    ['~* -@all', 'get k', 'command 0 get'],
    ['~* +get', 'get k', 'ok'],
    ['~* +@all -get', 'get k', 'command 0 get'],
    ['~* +@all -get', 'set k v', 'ok'],
    ['~* +@read -keys', 'get k', 'ok'],
    ['~* +@read -keys', 'keys *', 'command 0 keys'],
    ['~* +@all -@string', 'mget k', 'command 0 mget'],
    ['-@all', 'auth pw', 'ok'],
    ['+@all -@connection', 'quit', 'ok'],
    ['+config', 'config|get x', 'ok'],
    ['+config -config|set', 'config|set x', 'command 0 config|set'],
    ['+config -config|set', 'config|get x', 'ok'],
    ['+config|get', 'config|get x', 'ok'],
    ['+config|get', 'config|set x', 'command 0 config|set'],
    ['+config|get -config', 'config|get x', 'command 0 config|get'],
    // A container in a category takes its subcommands along, whatever they are in.
    ['+@all -@slow', 'client|id', 'command 0 client|id'],
    ['+@all -@admin', 'config|get x', 'command 0 config|get'],
    ['+@all -@admin', 'acl|whoami', 'ok'],
  ])
})

t.test('first arguments', async t => {
  run(t, [
    ['+select|0', 'select 0', 'ok'],
    ['+select|0', 'select 1', 'command 0 select'],
    ['+select|0', 'select', 'command 0 select'],
    ['+echo|Foo', 'echo fOO', 'ok'],
    ['+echo|foo +echo|bar', 'echo bar', 'ok'],
    ['+echo|foo -echo', 'echo foo', 'command 0 echo'],
    ['+echo|foo -@connection', 'echo foo', 'command 0 echo'],
    ['+echo|foo -@all', 'echo foo', 'command 0 echo'],
    ['+echo|foo +echo', 'echo bar', 'ok'],
  ])
})

t.test('keys', async t => {
  run(t, [
    ['+@all ~a*', 'get abc', 'ok'],
    ['+@all ~a*', 'get b', 'key 1 b'],
    ['+@all', 'get b', 'key 1 b'],
    ['+@all ~a ~b', 'mget a b', 'ok'],
    ['+@all ~a ~b', 'mget a c b d', 'key 2 c'],
    ['+@all %R~a', 'get a', 'ok'],
    ['+@all %R~a', 'set a v', 'key 1 a'],
    ['+@all %W~a', 'set a v', 'ok'],
    ['+@all %W~a', 'get a', 'key 1 a'],
    ['+@all %W~a', 'exists a', 'ok'],
    ['+@all %R~a', 'exists a b', 'key 2 b'],
    // All rights needed must come from one pattern, unless they were given to the same one.
    ['+@all %R~a* %W~*b', 'getset ab v', 'key 1 ab'],
    ['+@all %R~ab %W~ab', 'getset ab v', 'ok'],
    ['+@all %R~a %W~b', 'rename a b', 'key 1 a'],
    ['+@all ~a %W~b', 'rename a b', 'ok'],
    ['+@all %RW', 'get k', 'key 1 k'],
  ])
})

t.test('channels', async t => {
  run(t, [
    ['+@all ~*', 'publish ch m', 'channel 1 ch'],
    ['+@all &ch*', 'publish ch1 m', 'ok'],
    ['+@all &ch*', 'subscribe ch1 x', 'channel 2 x'],
    ['+@all &ch*', 'psubscribe ch*', 'ok'],
    ['+@all &ch*', 'psubscribe ch1', 'channel 1 ch1'],
    ['+@all &*', 'psubscribe x*', 'ok'],
  ])
})

t.test('selectors are alternatives that never add up', async t => {
  run(t, [
    ['+get ~a (+set ~b)', 'get a', 'ok'],
    ['+get ~a (+set ~b)', 'set b v', 'ok'],
    ['+get ~a (+set ~b)', 'set a v', 'key 1 a'],
    ['+mget ~a (+mget ~b)', 'mget a b', 'key 2 b'],
    ['(+@all ~* &*)', 'get a', 'ok'],
    ['(+@all ~* &*) clearselectors', 'get a', 'command 0 get'],
  ])
})

t.test('of several denials the one that came furthest is reported', async t => {
  run(t, [
    ['-@all (+get ~b)', 'get a', 'key 1 a'],
    ['+mget ~a (+mget ~a ~b) (+mget ~c)', 'mget a b x', 'key 3 x'],
    ['(+mget ~a ~b) +mget ~a', 'mget a b x', 'key 3 x'],
    ['~* (+publish &x) (-@all)', 'publish ch m', 'channel 1 ch'],
  ])
})

t.test('a refused change grants nothing, an accepted one keeps what was granted', async t => {
  const users = new Users(catalog)
  users.setuser('u', ['~*', '+select|0'])
  const user = users.get('u') as User
  t.ok(users.setuser('u', ['+set', '+echo|a', 'bogus']).failure)
  t.equal(check(user, request('set', 'k', 'v'))?.reason, 'command')
  t.equal(check(user, request('echo', 'a'))?.reason, 'command')
  users.setuser('u', ['+get'])
  t.equal(check(user, request('select', '0')), undefined)
  t.equal(check(user, request('get', 'k')), undefined)
})

t.test('who may do everything is asked nothing', async t => {
  const fail = (): never => {
    throw new Error('Not needed for this user')
  }
  const user = userWith('allkeys allchannels allcommands')
  t.equal(isUnrestricted(user), true)
  t.equal(
    check(user, {
      command: command('get'),
      firstArg: fail,
      keys: fail,
      channels: fail,
      refusedKey: fail,
    }),
    undefined,
  )
  t.equal(isUnrestricted(userWith('allkeys allchannels allcommands -get')), false)
})

t.test('what is allowed costs no list of keys, in whichever selector', async t => {
  const asked = request('get', 'c')
  asked.keys = () => {
    throw new Error('Not needed for a verdict')
  }
  t.equal(check(userWith('+@all ~a (+@all ~b) (+@all ~c)'), asked), undefined)
  t.throws(() => check(userWith('+@all ~a'), asked), 'only a denial names the key')
})

t.test('a change of patterns counts at once, for the user and not for copies', async t => {
  const users = new Users(catalog)
  const get = request('get', 'app:1')
  const allows = (name: string): boolean => check(users.get(name)!, get) === undefined
  users.setuser('u', ['+get', '~app:*'])
  t.equal(allows('u'), true)
  for (const [rules, expected] of [
    ['resetkeys', false],
    ['~app:1', true],
    ['reset +get %W~app:1', false],
    ['%R~app:1', true],
    ['resetkeys ~ap', false],
    ['~a*:1', true],
    ['resetkeys ~*', true],
    ['resetkeys ~b', false],
    ['(+get ~app:?)', true],
    ['clearselectors', false],
  ] as const) {
    users.setuser('u', rules.split(' '))
    t.equal(allows('u'), expected, rules)
  }
  users.setuser('u', ['~app:*'])
  t.equal(allows('u'), true)
  t.ok(users.setuser('u', ['resetkeys', 'bogus']).failure)
  t.equal(allows('u'), true, 'a change that was refused')
})

t.test('alternatives do not add up', async t => {
  const rules = '+get ~a &c (+set +psubscribe %R~b +select|0)'
  run(t, [
    [rules, 'get a', 'ok'],
    [rules, 'get b', 'key 1 b'],
    [rules, 'set b v', 'key 1 b'],
    [rules, 'mget a', 'command 0 mget'],
    [rules, 'select 0', 'ok'],
    [rules, 'select 1', 'command 0 select'],
    [rules, 'psubscribe c', 'channel 1 c'],
  ])
})

t.test('SORT with BY or GET needs every key in a selector that allows it', async t => {
  const sort = request('sort', 'list')
  const cases: [rules: string, expected: boolean][] = [
    ['+@all ~* &*', true],
    ['+sort ~*', true],
    ['+sort %R~*', true],
    ['+sort %RW~*', true],
    ['+sort %W~* ~list', false],
    ['+sort ~list', false],
    ['+sort %R~**', false],
    ['+get ~* (+sort ~list)', false],
    ['+get ~list (+sort %R~*)', true],
  ]
  for (const [rules, expected] of cases) {
    t.equal(mayReadEveryKey(userWith(rules), sort), expected, rules)
  }
})

t.test('denials in words', async t => {
  const cmd: Denial = { reason: 'command', position: 0, object: 'config|set' }
  const key: Denial = { reason: 'key', position: 1, object: 'k' }
  const channel: Denial = { reason: 'channel', position: 1, object: 'c' }
  const run = "User al has no permissions to run the 'config|set' command"
  t.equal(noPermission('al', cmd), `NOPERM ${run}`)
  t.equal(noPermission('al', key), 'NOPERM No permissions to access a key')
  t.equal(noPermission('al', channel), 'NOPERM No permissions to access a channel')
  t.equal(dryrunText('al', cmd), run)
  t.equal(dryrunText('al', key), "User al has no permissions to access the 'k' key")
  t.equal(dryrunText('al', channel), "User al has no permissions to access the 'c' channel")
  t.equal(scriptText('al', cmd), `ACL failure in script: ${run}`)
  t.equal(scriptText('al', key), 'ACL failure in script: No permissions to access a key')
  const exec =
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
    'call. This command is no longer allowed for the following reason: '
  t.equal(execText(cmd), `${exec}no permission to execute the command or subcommand`)
  t.equal(execText(key), `${exec}no permission to touch the specified keys`)
  t.equal(execText(channel), `${exec}no permission to access one of the channels used as arguments`)
})
