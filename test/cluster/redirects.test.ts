// Where requests are sent that a node does not serve, in Redis's order and words: of ours and of
// real nodes alike.

import { idOf, isUp, type Member, meet, onBothKinds, type StartMember } from '../helpers/members.ts'
import type { Wire } from '../helpers/wire.ts'

/** Slots: a 15495, b 3300, c 7365, {b}x and {b}y 3300. */
const LOWER = ['0', '8191'] as const
const UPPER = ['8192', '16383'] as const

async function pair(
  t: { teardown(act: () => unknown): void },
  start: StartMember,
  ...config: readonly string[]
): Promise<readonly [Member, Member]> {
  const one = await start(...config)
  const other = await start(...config)
  t.teardown(() => Promise.all([one.close(), other.close()]))
  await one.wire.ask('CLUSTER', 'ADDSLOTSRANGE', ...LOWER)
  await other.wire.ask('CLUSTER', 'ADDSLOTSRANGE', ...UPPER)
  await meet([one, other])
  await isUp([one, other])
  return [one, other]
}

/** Asks lines one after the other; a word in braces may have blanks: "{a b}". */
async function play(wire: Wire, lines: readonly string[]): Promise<unknown[]> {
  const replies: unknown[] = []
  for (const line of lines) replies.push(await wire.ask(...line.split(' ')))
  return replies
}

onBothKinds('a key of another node, and keys of several slots', async (t, start) => {
  const [one, other] = await pair(t, start)
  const moved = `-MOVED 15495 127.0.0.1:${other.port}`
  const crossed = "-CROSSSLOT Keys in request don't hash to the same slot"
  t.strictSame(
    await play(one.wire, [
      'SET b 1',
      'SET a 1',
      'GET a',
      'MGET b a',
      'MGET a b',
      'DEL {b}x {b}y',
      'SUBSCRIBE',
      'EXISTS b c',
      'SORT b BY w_* STORE a',
      'BITOP AND b c',
      'EVAL return(1) 1 a',
      'EVAL return(1) 2 b c',
      'EVAL return(1) 0',
      'SPUBLISH a m',
      'SSUBSCRIBE a',
      'SSUBSCRIBE b c',
      'SUNSUBSCRIBE a',
      'PUBLISH a m',
      'OBJECT ENCODING a',
      'XREAD STREAMS a 0',
      'MIGRATE 127.0.0.1 1 a 0 1',
    ]),
    [
      '+OK',
      moved,
      moved,
      crossed,
      crossed,
      ':0',
      "-ERR wrong number of arguments for 'subscribe' command",
      crossed,
      crossed,
      crossed,
      moved,
      crossed,
      ':1',
      moved,
      moved,
      crossed,
      moved,
      ':0',
      moved,
      moved,
      moved,
    ],
  )
})

onBothKinds('in transactions, and what they say of errors', async (t, start) => {
  const [one, other] = await pair(t, start)
  const moved = `-MOVED 15495 127.0.0.1:${other.port}`
  t.strictSame(
    await play(one.wire, [
      'MULTI',
      'SET b 1',
      'SET a 1',
      'EXEC',
      'MULTI',
      'SET b 1',
      'SET c 1',
      'EXEC',
      'EXEC',
      'MULTI',
      'PING',
      'EXEC',
      'GET b',
    ]),
    [
      '+OK',
      '+QUEUED',
      moved,
      '-EXECABORT Transaction discarded because of previous errors.',
      '+OK',
      '+QUEUED',
      '+QUEUED',
      "-CROSSSLOT Keys in request don't hash to the same slot",
      '-ERR EXEC without MULTI',
      '+OK',
      '+QUEUED',
      ['+PONG'],
      '(nil)',
    ],
  )
  const errors = String(await one.wire.ask('INFO', 'errorstats'))
  t.match(errors, /errorstat_MOVED:count=1\r\n/)
  t.match(errors, /errorstat_CROSSSLOT:count=1\r\n/)
})

onBothKinds('a slot on its way', async (t, start) => {
  const [one, other] = await pair(t, start)
  const [mine, its] = [await idOf(one.wire), await idOf(other.wire)]
  const ask = `-ASK 3300 127.0.0.1:${other.port}`
  const again = '-TRYAGAIN Multiple keys request during rehashing of slot'
  // One that has expired counts as missing, but stays.
  await one.wire.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
  await one.wire.ask('SET', '{b}x', '1')
  await one.wire.ask('SET', '{c}z', '1', 'PX', '1')
  await one.wire.ask('CLUSTER', 'SETSLOT', '7365', 'MIGRATING', its)
  await other.wire.ask('CLUSTER', 'SETSLOT', '3300', 'IMPORTING', mine)
  await one.wire.ask('CLUSTER', 'SETSLOT', '3300', 'MIGRATING', its)
  one.later(10)
  t.strictSame(
    await play(one.wire, ['GET {b}x', 'GET {b}y', 'MGET {b}x {b}y', 'MGET {b}y {b}w', 'GET {c}z']),
    ['$1', ask, again, ask, `-ASK 7365 127.0.0.1:${other.port}`],
  )
  const moved = `-MOVED 3300 127.0.0.1:${one.port}`
  t.strictSame(
    await play(other.wire, [
      'GET {b}y',
      'ASKING',
      'GET {b}y',
      'GET {b}y',
      'ASKING',
      'MGET {b}x {b}y',
      'ASKING',
      'MGET {b}x {b}x',
      'ASKING',
      'SET {b}y 2',
      'ASKING',
      'MULTI',
      'GET {b}y',
      'GET {b}y',
      'EXEC',
      'GET {b}y',
      'ASKING',
      'GET c',
    ]),
    [
      moved,
      '+OK',
      '(nil)',
      moved,
      '+OK',
      again,
      '+OK',
      ['(nil)', '(nil)'],
      '+OK',
      '+OK',
      '+OK',
      '+OK',
      '+QUEUED',
      '+QUEUED',
      ['$2', '$2'],
      moved,
      '+OK',
      `-MOVED 7365 127.0.0.1:${one.port}`,
    ],
  )
  await one.wire.ask('MIGRATE', '127.0.0.1', String(other.port), '{b}x', '0', '5000')
  t.strictSame(await play(one.wire, ['CLUSTER COUNTKEYSINSLOT 7365', 'GET {b}x']), [':1', ask])
  t.equal(await other.wire.ask('CLUSTER', 'COUNTKEYSINSLOT', '3300'), ':2')
  t.equal(await other.wire.ask('CLUSTER', 'SETSLOT', '3300', 'NODE', its), '+OK')
  t.equal(await one.wire.ask('CLUSTER', 'SETSLOT', '3300', 'NODE', its), '+OK')
  t.equal(await one.wire.ask('GET', '{b}x'), `-MOVED 3300 127.0.0.1:${other.port}`)
  t.equal(await other.wire.ask('GET', '{b}x'), '$1')
})

onBothKinds('scripts', async (t, start) => {
  const [one] = await pair(t, start)
  const get = (keys: readonly string[], ...names: readonly string[]): readonly string[] => {
    const calls = names.map(name => `redis.call('get','${name}')`).join(' ')
    return ['EVAL', `${calls} return 1`, String(keys.length), ...keys]
  }
  const strict = (keys: readonly string[], ...names: readonly string[]): readonly string[] => {
    const [name, script = '', ...rest] = get(keys, ...names)
    return [name ?? '', `#!lua\n${script}`, ...rest]
  }
  const loose = (keys: readonly string[], ...names: readonly string[]): readonly string[] => {
    const [name, script = '', ...rest] = get(keys, ...names)
    return [name ?? '', `#!lua flags=allow-cross-slot-keys\n${script}`, ...rest]
  }
  const ask = async (words: readonly string[]): Promise<string> => {
    return String(await one.wire.ask(...words)).replace(/ script: .*/, '')
  }
  const elsewhere = '-ERR Script attempted to access a non local key in a cluster node'
  const other = '-ERR Script attempted to access keys that do not hash to the same slot'
  t.equal(await ask(get(['b'], 'b', 'c')), ':1')
  t.equal(await ask(strict(['b'], 'b', 'c')), other)
  t.equal(await ask(strict([], 'b', 'b')), ':1')
  t.equal(await ask(strict([], 'b', 'c')), other)
  t.equal(await ask(loose(['b'], 'b', 'c')), ':1')
  t.equal(await ask(get([], 'a')), elsewhere)
  t.equal(
    await ask(['EVAL', "return redis.call('mget','b','c')", '0']),
    "-ERR Command 'mget' in script attempted to access keys that don't hash to the same slot",
  )
})

onBothKinds('whoever waits for a key of a slot that goes', async (t, start) => {
  const [one, other] = await pair(t, start)
  const its = await idOf(other.wire)
  const waiting = await one.connect()
  const reply = waiting.ask('BLPOP', 'b', '0')
  await one.wire.ask('PING')
  t.equal(await one.wire.ask('CLUSTER', 'SETSLOT', '3300', 'NODE', its), '+OK')
  one.later(2000)
  t.equal(await reply, `-MOVED 3300 127.0.0.1:${other.port}`)
})

onBothKinds('whoever listens to a channel of a slot that goes', async (t, start) => {
  const [one, other] = await pair(t, start)
  const its = await idOf(other.wire)
  const listening = await one.connect()
  t.strictSame(await listening.ask('SSUBSCRIBE', 'b'), ['$ssubscribe', '$b', ':1'])
  t.equal(await one.wire.ask('CLUSTER', 'SETSLOT', '3300', 'NODE', its), '+OK')
  t.strictSame(await listening.ask('PING'), ['$sunsubscribe', '$b', ':0'])
})

onBothKinds('SORT stays in the slot of its key', async (t, start) => {
  const [one] = await pair(t, start)
  await one.wire.ask('RPUSH', '{b}l', '2', '1')
  const denied = (option: string): string =>
    `-ERR ${option} option of SORT denied in Cluster mode when keys formed by the pattern may be ` +
    'in different slots.'
  t.strictSame(
    await play(one.wire, [
      'SORT {b}l',
      'SORT {b}l BY w_*',
      'SORT {b}l BY {b}w_*',
      'SORT {b}l BY w_*{b}',
      'SORT {b}l GET w_*',
      'SORT {b}l GET {b}w_*',
      'SORT {b}l GET #',
      'SORT_RO {b}l BY nosort GET {b}w_*',
    ]),
    [
      ['$1', '$2'],
      denied('BY'),
      ['$1', '$2'],
      denied('BY'),
      denied('GET'),
      ['(nil)', '(nil)'],
      denied('GET'),
      ['(nil)', '(nil)'],
    ],
  )
})
