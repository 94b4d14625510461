// Files that hold rules and settings: hostile contents, and hostile values on their way in.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { show } from '../helpers/wire.ts'

interface WithFiles {
  readonly redis: TestServer
  readonly aclFile: string
  readonly configFile: string
}

async function start(t: Test, users: string): Promise<WithFiles> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'security-'))
  const aclFile = path.join(dir, 'users.acl')
  const configFile = path.join(dir, 'redis.conf')
  fs.writeFileSync(aclFile, users)
  fs.writeFileSync(configFile, '')
  const redis = await startServer({ config: [['aclfile', aclFile]], configFile })
  t.teardown(async () => {
    await redis.close()
    fs.rmSync(dir, { recursive: true })
  })
  return { redis, aclFile, configFile }
}

const DEFAULT = 'user default on nopass ~* &* +@all\n'

t.test('a broken ACL file changes nothing', async t => {
  const { redis, aclFile } = await start(t, DEFAULT)
  const wire = await redis.connect()
  fs.writeFileSync(aclFile, `${DEFAULT}user alice on nopass ~a +get\n`)
  t.equal(await wire.ask('ACL', 'LOAD'), '+OK')
  const before = await wire.ask('ACL', 'LIST')
  for (const broken of [
    'user s1 on (+get ~*',
    'user s1 on +get) ~*',
    'user s1 on %~',
    'user s1 on +nosuch',
    'user s1 on >pw\nuser s1 on >pw',
    'resu s1 on',
    'user',
    `user __proto__ on ${'('.repeat(1000)}`,
    '"',
  ]) {
    fs.writeFileSync(aclFile, `${DEFAULT}${broken}\n`, 'latin1')
    t.match(
      await wire.ask('ACL', 'LOAD'),
      /^-ERR .*no change to the previously active/,
      broken.slice(0, 40),
    )
    t.strictSame(await wire.ask('ACL', 'LIST'), before)
  }
})

/** valkey#3160: the server fell over when the one who loads is the one who goes. */
t.test('who removes himself by ACL LOAD hears of it, and is closed', async t => {
  const { redis, aclFile } = await start(t, DEFAULT)
  const admin = await redis.connect()
  for (const subscribes of [false, true]) {
    t.equal(await admin.ask('ACL', 'SETUSER', 'alice', 'on', '>pw', '~*', '&*', '+@all'), '+OK')
    const alice = await redis.connect()
    await alice.ask('HELLO', '3', 'AUTH', 'alice', 'pw')
    if (subscribes) await alice.ask('SUBSCRIBE', 'news')
    fs.writeFileSync(aclFile, DEFAULT)
    t.equal(await alice.ask('ACL', 'LOAD'), '+OK')
    await alice.closed
    t.equal(await admin.ask('PUBLISH', 'news', 'x'), ':0')
  }
})

/** The line break must not start a directive or a user of its own. */
t.test('line breaks and quotes in values survive a rewrite, or are refused', async t => {
  const { redis, configFile, aclFile } = await start(t, DEFAULT)
  const wire = await redis.connect()
  const hostile = 'x"\r\nrequirepass stolen\n\'\\ \x01\xff'
  t.equal(await wire.ask('CONFIG', 'SET', 'masterauth', hostile), '+OK')
  t.equal(await wire.ask('CONFIG', 'REWRITE'), '+OK')
  const lines = fs.readFileSync(configFile, 'latin1').split('\n')
  t.notOk(
    lines.some(line => line.startsWith('requirepass')),
    'no line of its own',
  )
  t.equal(lines.filter(line => line.startsWith('masterauth ')).length, 1)
  for (const name of ['a\nuser evil on nopass ~* +@all', 'a b', 'a\0b']) {
    t.match(await wire.ask('ACL', 'SETUSER', name, 'on'), /^-ERR Usernames can't contain spaces/)
  }
  for (const rule of ['~a\nuser evil', '~a b', '~a\0b', '&a\nb']) {
    t.match(await wire.ask('ACL', 'SETUSER', 'alice', rule), /^-ERR .*Syntax error$/, rule)
  }
  t.equal(await wire.ask('ACL', 'SETUSER', 'bob', '>a\nuser evil on nopass ~* +@all'), '+OK')
  t.equal(await wire.ask('ACL', 'SAVE'), '+OK')
  t.notMatch(fs.readFileSync(aclFile, 'latin1'), 'evil')
  t.equal(await wire.ask('ACL', 'LOAD'), '+OK')
  t.strictSame(show((await wire.call('ACL', 'USERS')).reply), ['$bob', '$default'])
})
