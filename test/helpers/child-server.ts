// A server in a process of its own, with a heap of the size that the test names, and a second one
// beside it: what ends the process ends both. Run by small-heap.ts; prints the two ports.

import { type StartOptions, startRedis } from '../../src/index.ts'

const options: StartOptions = JSON.parse(process.argv[2] ?? '{}')
const redis = await startRedis({ ...options, tls: false })
// The recorder would keep what is sent; what is judged here is the server.
const { features } = redis.server
for (const recorder of features.at.ran) features.remove(recorder)
// As the program does it.
redis.server.persistence.onDisk = options.config?.['dir'] !== undefined
const neighbour = await startRedis({ tls: false })
process.on('disconnect', () => process.exit())
process.send?.({ port: redis.port, neighbour: neighbour.port })
