// Inside one process: how long a master and its replicas take until they are in sync, after import;
// the first set, and the median of those that follow. Prints JSON.
// Usage: replication.mjs LIBRARY REPLICAS ROUNDS

import { pathToFileURL } from 'node:url'

const [library, replicas, rounds] = process.argv.slice(2)
const { startReplication } = await import(pathToFileURL(library).href)

async function once() {
  const startedAt = performance.now()
  const set = await startReplication({ replicas: Number(replicas) })
  const elapsed = performance.now() - startedAt
  await set.close()
  return elapsed
}

const firstMs = await once()
const others = []
for (let round = 0; round < Number(rounds); round++) others.push(await once())
others.sort((a, b) => a - b)
process.stdout.write(JSON.stringify({ firstMs, warmMs: others[Math.floor(others.length / 2)] }))
