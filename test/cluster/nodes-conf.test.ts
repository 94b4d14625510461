// nodes.conf: what a node is after it was started again, and what it cannot start with.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { clusterOf, createServer } from '../../src/redis.ts'

const MINE = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)
const SHARD = 'c'.repeat(40)

interface Opened {
  readonly cluster: Cluster
  readonly lines: readonly string[]
  close(): void
}

async function open(folder: string): Promise<Opened> {
  const lines: string[] = []
  const server = createServer({
    log: line => lines.push(line),
    config: [
      ['cluster-enabled', 'yes'],
      ['dir', folder],
      ['port', '7000'],
    ],
  })
  const cluster = clusterOf(server)
  if (cluster === undefined) throw new Error('no node of a cluster')
  try {
    await cluster.keepOnDisk()
  } catch (error) {
    server.close()
    throw error
  }
  return { cluster, lines, close: () => server.close() }
}

/** A node that starts with a file of these lines. */
function start(t: Test, ...lines: readonly string[]): Promise<Opened> {
  const text = lines.map(line => `${line}\n`).join('')
  return open(t.testdir({ 'nodes.conf': text }))
}

function file(folder: string): string {
  return fs.readFileSync(path.join(folder, 'nodes.conf'), 'utf8')
}

t.test('a fresh node writes who it is, and is the same afterwards', async t => {
  const folder = t.testdir()
  const first = await open(folder)
  const { id, shardId } = first.cluster.state.myself
  t.match(first.lines.at(-1), `No cluster configuration found, I'm ${id}`)
  t.equal(
    file(folder),
    `${id} :7000@17000,,tls-port=0,shard-id=${shardId} myself,master - 0 0 0 connected\n` +
      'vars currentEpoch 0 lastVoteEpoch 0\n',
  )
  const { state } = first.cluster
  for (const slot of [0, 1, 2, 7]) state.slots.add(state.myself, slot)
  state.bumpEpoch()
  state.addNode(32)
  first.cluster.turnEnds()
  t.match(file(folder), / myself,master - 0 0 1 connected 0-2 7\nvars currentEpoch 1 /)
  first.close()
  const second = await open(folder)
  t.teardown(() => second.close())
  t.match(second.lines.at(-1), `Node configuration loaded, I'm ${id}`)
  t.equal(second.cluster.state.myself.id, id)
  t.strictSame(second.cluster.state.myself.slotRanges(), [
    [0, 2],
    [7, 7],
  ])
  t.equal(second.cluster.state.nodes.size, 1, 'whom it has not met is not known')
})

t.test('all that a line may say', async t => {
  const { cluster, close } = await start(
    t,
    `${OTHER} 10.0.0.1:7001@17001,name.test,shard-id=${SHARD},nodename=blue,tls-port=8001 master - 0 5 7 connected 5-6`,
    `${MINE} 127.0.0.1:7000@17000 myself,slave ${OTHER} 0 0 7 connected [9->-${OTHER}] [12-<-${OTHER}]`,
    '',
    'vars currentEpoch 7 lastVoteEpoch 6 other 1',
  )
  t.teardown(close)
  const { state } = cluster
  const other = state.find(OTHER)
  t.match(other, {
    ip: '10.0.0.1',
    tcpPort: 7001,
    tlsPort: 8001,
    busPort: 17001,
    hostname: 'name.test',
    humanName: 'blue',
    configEpoch: 7,
    slotCount: 2,
  })
  t.equal(state.myself.master, other)
  t.equal(state.myself.shardId, SHARD)
  t.equal(state.lastVoteEpoch, 6)
  t.equal(state.slots.migratingTo.get(9), other)
  t.equal(state.slots.importingFrom.get(12), other)
})

t.test('lines that are none', async t => {
  const mine = `${MINE} :7000@17000,,tls-port=0,shard-id=${SHARD} myself,master - 0 0 0 connected`
  const bad = [
    mine.replace('myself,', ''),
    mine.replace(MINE, 'short'),
    mine.replace(' - 0', ''),
    `${mine} 16384`,
    `${mine} [1->-nobody]`,
    mine.replace('tls-port=0', 'other=0'),
    mine.replace('tls-port=0', 'tls-port=70000'),
    mine.replace(SHARD, 'x'),
    mine.replace(':7000@', '@'),
    `${mine} "`,
  ]
  for (const line of bad) {
    await t.rejects(
      start(t, line),
      { message: /^Unrecoverable error: corrupted cluster config file ".*"\.$/ },
      line,
    )
  }
  const replica = `${OTHER} :1@2,,shard-id=${OTHER} slave ${MINE} 0 0 0 connected`
  await t.rejects(start(t, mine, replica), { message: `config file "${replica}".` }, 'two shards')
})

t.test(
  'one file is one node',
  { skip: process.platform !== 'linux' && 'no such locks' },
  async t => {
    const folder = t.testdir()
    const first = await open(folder)
    await t.rejects(open(folder), {
      message:
        /^Sorry, the cluster configuration file .*nodes\.conf is already used by a different /,
    })
    first.close()
  },
)
