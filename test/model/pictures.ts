// What two snapshots say, compared.

import type { RedisServer } from '../../src/engine/server.ts'
import { digestOfKeyspace } from '../../src/persistence/digest.ts'
import { Loading } from '../../src/persistence/loading.ts'
import { createServer } from '../../src/redis.ts'
import { Libraries } from '../../src/scripting/libraries.ts'
import { frozenClock } from '../helpers/clock.ts'
import { detailsOf } from './details.ts'

/**
 * What two snapshots of the same moment differ in, loaded into servers for which it is that moment.
 * `digest` is that of the data then, where loading changes nothing: a score of -0 becomes 0 in a
 * listpack, as in Redis.
 */
export function difference(
  blocks: readonly Buffer[],
  others: readonly Buffer[],
  moment: number,
  digest?: string,
): string | undefined {
  const [taken, whole] = [blocks, others].map(all => {
    const server = createServer({ clock: frozenClock(moment) })
    server.switches.cronPaused = true
    new Loading(server, { flushes: true, merges: false, keepsExpired: true }).readAll(all).finish()
    return server
  })
  if (taken === undefined || whole === undefined) return 'nothing'
  try {
    const [found, wanted] = [taken, whole].map(everythingIn)
    if (found !== wanted) return `${found}\n|\n${wanted}`
    const [first, second] = [taken, whole].map(({ keyspace }) => digestOfKeyspace(keyspace))
    if (first !== second) return `digests: ${first} | ${second}`
    return first === (digest ?? first) ? undefined : `digests: ${first} | ${digest}`
  } finally {
    taken.close()
    whole.close()
  }
}

function everythingIn(server: RedisServer): string {
  const libraries = Array.from(server.feature(Libraries).all, ({ code }) => code)
  const encodings = server.keyspace.databases.flatMap(db => {
    const lines: string[] = []
    db.each((key, value) => lines.push(`${key} ${value.encoding}`))
    return lines.sort()
  })
  return [detailsOf(server), ...encodings, ...libraries].join('\n')
}
