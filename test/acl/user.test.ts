// Users: creation, description, passwords, ACL files, and what a change means for subscribers.

import { createHash } from 'node:crypto'
import t from 'tap'
import { GENPASS_RANGE, generatePassword, hashPassword } from '../../src/acl/password.ts'
import { confLineError, readUserLine } from '../../src/acl/user-line.ts'
import { type UserChange, Users } from '../../src/acl/users.ts'
import { catalog } from './catalog.ts'

function usersWith(...lines: readonly string[]): Users {
  const users = new Users(catalog)
  for (const line of lines) set(users, line)
  return users
}

function set(users: Users, line: string): UserChange {
  const [name = '', ...words] = line.split(' ')
  const { change, failure } = users.setuser(name, words)
  if (change === undefined) throw new Error(failure.text)
  return change
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

const DEFAULT_LINE = 'user default on nopass sanitize-payload ~* &* +@all'

t.test('the default user exists and may do everything', async t => {
  const users = new Users(catalog)
  t.same(
    users.list().map(user => users.describe(user)),
    [DEFAULT_LINE],
  )
  t.equal(users.default, users.get('default'))
  t.equal(users.delete('default'), undefined)
  t.equal(users.size, 1)
})

t.test('users are listed bytewise by name', async t => {
  const users = usersWith('b', 'a', 'B', '\xff', '__proto__')
  t.same(
    users.list().map(user => user.name),
    ['B', '__proto__', 'a', 'b', 'default', '\xff'],
  )
  t.equal(users.delete('a')?.name, 'a')
  t.equal(users.get('a'), undefined)
  t.equal(users.delete('a'), undefined)
  t.equal(users.get('constructor'), undefined)
})

t.test('names with blanks or NULs are refused', async t => {
  const users = new Users(catalog)
  for (const name of ['a b', 'a\0', 'a\n', '\t']) {
    t.equal(
      users.setuser(name, []).failure?.text,
      "Usernames can't contain spaces or null characters",
    )
  }
  t.equal(users.size, 1)
})

t.test('describes a user as ACL GETUSER does', async t => {
  const users = usersWith('u on >pw ~a %R~b &ch +@all -config (~c -@all +get) (&*)')
  t.same(users.get('u')?.describe(), {
    flags: ['on', 'sanitize-payload'],
    passwords: [sha256('pw')],
    commands: '+@all -config',
    keys: '~a %R~b',
    channels: '&ch',
    selectors: [
      { commands: '-@all +get', keys: '~c', channels: '' },
      { commands: '-@all', keys: '', channels: '&*' },
    ],
  })
})

t.test('acl-pubsub-default counts for new users, new selectors and reset', async t => {
  const users = usersWith('before')
  users.allChannelsByDefault = true
  set(users, 'after (+get)')
  t.equal(users.get('before')?.text, 'off sanitize-payload resetchannels -@all')
  t.equal(users.get('after')?.text, 'off sanitize-payload &* -@all (&* -@all +get)')
  set(users, 'before reset')
  t.equal(users.get('before')?.text, 'off sanitize-payload &* -@all')
})

t.test('reset makes a user new', async t => {
  const users = usersWith('u on nopass skip-sanitize-payload allkeys &* +@all (~a)')
  set(users, 'u reset')
  t.equal(users.get('u')?.text, 'off sanitize-payload resetchannels -@all')
  set(users, 'u >pw on')
  set(users, 'u reset')
  t.equal(users.get('u')?.text, 'off sanitize-payload resetchannels -@all')
})

t.test('passwords are added once, removed, and replaced by nopass', async t => {
  const users = usersWith(`u >a >b >a #${sha256('c')} <b`)
  const user = users.get('u')
  t.same(user?.passwordHashes, [sha256('a'), sha256('c')])
  set(users, `u !${sha256('c')}`)
  t.same(user?.passwordHashes, [sha256('a')])
  set(users, 'u nopass')
  t.equal(user?.nopass, true)
  t.same(user?.passwordHashes, [])
  set(users, 'u >d')
  t.equal(user?.nopass, false)
  set(users, 'u resetpass')
  t.same(user?.passwordHashes, [])
  t.equal(users.authenticate('u', ''), undefined)
})

t.test('authentication', async t => {
  const users = usersWith('u on >one >\xff\x00', 'off >one', 'any on nopass', 'none on')
  t.equal(users.authenticate('u', 'one'), users.get('u'))
  t.equal(users.authenticate('u', '\xff\x00'), users.get('u'))
  t.equal(users.authenticate('u', 'two'), undefined)
  t.equal(users.authenticate('u', '\xff'), undefined)
  t.equal(users.authenticate('off', 'one'), undefined)
  t.equal(users.authenticate('any', 'whatever'), users.get('any'))
  t.equal(users.authenticate('none', ''), undefined)
  t.equal(users.authenticate('nobody', 'one'), undefined)
  t.equal(hashPassword('\xff\x00'), sha256('\xff\x00'))
})

t.test('requirepass sets or clears the password of the default user', async t => {
  const users = new Users(catalog)
  users.setDefaultPassword('secret')
  t.equal(users.authenticate('default', 'secret'), users.default)
  t.equal(users.authenticate('default', 'other'), undefined)
  users.setDefaultPassword('next')
  t.same(users.default.passwordHashes, [sha256('next')])
  users.setDefaultPassword('')
  t.equal(users.describe(users.default), DEFAULT_LINE)
})

t.test('generated passwords have four bits a character', async t => {
  const bytes = (count: number): Uint8Array => new Uint8Array(count).fill(0xa5)
  t.equal(generatePassword(bytes), 'a5'.repeat(32))
  t.equal(generatePassword(bytes, 1), 'a')
  t.equal(generatePassword(bytes, 9), 'a5a')
  t.equal(generatePassword(bytes, 4096)?.length, 1024)
  for (const bits of [0, -1, 4097, Number.NaN]) {
    t.equal(generatePassword(bytes, bits), undefined)
  }
  t.match(GENPASS_RANGE, /a positive number up to 4096$/)
})

t.test('setuser keeps the object and says what it did', async t => {
  const users = new Users(catalog)
  const created = set(users, 'u on')
  t.equal(created.kind, 'created')
  const changed = set(users, 'u +get')
  t.equal(changed.kind, 'changed')
  t.equal(changed.user, created.user)
  t.equal(users.get('u'), created.user)
})

t.test('a copied user shares nothing that changes', async t => {
  const users = usersWith('u ~a &c +get >pw (~b +get)')
  const user = users.get('u')
  const copy = user?.copy(users)
  for (const rule of ['+select|0', '+set', '~z', '&z', '>q', 'clearselectors']) {
    t.equal(copy?.apply(rule, users), undefined)
  }
  t.equal(
    user?.text,
    `off sanitize-payload #${sha256('pw')} ~a resetchannels &c -@all +get ` +
      '(~b resetchannels -@all +get)',
  )
})

t.test('which subscriptions survive a change', async t => {
  const cases: [
    before: string,
    change: string,
    channels: string[],
    patterns: string[],
    ok: boolean,
  ][] = [
    ['&*', 'resetchannels &a*', ['abc'], [], true],
    ['&*', 'resetchannels &a*', ['abc', 'b'], [], false],
    ['&*', 'resetchannels &a*', [], ['a*'], true],
    ['&*', 'resetchannels &a*', [], ['ab*'], false],
    ['&a', 'resetchannels', ['a'], [], false],
    ['&a', 'resetchannels', [], [], true],
    ['&a', 'allchannels', ['z'], ['z*'], true],
    ['&a', 'resetchannels (&a)', ['a'], [], true],
    ['(&a)', 'clearselectors', ['a'], [], false],
    ['&a', '&b', ['a', 'b'], [], true],
    // Subscribed as another user: looked at only if this one had channels.
    ['&a', '+get', ['z'], [], false],
    ['', '+get', ['z'], [], true],
  ]
  for (const [before, change, channels, patterns, ok] of cases) {
    const users = usersWith(`u on nopass ${before}`)
    const { stillCovers, mayHaveLostChannels } = set(users, `u ${change}`)
    t.equal(stillCovers(channels, patterns), ok, `${before} then ${change}`)
    if (!ok) t.ok(mayHaveLostChannels)
  }
})

t.test('a saved file loads to the same users', async t => {
  const users = usersWith(
    'u on >pw ~a %R~b &ch +@all -config +config|get (~c -@all +get) (allkeys)',
    'v off nopass skip-sanitize-payload +select|0 -@dangerous',
    '\xff on',
  )
  const text = users.save()
  t.match(text, /^user default .*\nuser u .*\nuser v .*\nuser \xff on .*\n$/)
  const others = new Users(catalog)
  t.equal(others.load(text, 'f').error, undefined)
  t.equal(others.save(), text)
})

t.test('loading replaces the set and keeps the users that stay', async t => {
  const users = usersWith('stays on &a ~old', 'goes on')
  const stays = users.get('stays')
  const goes = users.get('goes')
  const text = '\n  user stays on &b ~new  \r\n\t\nuser comes on\n'
  const { changes = [] } = users.load(text, 'f')
  t.equal(users.get('stays'), stays)
  t.equal(stays?.text, 'on sanitize-payload ~new resetchannels &b -@all')
  t.same(
    new Map(changes.map(({ user, kind }) => [user.name, kind])),
    new Map([
      ['stays', 'changed'],
      ['comes', 'created'],
      ['default', 'changed'],
      ['goes', 'removed'],
    ]),
  )
  const change = (name: string): UserChange | undefined => changes.find(c => c.user.name === name)
  t.equal(change('goes')?.user, goes)
  t.equal(change('goes')?.stillCovers([], []), false)
  t.equal(change('stays')?.stillCovers(['b'], []), true)
  t.equal(change('stays')?.stillCovers(['a'], []), false)
})

t.test('loading gives the default user back, or changes it in place', async t => {
  const users = new Users(catalog)
  const user = users.default
  const { changes = [] } = users.load('user default on >pw &x', 'f')
  t.equal(users.default, user)
  t.equal(user.nopass, false)
  // As in Redis 7.4, whose comparison comes too late for this user.
  t.equal(changes[0]?.stillCovers(['lost'], []), true)
  users.load('user u on', 'f')
  t.equal(users.default, user)
  t.equal(users.describe(user), DEFAULT_LINE)
})

const NOTHING_CHANGED =
  'WARNING: ACL errors detected, no change to the previously active ACL rules was performed'

t.test('everything wrong with a file is collected in one line', async t => {
  const cases: [text: string, errors: string][] = [
    ['USER a on', 'f:1 should start with user keyword followed by the username. '],
    ['user', 'f:1 should start with user keyword followed by the username. '],
    ['\n# comment', 'f:2 should start with user keyword followed by the username. '],
    ['user a\tb on', "'f:1: username 'a\tb' contains invalid characters. "],
    ['user a on\nuser a off', "WARNING: Duplicate user 'a' found on line 2. "],
    ['user a (+get ~a', 'f:1: Unmatched parenthesis in selector definition.'],
    [
      'user a +nosuch bogus <secret +@nosuch',
      "f:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. " +
        'f:1: Syntax error. ' +
        "f:1: Error in applying operation '+@nosuch': Unknown command or category name in ACL. ",
    ],
    [
      'user a ~* ~x\nuser b <pw',
      "f:1: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does " +
        "not have any effect. Try 'resetkeys' to start with an empty list of patterns. " +
        'f:2: The password you are trying to remove from the user does not exist. ',
    ],
  ]
  for (const [text, errors] of cases) {
    const users = usersWith('old on')
    const before = users.save()
    t.equal(users.load(text, 'f').error, errors + NOTHING_CHANGED, text)
    t.equal(users.save(), before)
  }
})

/** As the server takes them at its start: each line, then all of them. */
function configure(users: Users, ...lines: readonly string[][]): string | undefined {
  const names = new Set<string>()
  for (const line of lines) {
    const { name = '', faults } = readUserLine(['user', ...line], 'conf', names, users)
    names.add(name)
    const error = confLineError(faults)
    if (error !== undefined) return error
  }
  return lines.map(line => users.configure(['user', ...line])).find(error => error !== undefined)
}

t.test('user lines of a configuration file', async t => {
  const users = new Users(catalog)
  t.equal(
    configure(users, ['default', 'on', '>pw', '~*', '+@all'], ['u', 'on', '(~a', '+get)']),
    undefined,
  )
  t.match(users.describe(users.default), /^user default on sanitize-payload #\w+ ~\* resetchannels/)
  t.match(users.get('u')?.text, /\(~a resetchannels -@all \+get\)$/)
  const error = (...lines: string[][]): string | undefined =>
    configure(new Users(catalog), ...lines)
  t.equal(
    error(['u', '+nosuch']),
    "Error loading ACL rule '+nosuch' for the user named 'u': " +
      'Unknown command or category name in ACL',
  )
  t.equal(error(['u', 'bogus']), "Error in user declaration 'bogus': Syntax error")
  t.equal(error(['u', 'on', 'bogus']), "Error in user declaration 'bogus': Syntax error")
  t.match(error(['u'], ['u']), /Duplicate user found. A user can only be defined once/)
  t.equal(error(['a b']), 'Spaces not allowed in ACL usernames')
  t.equal(error(['u', 'on', '(~a']), "Error in user declaration '(~a': Wrong format")
})

t.test('an error names the rule that is wrong, and never a password', async t => {
  const error = (...rules: string[]): string | undefined =>
    configure(new Users(catalog), ['u', ...rules])
  for (const [rules, shown] of [
    [['>zebra', 'on', 'oops'], 'oops'],
    [['on', 'oops', '>zebra'], 'oops'],
    [['on', '<zebra'], '<(password)'],
    [['on', '#zebra'], '#(password)'],
    [['on', '!zebra'], '!(password)'],
    [['on', '(~a', '>zebra)'], '(~a >(password))'],
    [['>my', 'zebra'], '(password)'],
    [['>zebra', '~*', '~a'], '~a'],
  ] as const) {
    t.match(error(...rules), `Error in user declaration '${shown}': `)
    t.notMatch(error(...rules), /zebra/)
  }
  t.match(error('>zebra', '(~a', '>zebra'), "'(~a': Wrong format")
  t.match(error('>zebra', '+nosuch'), "Error loading ACL rule '+nosuch' for the user named 'u'")
})
