// Line 7: commands that visit everything, against redis-server's time; and how long another client
// waits while somebody goes through everything in steps.

import { connectTls, type Peer, startOurs, startReal } from './peers.ts'
import { atMost } from './row.ts'
import type { Run } from './run.ts'
import { fillKeys, type Wire } from './wire.ts'

type Words = readonly string[]

/** Line 7. */
export async function largeReplies(run: Run): Promise<void> {
  const servers = await Promise.all([startOurs(), startReal()])
  try {
    const [ours, real] = await Promise.all(servers.map(server => connectTls(server)))
    if (ours === undefined || real === undefined) return
    const many = run.size(1_000_000, 10_000)
    const some = run.size(100_000, 2000)
    for (const wire of [ours, real]) {
      run.progress('writing what is to be read')
      await fillKeys(wire, many)
      await wire.ask(['SELECT', '1'])
      await fillCollections(wire, many, some)
    }
    const row = (name: string, database: string, work: (wire: Wire) => Promise<unknown>) =>
      compare(run, [ours, real], name, database, work)
    await row(`KEYS * of ${many}`, '0', wire => wire.ask(['KEYS', '*']))
    await row(`SCAN through ${many} keys`, '0', wire => scan(wire, ['SCAN'], '1000'))
    await row(`ZRANGE of ${many}`, '1', wire => wire.ask(['ZRANGE', 'z', '0', '-1']))
    await row(`SINTER of two sets of ${some}`, '1', wire => wire.ask(['SINTER', 's1', 's2']))
    await row(`SORT of ${some}`, '1', wire => wire.ask(['SORT', 'l']))
    await longestWait(run, servers[0], ours)
    ours.close()
    real.close()
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

async function fillCollections(wire: Wire, many: number, some: number): Promise<void> {
  for (let at = 0; at < many; at += 1000) {
    const words = ['ZADD', 'z']
    for (let i = at; i < Math.min(many, at + 1000); i++) words.push(String(i), `member:${i}`)
    await wire.ask(words)
  }
  for (let at = 0; at < some; at += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, i) => at + i)
    await wire.ask(
      ['SADD', 's1', ...numbers.map(i => `member:${i}`)],
      ['SADD', 's2', ...numbers.map(i => `member:${i + some / 2}`)],
      ['RPUSH', 'l', ...numbers.map(i => String((i * 7919) % some))],
    )
  }
}

async function compare(
  run: Run,
  [ours, real]: readonly [Wire, Wire],
  name: string,
  database: string,
  work: (wire: Wire) => Promise<unknown>,
): Promise<void> {
  const timed = async (wire: Wire): Promise<number> => {
    await wire.ask(['SELECT', database])
    const startedAt = performance.now()
    await work(wire)
    return performance.now() - startedAt
  }
  // Once without counting: what is compiled late would count against the first round only.
  await timed(ours)
  await timed(real)
  const [mine, theirs] = await run.alternate(
    name,
    () => timed(ours),
    () => timed(real),
  )
  const peer = { name: 'redis-server', values: theirs }
  run.add({ line: 7, name, unit: 'ms', ours: mine, peer, goal: atMost(3) })
}

/** SCAN and its like, from the first step to the last. */
async function scan(wire: Wire, before: Words, count: string): Promise<void> {
  let cursor = '0'
  do {
    const reply = await wire.ask([...before, cursor, 'COUNT', count])
    cursor = /\r\n(\d+)\r\n/.exec(reply.toString('latin1', 0, 64))?.[1] ?? '0'
  } while (cursor !== '0')
}

/** The longest that a PING waited while another connection scanned. */
async function longestWait(run: Run, server: Peer, scanner: Wire): Promise<void> {
  const pinger = await connectTls(server)
  const waits = await run.repeat('pings beside scans', async () => {
    let isScanning = true
    const scanning = (async () => {
      await scanner.ask(['SELECT', '0'])
      await scan(scanner, ['SCAN'], '1000')
      await scanner.ask(['SELECT', '1'])
      await scan(scanner, ['ZSCAN', 'z'], '1000')
      await scan(scanner, ['SSCAN', 's1'], '1000')
      isScanning = false
    })()
    let longest = 0
    while (isScanning) longest = Math.max(longest, await pinger.ping())
    await scanning
    return longest
  })
  pinger.close()
  const name = 'longest PING beside SCAN, ZSCAN and SSCAN'
  run.add({ line: 7, name, unit: 'ms', ours: waits, goal: atMost(100) })
}
