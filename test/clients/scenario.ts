// One scenario that every client plays: three users log in over TLS with a client certificate, each
// kind of refusal comes with its exact text, messages and transactions go through, and a rotated
// certificate is met on the next connection.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'
import { createAuthority } from '../../src/testing/tls/authority.ts'

/** A reply in one word: text, a number, '(nil)', or '!' and the text of an error. */
export type Outcome = string

export interface Step {
  readonly user: string
  readonly words: readonly string[]
  readonly expected: Outcome
}

/** Runs commands as one user, on one connection. */
export interface Session {
  send(words: readonly string[]): Promise<Outcome>
  /** MULTI, the commands, EXEC: the elements of the reply, or one error. */
  transaction(commands: readonly (readonly string[])[]): Promise<readonly Outcome[]>
  /** The first message on a channel that arrives after `publish` was called. */
  receive(channel: string, publish: () => Promise<unknown>): Promise<string>
  close(): Promise<void>
}

export interface Adapter {
  readonly name: string
  /** @throws the client's error if it cannot log in */
  open(redis: RunningRedis, user: string, password: string): Promise<Session>
}

const PASSWORDS: Readonly<Record<string, string>> = {
  admin: 'admin-password',
  alice: 'wonderland',
  reader: 'just looking',
}

const USERS: Readonly<Record<string, readonly string[]>> = {
  default: ['off'],
  admin: ['on', '>admin-password', '~*', '&*', '+@all'],
  alice: [
    'on',
    '>wonderland',
    '~app:*',
    '&news',
    '+@all',
    '-@dangerous',
    '-flushdb',
    '+config|get',
  ],
  reader: [
    'on',
    '>just looking',
    '%R~app:*',
    '+@read',
    '+@connection',
    '+@transaction',
    '(~own:* +set)',
  ],
  retired: ['off', '>still known', '~*', '+@all'],
}

const STEPS: readonly Step[] = [
  { user: 'admin', words: ['ACL', 'WHOAMI'], expected: 'admin' },
  { user: 'admin', words: ['SET', 'app:greeting', 'hello'], expected: 'OK' },
  { user: 'admin', words: ['SET', 'secret', '1'], expected: 'OK' },
  { user: 'alice', words: ['GET', 'app:greeting'], expected: 'hello' },
  { user: 'alice', words: ['GET', 'app:none'], expected: '(nil)' },
  { user: 'alice', words: ['INCR', 'app:count'], expected: '1' },
  { user: 'alice', words: ['GET', 'secret'], expected: '!NOPERM No permissions to access a key' },
  {
    user: 'alice',
    words: ['FLUSHDB'],
    expected: "!NOPERM User alice has no permissions to run the 'flushdb' command",
  },
  {
    user: 'alice',
    words: ['CONFIG', 'SET', 'maxmemory', '1'],
    expected: "!NOPERM User alice has no permissions to run the 'config|set' command",
  },
  {
    user: 'alice',
    words: ['PUBLISH', 'other', 'x'],
    expected: '!NOPERM No permissions to access a channel',
  },
  { user: 'reader', words: ['GET', 'app:greeting'], expected: 'hello' },
  { user: 'reader', words: ['SET', 'own:1', 'mine'], expected: 'OK' },
  {
    user: 'reader',
    words: ['SET', 'app:1', 'x'],
    expected: '!NOPERM No permissions to access a key',
  },
  { user: 'reader', words: ['GET', 'own:1'], expected: '!NOPERM No permissions to access a key' },
  {
    user: 'reader',
    words: ['INCR', 'app:count'],
    expected: "!NOPERM User reader has no permissions to run the 'incr' command",
  },
]

export async function playScenario(t: Test, adapter: Adapter): Promise<void> {
  const redis = await startRedis({ users: USERS })
  t.teardown(() => redis.close())
  const sessions = new Map<string, Session>()
  const as = async (user: string): Promise<Session> => {
    const known = sessions.get(user)
    if (known !== undefined) return known
    const session = await adapter.open(redis, user, PASSWORDS[user] ?? '')
    sessions.set(user, session)
    return session
  }

  await t.test('three users, every kind of refusal', async t => {
    for (const { user, words, expected } of STEPS) {
      t.equal(await (await as(user)).send(words), expected, `${user}: ${words.join(' ')}`)
    }
  })

  await t.test('who may not log in', async t => {
    const refused = /WRONGPASS invalid username-password pair or user is disabled/
    await t.rejects(adapter.open(redis, 'alice', 'wrong'), { message: refused })
    await t.rejects(adapter.open(redis, 'retired', 'still known'), { message: refused })
  })

  await t.test('messages', async t => {
    const [alice, admin] = [await as('alice'), await as('admin')]
    const message = await alice.receive('news', () =>
      admin.send(['PUBLISH', 'news', 'extra extra']),
    )
    t.equal(message, 'extra extra')
  })

  await t.test('transactions', async t => {
    const reader = await as('reader')
    const alice = await as('alice')
    t.strictSame(
      await alice.transaction([
        ['SET', 'app:t', '1'],
        ['INCR', 'app:t'],
        ['GET', 'app:t'],
      ]),
      ['OK', '2', '2'],
    )
    const [first] = await reader.transaction([['SET', 'app:t', '3']])
    t.match(first, /^!(NOPERM|EXECABORT)/)
    t.equal(await alice.send(['GET', 'app:t']), '2', 'nothing of it ran')
  })

  await t.test('a rotated certificate is met on the next connection', async t => {
    const admin = await as('admin')
    t.equal(await rotate(redis, admin), 'OK')
    t.equal(await admin.send(['PING']), 'PONG', 'the old connection lives on')
    const again = await adapter.open(redis, 'admin', PASSWORDS['admin'] ?? '')
    t.equal(await again.send(['GET', 'app:greeting']), 'hello')
    await again.close()
  })

  for (const session of sessions.values()) await session.close()
}

/** Gives the server another certificate, from a new authority that the client trusts from now on. */
async function rotate(redis: RunningRedis, admin: Session): Promise<Outcome> {
  const authority = await createAuthority({ name: 'new CA' })
  const server = await authority.server(['127.0.0.1'])
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rotated-'))
  const [cert, key] = [path.join(folder, 'server.crt'), path.join(folder, 'server.key')]
  fs.writeFileSync(cert, server.cert)
  fs.writeFileSync(key, server.key)
  const outcome = await admin.send(['CONFIG', 'SET', 'tls-cert-file', cert, 'tls-key-file', key])
  rotated.set(redis, authority.cert)
  fs.rmSync(folder, { recursive: true })
  return outcome
}

const rotated = new WeakMap<RunningRedis, string>()

/** The authority that signs the server's certificate at the moment, PEM. */
export function authorityOf(redis: RunningRedis): string {
  return rotated.get(redis) ?? redis.tls?.ca ?? ''
}
