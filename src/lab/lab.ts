// The lab: a server to practise on, and a page on loopback to edit its rules, act as its users and
// see what happens on it.

import { refuseProblems } from '../policy/explain.ts'
import { readAclPolicy } from '../policy/policy.ts'
import type { RunningRedis } from '../testing/running.ts'
import { startRedis } from '../testing/start.ts'
import { fromText } from '../util/bytes.ts'
import { Bench } from './bench.ts'
import { commandDocs } from './command-docs.ts'
import type { RulesHome } from './home.ts'
import { LabHttp } from './http.ts'
import { PageFiles } from './page-files.ts'
import { SAMPLE_DATA, SAMPLE_RULES } from './sample.ts'

export interface LabOptions {
  /** Where the built page is. */
  readonly pageFolder: string
  /** The page's port. Default: any free one. */
  readonly port?: number
  /** The server's port. Default: any free one. */
  readonly redisPort?: number
  /** The text of an ACL file to begin with. Default: a sample, with data. */
  readonly rules?: string
  /** Where these rules are from, and can be written to. Default: nowhere. */
  readonly home?: RulesHome
}

export interface RunningLab {
  /** The page's address, with the token in it. */
  readonly url: string
  readonly redis: RunningRedis
  /** An address that opens the page once, for the command line of a browser. */
  openingUrl(): string
  close(): Promise<void>
}

/** @throws Error if the page is not built, a port is taken or the rules cannot be read */
export async function openLab(options: LabOptions): Promise<RunningLab> {
  const files = new PageFiles(options.pageFolder)
  const rules = options.rules ?? SAMPLE_RULES
  refuseProblems(readAclPolicy(fromText(rules)))
  const redis = await startRedis({ port: options.redisPort ?? 0 })
  const docs = await commandDocs(redis)
  const source = options.rules === undefined ? 'sample' : (options.home ?? 'link')
  const bench = new Bench(redis, { rules, docs, source })
  if (options.rules === undefined) redis.seed(SAMPLE_DATA)
  const web = new LabHttp(files, {
    routes: bench.routes,
    subscribe: send => bench.feed.subscribe(send),
  })
  const close = async (): Promise<void> => {
    bench.close()
    await web.close()
    await redis.close()
  }
  try {
    const url = await web.listen(options.port ?? 0)
    return { url, redis, openingUrl: () => web.openingUrl(), close }
  } catch (error) {
    await close()
    throw error
  }
}
