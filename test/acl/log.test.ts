// ACL LOG: order, merging, limits and counters.

import t from 'tap'
import { AclLog, type LogEvent } from '../../src/acl/log.ts'

const EVENT: LogEvent = {
  reason: 'key',
  context: 'toplevel',
  object: 'k',
  username: 'u',
  clientInfo: 'id=1',
}

function objects(log: AclLog, count?: number): string[] {
  return log.rows(0, count).map(row => row.object)
}

t.test('an entry has the fields of the reply, in its order', async t => {
  const log = new AclLog()
  log.add(EVENT, 1000.7)
  const [row] = log.rows(3500.2)
  t.strictSame(Object.entries(row ?? {}), [
    ['count', 1],
    ['reason', 'key'],
    ['context', 'toplevel'],
    ['object', 'k'],
    ['username', 'u'],
    ['age-seconds', 2.5],
    ['client-info', 'id=1'],
    ['entry-id', 0],
    ['timestamp-created', 1000],
    ['timestamp-last-updated', 1000],
  ])
})

t.test('alike events within a minute are one entry, moved to the head', async t => {
  const log = new AclLog()
  log.add(EVENT, 0)
  log.add({ ...EVENT, object: 'other' }, 10)
  log.add({ ...EVENT, clientInfo: 'id=2' }, 60_000)
  t.same(objects(log), ['k', 'other'])
  const [row] = log.rows(60_000)
  t.equal(row?.count, 2)
  t.equal(row?.['client-info'], 'id=2')
  t.equal(row?.['entry-id'], 0)
  t.equal(row?.['timestamp-created'], 0)
  t.equal(row?.['timestamp-last-updated'], 60_000)
  log.add(EVENT, 120_001)
  t.equal(log.rows(120_001)[0]?.count, 1)
  t.equal(log.rows(120_001)[0]?.['entry-id'], 2)
})

t.test('events that differ in reason, context, object or user are not alike', async t => {
  const log = new AclLog()
  log.add(EVENT, 0)
  log.add({ ...EVENT, reason: 'command' }, 0)
  log.add({ ...EVENT, context: 'lua' }, 0)
  log.add({ ...EVENT, object: 'l' }, 0)
  log.add({ ...EVENT, username: 'v' }, 0)
  t.equal(log.rows(0).length, 5)
})

t.test('only the ten newest entries are searched for alike ones', async t => {
  const log = new AclLog()
  for (let i = 0; i < 11; i++) log.add({ ...EVENT, object: String(i) }, 0)
  log.add({ ...EVENT, object: '1' }, 0)
  t.equal(log.rows(0, 99).length, 11)
  log.add({ ...EVENT, object: '0' }, 0)
  t.equal(log.rows(0, 99).length, 12)
})

t.test('rows are ten unless told', async t => {
  const log = new AclLog()
  for (let i = 0; i < 12; i++) log.add({ ...EVENT, object: String(i) }, 0)
  t.equal(objects(log).length, 10)
  t.same(objects(log, 2), ['11', '10'])
  t.same(objects(log, 0), [])
  t.same(objects(log, -5), [])
})

t.test('the oldest are dropped above the maximum length', async t => {
  const log = new AclLog()
  log.maxLength = 2
  for (const object of ['a', 'b', 'c']) log.add({ ...EVENT, object }, 0)
  t.same(objects(log), ['c', 'b'])
  log.maxLength = 0
  t.same(objects(log), ['c', 'b'])
  log.add({ ...EVENT, object: 'd' }, 0)
  t.same(objects(log), [])
  t.equal(log.denied.key, 4)
})

t.test('reset empties the log; ids and counters go on', async t => {
  const log = new AclLog()
  log.add(EVENT, 0)
  log.reset()
  t.same(log.rows(0), [])
  log.add({ ...EVENT, reason: 'auth', object: 'AUTH' }, 0)
  t.equal(log.rows(0)[0]?.['entry-id'], 1)
  t.same(log.denied, { auth: 1, command: 0, key: 1, channel: 0, 'tls-cert': 0 })
})
