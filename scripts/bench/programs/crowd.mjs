// Many TLS servers in one process: what each costs to start and to hold, and whether all are gone
// after close(). Prints JSON.
// Usage: node --expose-gc crowd.mjs LIBRARY COUNT

import { pathToFileURL } from 'node:url'

const [library, count] = process.argv.slice(2)
const { startRedis } = await import(pathToFileURL(library).href)

/** What keeps the process alive: sockets, timers, requests. */
async function resources() {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  return process.getActiveResourcesInfo().filter(name => name !== 'Immediate').length
}

// The first server loads and compiles what the others share.
await (await startRedis()).close()
const before = await resources()
globalThis.gc()
const memoryBefore = process.memoryUsage().rss
const startedAt = performance.now()
const servers = []
for (let i = 0; i < Number(count); i++) servers.push(await startRedis())
const startMs = (performance.now() - startedAt) / Number(count)
globalThis.gc()
const megabytes = (process.memoryUsage().rss - memoryBefore) / 2 ** 20 / Number(count)
for (const server of servers) await server.close()
const left = (await resources()) - before
process.stdout.write(JSON.stringify({ startMs, megabytes, left }))
