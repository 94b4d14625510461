// RDB for older versions: what Redis 7.0 and 7.2 read, in files and in payloads.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { RdbVersion } from '../../src/engine/server.ts'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { show, type Wire } from '../helpers/wire.ts'

const LONG = 'x'.repeat(100)
const FILL: readonly string[] = [
  'SET s text',
  'SET mortal v PXAT 3000000000000',
  'RPUSH list a b 1',
  'SADD integers 1 2 3',
  'SADD set a b c',
  `SADD long-set a ${LONG}`,
  'ZADD zset 1 a 2.5 b',
  `ZADD long-zset 1 ${LONG}`,
  'HSET hash f v g w',
  `HSET long-hash f ${LONG}`,
  'XADD stream 1-1 a b',
  'XADD stream 1-2 a c',
  'XGROUP CREATE stream g 0',
  'XREADGROUP GROUP g c COUNT 1 STREAMS stream >',
]

async function open(t: Test, rdbVersion: RdbVersion, log: string[] = []): Promise<Opened> {
  const dir = t.testdir()
  const redis = await startServer({
    rdbVersion,
    config: [
      ['dir', dir],
      ['save', ''],
      ['enable-debug-command', 'yes'],
    ],
    log: line => log.push(line),
  })
  redis.server.persistence.onDisk = true
  t.teardown(() => redis.close())
  return { redis, wire: await redis.connect(), file: path.join(dir, 'dump.rdb') }
}

interface Opened {
  readonly redis: TestServer
  readonly wire: Wire
  readonly file: string
}

async function fill(wire: Wire): Promise<void> {
  for (const line of FILL) await wire.call(...line.split(' '))
}

for (const version of [10, 11, 12] as const) {
  t.test(`version ${version} holds everything`, async t => {
    const { redis, wire, file } = await open(t, version)
    await fill(wire)
    const digest = await wire.ask('DEBUG', 'DIGEST')
    t.equal(await wire.ask('SAVE'), '+OK')
    t.equal(fs.readFileSync(file, 'latin1').slice(0, 9), `REDIS00${version}`)
    t.equal(await wire.ask('FLUSHALL'), '+OK')
    t.ok(await loadWhileServing(redis.server))
    t.equal(await wire.ask('DEBUG', 'DIGEST'), digest)
    t.match(await wire.ask('XPENDING', 'stream', 'g'), [':1'])
    for (const key of (await wire.ask('KEYS', '*')) as string[]) {
      const payload = Buffer.from(String(await wire.ask('DUMP', key.slice(1))).slice(1), 'latin1')
      t.equal(payload.readUInt16LE(payload.length - 10), version, key)
    }
  })
}

t.test('fields with an expiry have no form before version 12', async t => {
  const log: string[] = []
  const { redis, wire } = await open(t, 10, log)
  await wire.call('HSET', 'h', 'f', 'v', 'g', 'w')
  await wire.call('HSET', 'long', 'f', LONG)
  await wire.call('HPEXPIREAT', 'h', '3000000000000', 'FIELDS', '1', 'f')
  await wire.call('HPEXPIREAT', 'long', '3000000000000', 'FIELDS', '1', 'f')
  const refusal = '-ERR Fields with an expiry have no form in a payload of this RDB version'
  t.equal(await wire.ask('DUMP', 'h'), refusal)
  t.equal(await wire.ask('MIGRATE', '127.0.0.1', '1', 'h', '0', '1000'), refusal)
  t.equal(await wire.ask('SAVE'), '+OK')
  const said = log.filter(line => line.includes('has no form for fields with an expiry'))
  t.equal(said.length, 1, 'once')
  t.ok(await loadWhileServing(redis.server))
  t.equal(await wire.ask('HGET', 'h', 'f'), '$v')
  t.equal(await wire.ask('HGET', 'long', 'f'), `$${LONG}`)
  t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '2', 'f', 'g'), [':-1', ':-1'])
})

t.test('a real server takes files and payloads', { skip: NO_REAL_SERVER }, async t => {
  const version = realIsAtLeast(7, 4) ? 12 : realIsAtLeast(7, 2) ? 11 : 10
  const { wire, file } = await open(t, version)
  await fill(wire)
  const digest = await wire.ask('DEBUG', 'DIGEST')
  t.equal(await wire.ask('SAVE'), '+OK')
  const real = await startReal('--dir', path.dirname(file), '--dbfilename', 'dump.rdb')
  const theirs = await real.connect()
  t.equal(await theirs.ask('DEBUG', 'DIGEST'), digest)
  await theirs.call('FLUSHALL')
  for (const key of (await wire.ask('KEYS', '*')) as string[]) {
    const payload = String(await wire.ask('DUMP', key.slice(1))).slice(1)
    const ttl = key === '$mortal' ? ['3000000000000', 'ABSTTL'] : ['0']
    const [time = '', ...options] = ttl
    const { reply } = await theirs.call(
      ...['RESTORE', key.slice(1), time],
      ...[payload, ...options],
    )
    t.equal(show(reply), '+OK', key)
  }
  t.equal(await theirs.ask('DEBUG', 'DIGEST'), digest)
  await real.close()
})
