// ACL and AUTH over a socket: what clients are told, and what happens to live connections.

import t, { type Test } from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import { type Shown, show, type Wire } from '../helpers/wire.ts'

async function start(t: Test): Promise<{ redis: TestServer; admin: Wire }> {
  const redis = await startServer()
  t.teardown(() => redis.close())
  return { redis, admin: await redis.connect() }
}

transcript(t, 'users are made, listed and removed', [
  ['ACL WHOAMI', '$default'],
  ['ACL SETUSER alice on >secret ~app:* &news +get +set -@dangerous', '+OK'],
  ['ACL USERS', ['$alice', '$default']],
  ['ACL GETUSER nobody', '(nil)'],
  [
    'ACL SETUSER alice +nosuch',
    "-ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL",
  ],
  ['ACL SETUSER "a b" on', "-ERR Usernames can't contain spaces or null characters"],
  ['ACL DELUSER alice nobody', ':1'],
  ['ACL DELUSER default', "-ERR The 'default' user cannot be removed"],
  [
    'ACL GENPASS 0',
    '-ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
  ],
  ['ACL CAT nosuch', "-ERR Unknown category 'nosuch'"],
  ['ACL CAT scripting', ANY, 'sorted'],
  ['ACL SAVE', ANY],
  ['ACL', "-ERR wrong number of arguments for 'acl' command"],
  ['ACL NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try ACL HELP."],
  ['ACL LOG nosuch', '-ERR value is not an integer or out of range'],
])

transcript(t, 'DRYRUN says what would be refused', [
  ['ACL SETUSER bob on nopass %R~r:* %W~w:* +get +set +@pubsub &news', '+OK'],
  ['ACL DRYRUN bob GET r:1', '+OK'],
  ['ACL DRYRUN bob GET w:1', "$User bob has no permissions to access the 'w:1' key", '7.2'],
  ['ACL DRYRUN bob SET w:1 x', '+OK'],
  ['ACL DRYRUN bob SET w:1 x GET', "$User bob has no permissions to access the 'w:1' key", '7.2'],
  ['ACL DRYRUN bob DEL w:1', "$User bob has no permissions to run the 'del' command", '7.2'],
  [
    'ACL DRYRUN bob PUBLISH old x',
    "$User bob has no permissions to access the 'old' channel",
    '7.2',
  ],
  ['ACL DRYRUN nobody GET x', "-ERR User 'nobody' not found"],
  ['ACL DRYRUN bob NOSUCH x', "-ERR Command 'NOSUCH' not found"],
  ['ACL DRYRUN bob GET', "-ERR wrong number of arguments for 'get' command"],
])

t.test('logging in, and what is refused before and after', async t => {
  const { redis, admin } = await start(t)
  await admin.call('ACL', 'SETUSER', 'alice', 'on', '>secret', '~a*', '+get', '+multi', '+exec')
  await admin.call('ACL', 'SETUSER', 'default', 'resetpass', '>top')
  const wire = await redis.connect()
  const ask = (line: string): Promise<Shown> => wire.ask(...line.split(' '))
  t.equal(await ask('GET a'), '-NOAUTH Authentication required.')
  t.match(await ask('NOSUCH'), /^-ERR unknown command 'NOSUCH'/)
  t.equal(
    await ask('AUTH alice wrong'),
    '-WRONGPASS invalid username-password pair or user is disabled.',
  )
  t.equal(await ask('AUTH alice secret'), '+OK')
  t.equal(await ask('GET a1'), '(nil)')
  t.equal(await ask('GET b1'), '-NOPERM No permissions to access a key')
  t.equal(await ask('SET a1 x'), "-NOPERM User alice has no permissions to run the 'set' command")
  t.equal(
    await ask('CONFIG GET maxmemory'),
    "-NOPERM User alice has no permissions to run the 'config|get' command",
  )
  t.equal(await ask('MULTI'), '+OK')
  t.equal(await ask('SET a1 x'), "-NOPERM User alice has no permissions to run the 'set' command")
  t.equal(await ask('EXEC'), '-EXECABORT Transaction discarded because of previous errors.')
})

t.test('EXEC checks the rules again', async t => {
  const { redis, admin } = await start(t)
  await admin.call('ACL', 'SETUSER', 'alice', 'on', 'nopass', '~*', '+@all')
  const wire = await redis.connect()
  await wire.call('AUTH', 'alice', '')
  await wire.call('MULTI')
  await wire.call('GET', 'k')
  await wire.call('ECHO', 'still')
  await admin.call('ACL', 'SETUSER', 'alice', 'resetkeys')
  t.strictSame(await wire.ask('EXEC'), [
    '-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to touch the specified keys',
    '$still',
  ])
})

t.test('removing a user closes its connections; losing a channel closes subscribers', async t => {
  const { redis, admin } = await start(t)
  await admin.call('ACL', 'SETUSER', 'alice', 'on', 'nopass', '+@all', '&a', '&b')
  const [stays, goes, removed] = await Promise.all([
    redis.connect(),
    redis.connect(),
    redis.connect(),
  ])
  for (const wire of [stays, goes, removed]) await wire.call('AUTH', 'alice', '')
  await stays.call('SUBSCRIBE', 'a')
  await goes.call('SUBSCRIBE', 'b')
  await admin.call('ACL', 'SETUSER', 'alice', 'resetchannels', '&a')
  await goes.closed
  await admin.call('PUBLISH', 'a', 'still here')
  t.strictSame(show((await stays.next()).reply), ['$message', '$a', '$still here'])
  t.equal(await admin.ask('ACL', 'DELUSER', 'alice'), ':1')
  await Promise.all([stays.closed, removed.closed])
})

t.test('a user who removes itself gets its answer first', async t => {
  const { redis, admin } = await start(t)
  await admin.call('ACL', 'SETUSER', 'alice', 'on', 'nopass', '+@all')
  const wire = await redis.connect()
  await wire.call('AUTH', 'alice', '')
  t.equal(await wire.ask('ACL', 'DELUSER', 'alice'), ':1')
  await wire.closed
})

t.test('ACL LOG counts alike refusals and shows the newest first', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const admin = await redis.connect()
  await admin.call('ACL', 'SETUSER', 'bob', 'on', '>pw', '+get', '~x')
  const wire = await redis.connect()
  await wire.call('AUTH', 'bob', 'wrong')
  await wire.call('AUTH', 'bob', 'pw')
  await wire.call('SET', 'x', '1')
  await wire.call('GET', 'y')
  await wire.call('GET', 'y')
  clock.advance(1500)
  const log = (await admin.ask('ACL', 'LOG')) as Shown[][]
  const fields = log.map(([, count, , reason, , context, , object, , user, , age]) => [
    count,
    reason,
    context,
    object,
    user,
    age,
  ])
  t.strictSame(fields, [
    [':2', '$key', '$toplevel', '$y', '$bob', '$1.5'],
    [':1', '$command', '$toplevel', '$set', '$bob', '$1.5'],
    [':1', '$auth', '$toplevel', '$AUTH', '$bob', '$1.5'],
  ])
  t.equal(await admin.ask('ACL', 'LOG', 'RESET'), '+OK')
  t.strictSame(await admin.ask('ACL', 'LOG'), [])
})

t.test('HELLO logs in, names the connection and changes the protocol', async t => {
  const { redis, admin } = await start(t)
  await admin.call('ACL', 'SETUSER', 'alice', 'on', '>secret', '+@all')
  await admin.call('ACL', 'SETUSER', 'default', 'off')
  const wire = await redis.connect()
  t.match(await wire.ask('HELLO', '3'), /^-NOAUTH HELLO must be called/)
  t.equal(await wire.ask('HELLO', '4'), '-NOPROTO unsupported protocol version')
  t.match(await wire.ask('HELLO', '3', 'AUTH', 'alice', 'wrong', 'SETNAME', 'n'), /^-WRONGPASS/)
  const hello = await wire.call('HELLO', '3', 'AUTH', 'alice', 'secret', 'SETNAME', 'me')
  t.equal(hello.reply.type, 'map')
  t.equal(await wire.ask('CLIENT', 'GETNAME'), '$me')
  t.equal(await wire.ask('RESET'), '+RESET')
  t.equal(await wire.ask('PING'), '-NOAUTH Authentication required.')
})

transcript(t, 'ACL LIST shows every user, and ACL LOAD needs a file', [
  ['ACL LIST', ANY, 'shape'],
  ['ACL LIST x', "-ERR wrong number of arguments for 'acl|list' command"],
  [
    'ACL LOAD',
    '-ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
  ],
  [
    'ACL SAVE',
    '-ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
  ],
  ['ACL LOAD x', "-ERR wrong number of arguments for 'acl|load' command"],
  ['ACL SETUSER', "-ERR wrong number of arguments for 'acl|setuser' command"],
  ['ACL SETUSER ann on nopass', '+OK'],
  ['ACL GETUSER', "-ERR wrong number of arguments for 'acl|getuser' command"],
  ['ACL DELUSER', "-ERR wrong number of arguments for 'acl|deluser' command"],
  ['ACL USERS x', "-ERR wrong number of arguments for 'acl|users' command"],
  ['ACL WHOAMI x', "-ERR wrong number of arguments for 'acl|whoami' command"],
  ['ACL DRYRUN ann', "-ERR wrong number of arguments for 'acl|dryrun' command"],
  ['ACL LOG -1', []],
  ['ACL LOG RESET', '+OK'],
  [
    'ACL LOG RESET x',
    "-ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.",
  ],
  ['ACL LOG', []],
  ['ACL HELP', ANY, 'shape'],
  ['ACL GENPASS x', '-ERR value is not an integer or out of range'],
  [
    'ACL GENPASS 4097',
    '-ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
  ],
  [
    'ACL GENPASS 1 2',
    "-ERR unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.",
  ],
  ['ACL GENPASS', ANY, 'shape'],
  ['ACL GENPASS 5', ANY, 'shape'],
  ['ACL CAT a b', "-ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP."],
  ['MULTI', '+OK'],
  ['ACL WHOAMI', '+QUEUED'],
  ['ACL SETUSER ann +nosuch', '+QUEUED'],
  ['ACL NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try ACL HELP."],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  [
    "EVAL \"return redis.call('ACL', 'WHOAMI')\" 0",
    '-ERR This Redis command is not allowed from script script: cb61f6c970114a324be576ac6abfbec3cfdf8f1d, on @user_script:1.',
  ],
])
