// Access control against the faults that Redis and its relatives have had: the rows of a table, each
// from the side of a user who must not get through.

import t from 'tap'
import type { Client } from '../../src/engine/client.ts'
import { Args } from '../../src/resp3/args.ts'
import { keysOf } from '../../src/table/keys.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { startServer } from '../helpers/server.ts'
import { show } from '../helpers/wire.ts'
import { InProcess, textOf } from './in-process.ts'
import { damaged, SYNTAXES } from './requests.ts'

const NO_KEY = 'NOPERM No permissions to access a key'

/** A client of a new user with these rules. */
function as(redis: InProcess, ...rules: readonly string[]): Client {
  redis.run('ACL', 'SETUSER', 'alice', 'reset', 'on', 'nopass', ...rules)
  const client = redis.server.internalClient()
  client.mayNotBlock = true
  const user = redis.server.users.get('alice')
  if (user === undefined) throw new Error(`These rules make no user: ${rules.join(' ')}`)
  client.user = user
  return client
}

/** CVE-2023-41053: SORT_RO named no keys, and so every key was allowed. */
t.test('without rights to keys, no command with keys runs', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(3)
  redis.seed()
  redis.seedScripts()
  const alice = as(redis, '+@all')
  for (const syntax of SYNTAXES) {
    for (let i = 0; i < 4; i++) {
      const request = syntax.draw(random)
      if (!redis.knows(request)) break
      const [reply] = redis.replies(request, alice)
      t.equal(textOf(reply), NO_KEY, request.join(' '))
    }
  }
})

/** redis#14659: of several keys only the first was looked at. */
t.test('the one forbidden key is found wherever it stands', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(4)
  const alice = as(
    redis,
    '+@all',
    '~s*',
    '~i*',
    '~l*',
    '~h*',
    '~t*',
    '~z*',
    '~g*',
    '~x*',
    '~p*',
    '~n*',
  )
  for (const syntax of SYNTAXES) {
    for (let i = 0; i < 6; i++) {
      const request = syntax.draw(random)
      if (!redis.knows(request)) break
      const command = redis.commandOf(request)
      const keys = command === undefined ? [] : keysOf(command, Args.of(request))
      const listed = redis.run('COMMAND', 'GETKEYS', ...request)
      const names = listed?.type === 'array' ? listed.items.map(textOf) : []
      t.strictSame(
        names,
        keys.map(({ name }) => name),
        request.join(' '),
      )
      for (const { position } of keys) {
        const changed = request.with(position, 'forbidden')
        const [reply] = redis.replies(changed, alice)
        t.equal(textOf(reply), NO_KEY, changed.join(' '))
      }
    }
  }
})

const DRYRUNS: readonly (readonly [string, string])[] = [
  // Every second word is a key.
  ['MSET ok 1 ok 2 bad 3', 'bad'],
  ['MSETNX ok 1 ok 2 bad 3', 'bad'],
  ['BITOP AND ok ok bad', 'bad'],
  ['SINTERCARD 3 ok ok bad LIMIT 1', 'bad'],
  ['EVAL x 3 ok ok bad', 'bad'],
  ['ZUNIONSTORE ok 3 ok ok bad', 'bad'],
  ['XREAD STREAMS ok ok bad 0 0 0', 'bad'],
  // Of two STOREs the last one counts; words that look like keywords are none (redis#15478).
  ['SORT ok STORE ok STORE bad', 'bad'],
  ['SORT ok STORE by STORE bad', 'bad'],
  ['GEORADIUS ok 1 1 1 km STORE ok STORE bad', 'bad'],
  ['GEORADIUS ok 1 1 1 km STORE ok STOREDIST bad', 'bad'],
  ['GEORADIUSBYMEMBER ok m 1 km STOREDIST ok STORE bad', 'bad'],
  ['XREADGROUP NOACK GROUP g STREAMS STREAMS bad >', 'bad'],
  ['XREADGROUP GROUP STREAMS c STREAMS bad >', 'bad'],
  ['XREADGROUP GROUP g STREAMS COUNT 1 STREAMS bad >', 'bad'],
  ['MIGRATE h 1 bad 0 10', 'bad'],
  ['MIGRATE h 1 "" 0 10 KEYS ok bad', 'bad'],
  ['MIGRATE h 1 "" 0 10 AUTH KEYS KEYS ok bad', 'bad'],
  ['MIGRATE h 1 "" 0 10 AUTH2 KEYS KEYS KEYS bad', 'bad'],
]

t.test('the key that is used is the key that is checked', async t => {
  using redis = new InProcess()
  as(redis, '+@all', '~ok*')
  for (const [line, key] of DRYRUNS) {
    const request = line.split(' ').map(word => (word === '""' ? '' : word))
    if (!redis.knows(request)) continue
    const reply = redis.run('ACL', 'DRYRUN', 'alice', ...request)
    t.equal(textOf(reply), `User alice has no permissions to access the '${key}' key`, line)
  }
})

t.test('reading needs the right to read, writing the right to write', async t => {
  using redis = new InProcess()
  const verdict = (...words: string[]): string =>
    textOf(redis.run('ACL', 'DRYRUN', 'alice', ...words))
  as(redis, '+@all', '%R~r*', '%W~w*')
  const denied = (key: string): string => `User alice has no permissions to access the '${key}' key`
  t.equal(verdict('GET', 'r'), 'OK')
  t.equal(verdict('GET', 'w'), denied('w'))
  t.equal(verdict('SET', 'w', 'v'), 'OK')
  t.equal(verdict('SET', 'r', 'v'), denied('r'))
  t.equal(verdict('SET', 'w', 'v', 'GET'), denied('w'))
  t.equal(
    verdict('SET', 'w', 'v', 'EX', 'GET'),
    denied('w'),
    'asks too much rather than too little',
  )
  t.equal(verdict('COPY', 'r', 'w'), 'OK')
  t.equal(verdict('COPY', 'w', 'r'), denied('w'))
  t.equal(verdict('SUNIONSTORE', 'w', 'r', 'w2'), denied('w2'))
  t.equal(verdict('BITFIELD', 'r', 'GET', 'u8', '0'), 'OK')
  t.equal(verdict('BITFIELD', 'r', 'SET', 'u8', '0', '1'), denied('r'))
  t.equal(verdict('BITFIELD', 'r', 'GET', 'u8', '0', 'nonsense'), denied('r'))
  t.equal(verdict('STRLEN', 'w'), 'OK', 'any right does')
  as(redis, '+@all', '%R~a*', '%W~*b')
  t.equal(verdict('SET', 'ab', 'v', 'GET'), denied('ab'), 'rights of two patterns do not add up')
  as(redis, '+get', '~a*', '(+set ~b*)')
  t.equal(verdict('SET', 'a', 'v'), denied('a'), 'nor do selectors')
})

/** CVE-2023-36824, redis#14847: key extraction ran past the arguments. */
t.test('finding keys survives any arguments', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(5)
  as(redis, '+@all', '~ok')
  const counts = ['-1', '0', '1', '2147483647', '4294967297', '9223372036854775807', 'x', '', '1.5']
  const seen = new Set<string>()
  for (let i = 0; i < 12; i++) {
    for (const syntax of SYNTAXES) {
      const valid = syntax.draw(random)
      const cut = valid.slice(0, 1 + random.below(valid.length))
      const odd = valid.map(word => (/^\d+$/.test(word) ? counts[i % counts.length]! : word))
      for (const request of [cut, odd, damaged(valid, random)]) {
        for (const question of [
          ['COMMAND', 'GETKEYS'],
          ['COMMAND', 'GETKEYSANDFLAGS'],
          ['ACL', 'DRYRUN', 'alice'],
        ]) {
          const replies = redis.replies([...question, ...request])
          if (replies.length !== 1) t.fail(`${replies.length} replies to ${request.join(' ')}`)
          seen.add(replies[0]?.type ?? 'none')
        }
      }
    }
  }
  t.strictSame([...seen].sort(), ['array', 'bulk', 'error', 'simple'])
  t.strictSame(redis.server.bugs, [])
})

t.test('patterns without a name are refused', async t => {
  using redis = new InProcess()
  for (const rule of ['%~', '%', '%~x', '%X~a', '%RX~a']) {
    const reply = redis.run('ACL', 'SETUSER', 'bob', rule)
    t.equal(textOf(reply), `ERR Error in ACL SETUSER modifier '${rule}': Syntax error`)
    t.equal(redis.server.users.get('bob'), undefined, 'no user')
  }
  t.equal(redis.run('ACL', 'LIST')?.type, 'array')
})

t.test('EXEC asks again, and only the forbidden command fails', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const admin = await redis.connect()
  const alice = await redis.connect()
  await admin.ask('ACL', 'SETUSER', 'alice', 'on', '>pw', '+@all', '~*')
  await admin.ask('SET', 'k', 'v')
  t.equal(await alice.ask('AUTH', 'alice', 'pw'), '+OK')
  t.equal(await alice.ask('MULTI'), '+OK')
  t.equal(await alice.ask('GET', 'k'), '+QUEUED')
  t.equal(await alice.ask('PING'), '+QUEUED')
  await admin.ask('ACL', 'SETUSER', 'alice', 'resetkeys')
  t.strictSame(await alice.ask('EXEC'), [
    '-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
      'call. This command is no longer allowed for the following reason: no permission to touch ' +
      'the specified keys',
    '+PONG',
  ])
})

t.test('a forbidden command is refused when it is queued', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('ACL', 'SETUSER', 'alice', 'on', '>pw', '+@all', '-flushall', '~*')
  await wire.ask('AUTH', 'alice', 'pw')
  await wire.ask('MULTI')
  t.equal(
    await wire.ask('FLUSHALL'),
    "-NOPERM User alice has no permissions to run the 'flushall' command",
  )
  t.equal(await wire.ask('EXEC'), '-EXECABORT Transaction discarded because of previous errors.')
})

t.test('rights that are taken away hold for the next command of a pipeline', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('ACL', 'SETUSER', 'alice', 'on', '>pw', '+@all', '~*')
  await wire.ask('AUTH', 'alice', 'pw')
  wire.write('SET k v\r\nACL SETUSER alice resetkeys\r\nGET k\r\nACL DELUSER alice\r\nPING\r\n')
  const shown = async (): Promise<unknown> => show((await wire.next()).reply)
  t.equal(await shown(), '+OK')
  t.equal(await shown(), '+OK')
  t.equal(await shown(), `-${NO_KEY}`)
  t.equal(await shown(), ':1')
  await wire.closed
  t.equal(wire.unread, 0, 'nothing after the user is gone')
})

t.test('a user without a password is not a user without a name', async t => {
  const redis = await startServer({ config: [['requirepass', 'pw']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  for (const name of ['', 'Default', 'default\0', 'defaul', '__proto__', 'constructor']) {
    t.match(await wire.ask('AUTH', name, 'pw'), /^-WRONGPASS/, JSON.stringify(name))
  }
  t.match(await wire.ask('AUTH', 'default', ''), /^-WRONGPASS/)
  t.equal(await wire.ask('GET', 'k'), '-NOAUTH Authentication required.')
  t.equal(await wire.ask('AUTH', 'default', 'pw'), '+OK')
})
