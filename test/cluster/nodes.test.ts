// Nodes that form a cluster: how they get to know each other, who follows whom, and what becomes of
// the slots of one that is gone. Ours alone, real ones alone, and both together.

import t, { type Test } from 'tap'
import {
  eventually,
  idOf,
  isUp,
  type Member,
  meet,
  NO_REAL_NODES,
  nodesOf,
  onBothKinds,
  type StartMember,
  startOurMember,
  startRealMember,
} from '../helpers/members.ts'

const RANGES = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const

const QUICK = ['cluster-node-timeout 1000', 'cluster-replica-validity-factor 0']

/** Three masters, and as many replicas as more are started; the first replica is of the first. */
async function cluster(t: Test, starts: readonly StartMember[]): Promise<Member[]> {
  const members: Member[] = []
  t.teardown(() => Promise.all(members.map(member => member.close())))
  for (const start of starts) members.push(await start(...QUICK))
  for (const [i, [from, to]] of RANGES.entries()) {
    t.equal(await members[i]?.wire.ask('CLUSTER', 'ADDSLOTSRANGE', from, to), '+OK')
  }
  await meet(members)
  for (const [i, replica] of members.slice(RANGES.length).entries()) {
    const master = members[i]
    if (master === undefined) continue
    const reply = await replica.wire.ask('CLUSTER', 'REPLICATE', await idOf(master.wire))
    t.equal(reply, '+OK')
  }
  await isUp(members)
  return members
}

function isInSync({ wire }: Member): Promise<boolean> {
  return wire.ask('ROLE').then(role => Array.isArray(role) && role[3] === '$connected')
}

async function failover(t: Test, starts: readonly StartMember[]): Promise<void> {
  const members = await cluster(t, starts)
  const [first, second, , replica] = members
  if (first === undefined || second === undefined || replica === undefined) return
  await eventually('the replica is in sync', members, async one => {
    return one !== replica || (await isInSync(one))
  })
  t.equal(await first.wire.ask('SET', 'b', 'kept'), '+OK')
  t.equal(await first.wire.ask('WAIT', '1', '0'), ':1')
  t.equal(await replica.wire.ask('GET', 'b'), `-MOVED 3300 127.0.0.1:${first.port}`)
  t.equal(await replica.wire.ask('READONLY'), '+OK')
  t.equal(await replica.wire.ask('GET', 'b'), '$kept')
  t.equal(await replica.wire.ask('SET', 'b', '1'), `-MOVED 3300 127.0.0.1:${first.port}`)
  const id = await idOf(first.wire)
  await first.close()
  const others = members.filter(one => one !== first)
  await eventually('the replica has taken over', others, async ({ wire }) => {
    const nodes = await nodesOf(wire)
    const gone = nodes.find(node => node.id === id)
    const heir = nodes.find(({ address }) => address.includes(`:${replica.port}@`))
    return gone?.flags === 'master,fail' && heir?.slots.join() === '0-5460'
  })
  await isUp(others)
  t.equal(await replica.wire.ask('GET', 'b'), '$kept')
  t.equal(await second.wire.ask('GET', 'b'), `-MOVED 3300 127.0.0.1:${replica.port}`)
}

const OURS = Array<StartMember>(4).fill(startOurMember)
const THEIRS = Array<StartMember>(4).fill(startRealMember)

t.test('a replica takes the place of a master that is gone', async t => {
  await t.test('all are ours', t => failover(t, OURS))
  await t.test('all are real', { skip: NO_REAL_NODES }, t => failover(t, THEIRS))
  await t.test('a real replica of ours', { skip: NO_REAL_NODES }, t =>
    failover(t, [startOurMember, startRealMember, startOurMember, startRealMember]),
  )
  await t.test('our replica of a real one', { skip: NO_REAL_NODES }, t =>
    failover(t, [startRealMember, startOurMember, startRealMember, startOurMember]),
  )
})

async function handOver(t: Test, starts: readonly StartMember[]): Promise<void> {
  const members = await cluster(t, starts)
  const [first, , , replica] = members
  if (first === undefined || replica === undefined) return
  t.equal(
    await first.wire.ask('CLUSTER', 'FAILOVER'),
    '-ERR You should send CLUSTER FAILOVER to a replica',
  )
  await eventually('the replica is in sync', members, async one => {
    return one !== replica || (await isInSync(one))
  })
  t.equal(await first.wire.ask('SET', 'b', 'kept'), '+OK')
  t.equal(await replica.wire.ask('CLUSTER', 'FAILOVER'), '+OK')
  await eventually('the roles are changed', members, async one => {
    const [role] = await one.wire.ask('ROLE')
    return role === (one === first ? '$slave' : '$master')
  })
  await isUp(members)
  t.equal(await replica.wire.ask('GET', 'b'), '$kept')
  t.equal(await first.wire.ask('GET', 'b'), `-MOVED 3300 127.0.0.1:${replica.port}`)
}

t.test('a replica takes over because it is told to', async t => {
  await t.test('all are ours', t => handOver(t, OURS))
  await t.test('a real replica of ours', { skip: NO_REAL_NODES }, t =>
    handOver(t, [startOurMember, startRealMember, startOurMember, startRealMember]),
  )
  await t.test('our replica of a real one', { skip: NO_REAL_NODES }, t =>
    handOver(t, [startRealMember, startOurMember, startRealMember, startOurMember]),
  )
})

onBothKinds('messages go to all nodes, those of a shard to its own', async (t, start) => {
  const members = await cluster(t, Array<StartMember>(4).fill(start))
  const [first, second, , replica] = members
  if (first === undefined || second === undefined || replica === undefined) return
  await eventually('the replica is in sync', members, async one => {
    return one !== replica || (await isInSync(one))
  })
  const listening = await second.connect()
  await listening.ask('SUBSCRIBE', 'b')
  const sharded = await replica.connect()
  t.strictSame(await sharded.ask('SSUBSCRIBE', 'b'), ['$ssubscribe', '$b', ':1'])
  t.equal(await first.wire.ask('PUBLISH', 'b', 'to all'), ':0')
  t.strictSame((await listening.next()).bytes.toString().split('\r\n').at(-2), 'to all')
  t.equal(await first.wire.ask('SPUBLISH', 'b', 'to the shard'), ':0')
  t.strictSame((await sharded.next()).bytes.toString().split('\r\n').at(-2), 'to the shard')
})

onBothKinds('a node is forgotten by all, and can be met again', async (t, start) => {
  const members = await cluster(t, Array<StartMember>(4).fill(start))
  const [first, , , last] = members
  if (first === undefined || last === undefined) return
  const id = await idOf(last.wire)
  t.equal(await last.wire.ask('CLUSTER', 'RESET', 'SOFT'), '+OK')
  for (const { wire } of members.slice(0, 3)) {
    t.equal(await wire.ask('CLUSTER', 'FORGET', id), '+OK')
    t.equal(await wire.ask('CLUSTER', 'FORGET', id), '+OK', 'again')
  }
  await eventually('it is not known', members, async one => {
    return one === last || !(await nodesOf(one.wire)).some(node => node.id === id)
  })
  t.equal(await idOf(last.wire), id)
  t.equal((await nodesOf(last.wire)).length, 1)
})
