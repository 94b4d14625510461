import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'

const x = (count: number): string => 'x'.repeat(count)

transcript(t, 'OBJECT ENCODING of strings', [
  ['SET k 123', '+OK'],
  ['OBJECT ENCODING k', '$int'],
  ['APPEND k 4', ':4'],
  ['OBJECT ENCODING k', '$raw'],
  ['INCR k', ':1235'],
  ['OBJECT ENCODING k', '$int'],
  ['SET k 9223372036854775807', '+OK'],
  ['OBJECT ENCODING k', '$int'],
  ['SET k 9223372036854775808', '+OK'],
  ['OBJECT ENCODING k', '$embstr'],
  ['SET k 007', '+OK'],
  ['OBJECT ENCODING k', '$embstr'],
  [`SET k ${x(44)}`, '+OK'],
  ['OBJECT ENCODING k', '$embstr'],
  [`SET k ${x(45)}`, '+OK'],
  ['OBJECT ENCODING k', '$raw'],
  ['SET k 5', '+OK'],
  ['INCRBYFLOAT k 1', '$6'],
  ['OBJECT ENCODING k', '$embstr'],
  ['SETRANGE k 0 7', ':1'],
  ['OBJECT ENCODING k', '$raw'],
  ['GETSET k 8', '$7'],
  ['OBJECT ENCODING k', '$int'],
  ['SETBIT k 0 0', ':0'],
  ['OBJECT ENCODING k', '$raw'],
  ['APPEND new 12', ':2'],
  ['OBJECT ENCODING new', '$int'],
  ['COPY k copied', ':1'],
  ['OBJECT ENCODING copied', '$raw'],
  ['BITOP OR k new new', ':2'],
  ['OBJECT ENCODING k', '$raw'],
  ['SETRANGE new 0 ""', ':2'],
  ['OBJECT ENCODING new', '$int'],
  ['SET new 12 KEEPTTL', '+OK'],
  ['MSET k 10', '+OK'],
  ['OBJECT ENCODING k', '$int'],
])

transcript(t, 'OBJECT REFCOUNT knows the shared integers', [
  ['SET k 9999', '+OK'],
  ['OBJECT REFCOUNT k', ':2147483647'],
  ['INCR k', ':10000'],
  ['OBJECT REFCOUNT k', ':1'],
  ['DECR k', ':9999'],
  ['OBJECT REFCOUNT k', ':2147483647'],
  ['COPY k copied', ':1'],
  ['OBJECT REFCOUNT copied', ':1'],
  ['SET k -1', '+OK'],
  ['OBJECT REFCOUNT k', ':1'],
  ['SET k word', '+OK'],
  ['OBJECT REFCOUNT k', ':1'],
  ['SET k 5', '+OK'],
  ['CONFIG SET maxmemory 1gb maxmemory-policy allkeys-lru', '+OK'],
  ['SET k 5', '+OK'],
  ['OBJECT REFCOUNT k', ':1'],
  ['CONFIG SET maxmemory 0 maxmemory-policy noeviction', '+OK'],
])

transcript(t, 'OBJECT answers about keys that are there', [
  ['OBJECT ENCODING none', '(nil)'],
  ['OBJECT REFCOUNT none', '(nil)'],
  ['OBJECT IDLETIME none', '(nil)'],
  ['OBJECT FREQ none', '(nil)'],
  ['SET k v', '+OK'],
  ['OBJECT IDLETIME k', ':0', 'shape'],
  [
    'OBJECT FREQ k',
    '-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note ' +
      'that when switching between policies at runtime LRU and LFU data will take some time to ' +
      'adjust.',
  ],
  ['CONFIG SET maxmemory-policy allkeys-lfu', '+OK'],
  [
    'OBJECT IDLETIME k',
    '-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when ' +
      'switching between policies at runtime LRU and LFU data will take some time to adjust.',
  ],
  ['SET fresh v', '+OK'],
  ['OBJECT FREQ fresh', ':5'],
  ['CONFIG SET maxmemory-policy noeviction', '+OK'],
  ['OBJECT ENCODING', "-ERR wrong number of arguments for 'object|encoding' command"],
  ['OBJECT WHATEVER k', "-ERR unknown subcommand 'WHATEVER'. Try OBJECT HELP."],
])

t.test('idle time counts from the last access, and a look at it is none', async t => {
  const clock = frozenClock(1_700_000_000_000)
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const idle = () => wire.ask('OBJECT', 'IDLETIME', 'k')
  await wire.call('SET', 'k', 'v')
  clock.advance(60_000)
  for (const look of ['EXISTS k', 'TTL k', 'TYPE k', 'OBJECT ENCODING k', 'SCAN 0 TYPE string']) {
    await wire.call(...look.split(' '))
    t.equal(await idle(), ':60', look)
  }
  for (const use of ['GET k', 'TOUCH k', 'EXPIRE k 1000', 'SET k v NX', 'APPEND k v']) {
    await wire.call(...use.split(' '))
    t.equal(await idle(), ':0', use)
    clock.advance(60_000)
    t.equal(await idle(), ':60')
  }
  await wire.call('RENAME', 'k', 'l')
  t.equal(await wire.ask('OBJECT', 'IDLETIME', 'l'), ':0', 'a renamed key counts as new')
})

t.test('CLIENT NO-TOUCH hides accesses, but not TOUCH', async t => {
  const clock = frozenClock(1_700_000_000_000)
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  await wire.call('CLIENT', 'NO-TOUCH', 'ON')
  clock.advance(10_000)
  await wire.call('GET', 'k')
  t.equal(await wire.ask('OBJECT', 'IDLETIME', 'k'), ':10')
  await wire.call('TOUCH', 'k')
  t.equal(await wire.ask('OBJECT', 'IDLETIME', 'k'), ':0')
  clock.advance(10_000)
  await wire.call('GET', 'k')
  t.equal(await wire.ask('OBJECT', 'IDLETIME', 'k'), ':10', 'TOUCH leaves the setting alone')
})
