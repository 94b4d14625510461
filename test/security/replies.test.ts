// One request, one reply: whatever a request does wrong, and whatever bytes are in it, the replies
// of a connection stay in step (CVE-2025-67733 and its kin). The decoder is strict.

import t from 'tap'
import { notWritten } from '../../src/engine/handlers.ts'
import type { Command } from '../../src/table/command.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { InProcess, textOf } from './in-process.ts'
import { damaged, KEY_TYPES, SYNTAXES } from './requests.ts'

const INJECTION = 'x\r\n$3\r\nfoo\r\n+OK\r\n'

/** What these do to a connection or to the server is not for here, or has one reply a channel. */
const APART: ReadonlySet<string> = new Set([
  'shutdown',
  'debug',
  'monitor',
  'client|reply',
  'client|pause',
  'sync',
  'psync',
  'failover',
  'replicaof',
  'slaveof',
  'subscribe',
  'psubscribe',
  'ssubscribe',
  'unsubscribe',
  'punsubscribe',
  'sunsubscribe',
])

function written({ server }: InProcess): readonly Command[] {
  const { catalogue, run } = server.commands
  return catalogue.all.filter(({ id, name }) => run[id] !== notWritten && !APART.has(name))
}

/** Requests one after the other, the last of which failed; keys-touched.test.ts shares them. */
const corpus = new Corpus<readonly (readonly string[])[]>('requests')

/** Runs a request and a PING; says what is wrong, if anything is. */
function outOfStep(redis: InProcess, request: readonly string[]): string | undefined {
  const replies = redis.replies(request)
  // Queued commands and open transactions answer by themselves; the next request starts afresh.
  redis.client.endTransaction()
  const [pong, ...rest] = redis.replies(['PING'])
  const inStep = replies.length === 1 && textOf(pong) === 'PONG' && rest.length === 0
  return inStep ? undefined : `${replies.length} replies to ${JSON.stringify(request)}`
}

t.test('every command on every type of value gives exactly one reply', async t => {
  for (const resp of [2, 3] as const) {
    using redis = new InProcess()
    const random = new SeededRandom(6)
    redis.seedScripts()
    redis.client.reply.resp = resp
    const faults: string[] = []
    const wrongTypes = new Set<string>()
    for (const type of KEY_TYPES) {
      redis.seed()
      for (const syntax of SYNTAXES) {
        const request = syntax.draw(random, `${type}1`)
        if (!redis.knows(request)) continue
        const { changes } = redis.server.keyspace
        const [reply] = redis.replies(request)
        const fault = outOfStep(redis, request)
        if (fault !== undefined) faults.push(fault)
        if (reply?.type === 'error') {
          if (reply.text.startsWith('WRONGTYPE')) wrongTypes.add(redis.commandOf(request)!.name)
          if (redis.server.keyspace.changes !== changes && !request[0]?.startsWith('EVAL')) {
            faults.push(`failed, but changed something: ${request.join(' ')}`)
          }
        }
        if (redis.server.keyspace.changes !== changes) redis.seed()
      }
    }
    t.strictSame(faults, [], `RESP${resp}`)
    t.ok(wrongTypes.size > 50, `${wrongTypes.size} commands met a wrong type`)
  }
})

t.test('damaged requests give exactly one reply', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(7)
  redis.seedScripts()
  const faults: string[] = []
  for (const { file, why, input } of corpus.specimens()) {
    redis.seed()
    for (const request of input) t.equal(outOfStep(redis, request), undefined, `${file}: ${why}`)
  }
  for (let round = 0; round < 20; round++) {
    redis.seed()
    redis.client.reply.resp = round % 2 === 0 ? 2 : 3
    for (const syntax of SYNTAXES) {
      const request = damaged(syntax.draw(random), random)
      if (!redis.knows(request)) continue
      const fault = outOfStep(redis, request)
      if (fault !== undefined) faults.push(`${fault} (${corpus.keep(fault, [request])})`)
    }
  }
  t.strictSame(faults, [])
  t.strictSame(redis.server.bugs, [])
})

t.test('nothing that a client sends becomes a reply of its own', async t => {
  using redis = new InProcess()
  const faults: string[] = []
  const test = (request: readonly string[]): void => {
    const fault = outOfStep(redis, request)
    if (fault !== undefined) faults.push(fault)
  }
  for (const resp of [2, 3] as const) {
    redis.client.reply.resp = resp
    test([INJECTION])
    test([INJECTION, INJECTION, INJECTION])
    for (const command of written(redis)) {
      const names = command.name.split('|')
      if (command.subcommands !== undefined) test([...names, INJECTION])
      for (let count = Math.max(0, Math.abs(command.arity) - names.length); count < 8; count++) {
        test([...names, ...new Array<string>(count).fill(INJECTION)])
        if (command.arity > 0) break
      }
      redis.client.reply.resp = resp
    }
    for (const syntax of SYNTAXES) {
      const request = syntax.draw(new SeededRandom(8))
      if (!redis.knows(request)) continue
      for (let i = 0; i < request.length; i++) test(request.with(i, INJECTION))
    }
  }
  t.strictSame(faults, [])
  t.strictSame(redis.server.bugs, [])
})

/** Integer overflows, and counts for which no memory is enough. */
const ABSURD: readonly string[] = [
  '-1',
  '2147483647',
  '2147483648',
  '-2147483648',
  '4294967296',
  '9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '-9223372036854775809',
  '18446744073709551616',
  'nan',
  'inf',
  '-inf',
  '1e400',
  '',
]

t.test('absurd numbers are answered at once, and leave little behind', async t => {
  using redis = new InProcess({ config: [['proto-max-bulk-len', '1mb']] })
  const random = new SeededRandom(9)
  redis.seedScripts()
  const faults: string[] = []
  let largest = 0
  for (const syntax of SYNTAXES) {
    const request = syntax.draw(random)
    if (!redis.knows(request)) continue
    for (let i = 1; i < request.length; i++) {
      if (!/^-?[0-9.]+$/.test(request[i]!)) continue
      for (const absurd of ABSURD) {
        redis.seed()
        const absurdRequest = request.with(i, absurd)
        const startedAt = performance.now()
        const fault = outOfStep(redis, absurdRequest)
        const ms = performance.now() - startedAt
        if (fault !== undefined) faults.push(fault)
        if (ms > 1000) faults.push(`${Math.round(ms)} ms for ${absurdRequest.join(' ')}`)
        for (const [, value] of redis.client.db.entries()) largest = Math.max(largest, value.size)
      }
    }
  }
  t.strictSame(faults, [])
  t.strictSame(redis.server.bugs, [])
  t.ok(largest <= 1024 * 1024, `largest value: ${largest}`)
})

t.test('named absurdities', async t => {
  using redis = new InProcess()
  redis.seed()
  const error = (...words: string[]): string => textOf(redis.run(...words))
  const MAX = '9223372036854775807'
  t.equal(
    error('SETRANGE', 's1', '536870912', 'v'),
    'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
  )
  t.equal(error('SETRANGE', 's1', '-1', 'v'), 'ERR offset is out of range')
  t.equal(
    error('SETBIT', 's1', '4294967296', '1'),
    'ERR bit offset is not an integer or out of range',
  )
  t.equal(error('INCRBY', 'i1', MAX), 'ERR increment or decrement would overflow')
  t.equal(error('DECRBY', 'i1', '-9223372036854775808'), 'ERR decrement would overflow')
  t.equal(error('EXPIRE', 's1', MAX), "ERR invalid expire time in 'expire' command")
  t.equal(error('HINCRBYFLOAT', 'h1', 'n', 'inf'), 'ERR value is NaN or Infinity')
  redis.run('HSET', 'h1', 'huge', '1e4932')
  t.equal(
    error('HINCRBYFLOAT', 'h1', 'huge', '1e4932'),
    'ERR increment would produce NaN or Infinity',
  )
  t.equal(error('INCRBYFLOAT', 'i1', 'nan'), 'ERR value is not a valid float')
  t.equal(error('MSETNX', 'twice', '1', 'twice', '2'), '')
  t.equal(error('GET', 'twice'), '2', 'of one key named twice the last value counts')
})
