// Names that mean something to JavaScript mean nothing here, and every byte is a name of its own.

import t from 'tap'
import { lowerCase } from '../../src/util/bytes.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { InProcess, textOf } from './in-process.ts'
import { SYNTAXES } from './requests.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'propertyIsEnumerable',
]

const BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))

function prototypesAreClean(): boolean {
  return (
    Object.keys(Object.prototype).length === 0 &&
    Reflect.ownKeys({}).length === 0 &&
    !('polluted' in {}) &&
    typeof {}.toString === 'function'
  )
}

t.test('as keys and fields', async t => {
  using redis = new InProcess()
  for (const name of NAMES) {
    t.equal(redis.run('GET', name)?.type, 'null', name)
    t.equal(textOf(redis.run('TYPE', name)), 'none')
    t.equal(textOf(redis.run('SET', name, 'polluted')), 'OK')
    t.equal(textOf(redis.run('GET', name)), 'polluted')
    t.match(redis.run('EXPIRE', name, '100'), { value: 1n })
    t.match(redis.run('DEL', name), { value: 1n })
    t.equal(redis.run('HGET', 'h', name)?.type, 'null')
    t.match(redis.run('HSET', 'h', name, 'polluted'), { value: 1n })
    t.equal(textOf(redis.run('HGET', 'h', name)), 'polluted')
    t.match(redis.run('SISMEMBER', 't', name), { value: 0n })
    t.match(redis.run('SADD', 't', name), { value: 1n })
    t.equal(redis.run('ZSCORE', 'z', name)?.type, 'null')
    t.match(redis.run('ZADD', 'z', '1', name), { value: 1n })
  }
  t.match(redis.run('HLEN', 'h'), { value: BigInt(NAMES.length) })
  t.match(redis.run('SCARD', 't'), { value: BigInt(NAMES.length) })
  t.match(redis.run('ZCARD', 'z'), { value: BigInt(NAMES.length) })
  t.ok(prototypesAreClean())
})

t.test('as commands, options and settings', async t => {
  using redis = new InProcess()
  const error = (...words: string[]): string => textOf(redis.run(...words))
  for (const name of NAMES) {
    t.equal(error(name), `ERR unknown command '${name}', with args beginning with: `)
    for (const container of ['ACL', 'CLIENT', 'CONFIG', 'COMMAND', 'OBJECT', 'XGROUP']) {
      t.equal(error(container, name), `ERR unknown subcommand '${name}'. Try ${container} HELP.`)
    }
    t.equal(error('SET', 'k', 'v', name), 'ERR syntax error')
    t.match(error('HELLO', '3', name), /^ERR Syntax error in HELLO option/)
    t.strictSame(redis.run('CONFIG', 'GET', name), { type: 'array', items: [] })
    t.match(error('CONFIG', 'SET', name, 'x'), /^ERR Unknown option or number of arguments/)
    t.match(error('CONFIG', 'SET', 'maxmemory-policy', name), /^ERR CONFIG SET failed/)
    t.match(error('CONFIG', 'SET', 'notify-keyspace-events', name), /^ERR CONFIG SET failed/)
    t.match(error('CLIENT', 'LIST', 'TYPE', name), /^ERR Unknown client type/)
    t.match(error('ACL', 'CAT', name), /^ERR Unknown category/)
    t.match(error('ACL', 'SETUSER', 'u', `+${name}`), /Unknown command or category name in ACL$/)
    t.match(error('ACL', 'SETUSER', 'u', `+@${name}`), /Unknown command or category name in ACL$/)
    t.match(error('ACL', 'SETUSER', 'u', `+config|${name}`), /Unknown command or category name/)
    t.match(error('ACL', 'DRYRUN', 'default', name), /^ERR Command .* not found$/)
    t.match(error('ACL', 'DRYRUN', name, 'PING'), /^ERR User .* not found$/)
    t.match(redis.run('COMMAND', 'INFO', name), { items: [{ type: 'null' }] })
    t.strictSame(redis.run('COMMAND', 'DOCS', name), { type: 'array', items: [] })
    t.strictSame(redis.run('LATENCY', 'HISTOGRAM', name), { type: 'array', items: [] })
    t.equal(textOf(redis.run('INFO', name)), '')
  }
  t.ok(prototypesAreClean())
})

t.test('as users, clients and channels', async t => {
  using redis = new InProcess()
  for (const name of NAMES) {
    t.match(textOf(redis.run('AUTH', name, 'x')), /^WRONGPASS/, name)
    t.equal(redis.run('ACL', 'GETUSER', name)?.type, 'null')
    t.equal(textOf(redis.run('ACL', 'SETUSER', name, 'on', '>pw', '~*', '&*', '+@all')), 'OK')
    t.equal(textOf(redis.run('AUTH', name, 'pw')), 'OK')
    t.equal(textOf(redis.run('ACL', 'WHOAMI')), name)
    t.equal(textOf(redis.run('CLIENT', 'SETNAME', name)), 'OK')
    t.equal(textOf(redis.run('CLIENT', 'GETNAME')), name)
    t.match(redis.run('PUBLISH', name, 'x'), { value: 0n })
  }
  redis.client.user = undefined
  for (const name of NAMES) t.match(redis.run('ACL', 'DELUSER', name), { value: 1n }, name)
  t.ok(prototypesAreClean())
})

t.test('as any word of any request', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(10)
  redis.seedScripts()
  for (const syntax of SYNTAXES) {
    redis.seed()
    const request = syntax.draw(random)
    if (!redis.knows(request)) continue
    for (let i = 1; i < request.length; i++) {
      for (const name of ['__proto__', 'constructor']) {
        const replies = redis.replies(request.with(i, name))
        if (replies.length !== 1) t.fail(`${replies.length} replies: ${request.with(i, name)}`)
      }
    }
  }
  t.strictSame(redis.server.bugs, [])
  t.ok(prototypesAreClean())
})

t.test('keys, fields and members of one byte stay distinct', async t => {
  using redis = new InProcess()
  for (const [i, byte] of BYTES.entries()) {
    redis.run('SET', byte, `value ${i}`)
    redis.run('HSET', 'a hash', byte, `value ${i}`)
    redis.run('SADD', 'a set', byte)
    redis.run('ZADD', 'a zset', String(i), byte)
  }
  t.match(redis.run('DBSIZE'), { value: 259n })
  t.match(redis.run('HLEN', 'a hash'), { value: 256n })
  t.match(redis.run('SCARD', 'a set'), { value: 256n })
  t.match(redis.run('ZCARD', 'a zset'), { value: 256n })
  const wrong = BYTES.filter(
    (byte, i) =>
      textOf(redis.run('GET', byte)) !== `value ${i}` ||
      textOf(redis.run('HGET', 'a hash', byte)) !== `value ${i}` ||
      textOf(redis.run('ZSCORE', 'a zset', byte)) !== String(i),
  )
  t.strictSame(wrong, [])
  const texts = (...words: string[]): string[] => {
    const reply = redis.run(...words)
    return reply?.type === 'array' ? reply.items.map(textOf).sort() : []
  }
  t.strictSame(texts('SMEMBERS', 'a set'), [...BYTES].sort())
  t.strictSame(texts('SORT', 'a set', 'ALPHA'), [...BYTES].sort())
  t.strictSame(texts('KEYS', '?'), [...BYTES].sort())
  const scanned = redis.run('SCAN', '0', 'COUNT', '1000')
  t.match(scanned, { items: [{ text: '0' }, { items: { length: 259 } }] })
})

t.test('a pattern of one byte covers that byte only', async t => {
  using redis = new InProcess()
  const special = new Set(['*', '?', '[', '\\', ' ', '\0', '\t', '\n', '\v', '\f', '\r'])
  for (const byte of BYTES.filter(byte => !special.has(byte))) {
    redis.run('ACL', 'SETUSER', 'u', 'reset', 'on', '+get', `~${byte}`)
    const allowed = BYTES.filter(
      key => textOf(redis.run('ACL', 'DRYRUN', 'u', 'GET', key)) === 'OK',
    )
    if (allowed.length !== 1 || allowed[0] !== byte) t.fail(JSON.stringify([byte, allowed]))
  }
  for (const byte of BYTES.filter(byte => !special.has(byte))) redis.run('SET', byte, '')
  for (const byte of BYTES.filter(byte => !special.has(byte))) {
    t.strictSame(redis.run('KEYS', byte), { type: 'array', items: [{ type: 'bulk', text: byte }] })
  }
})

t.test('users and passwords of one byte stay distinct', async t => {
  using redis = new InProcess()
  const names = BYTES.filter(
    byte => textOf(redis.run('ACL', 'SETUSER', byte, 'on', `>${byte}`)) === 'OK',
  )
  t.ok(names.length > 200, `${names.length} names`)
  for (const name of names) {
    t.match(textOf(redis.run('AUTH', name, name === 'a' ? 'b' : 'a')), /^WRONGPASS/)
    t.equal(textOf(redis.run('AUTH', name, name)), 'OK', JSON.stringify(name))
    redis.client.user = undefined
  }
})

t.test('command names fold ASCII letters and no others', async t => {
  using redis = new InProcess()
  t.equal(textOf(redis.run('pInG')), 'PONG')
  // U+0130 and the Kelvin sign are letters that other foldings take for i and k.
  for (const name of ['P\u0049NG', 'ping\0', 'p\xeeng', 'pin\xe7']) {
    const known = lowerCase(name) === 'ping'
    t.equal(textOf(redis.run(name)) === 'PONG', known, JSON.stringify(name))
  }
})
