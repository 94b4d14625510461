// Line 3 as well: a master and two replicas over mTLS until they are in sync, in one process of ours
// and as three processes of redis-server.

import { type ChildProcess, spawn } from 'node:child_process'
import { LIBRARY, measure } from './child.ts'
import { freePorts, LINK_ARGUMENTS, REDIS_SERVER, serverArguments } from './peers.ts'
import { atMost } from './row.ts'
import type { Run } from './run.ts'

const REPLICAS = 2
const GOAL_MS = 60
const NAME = `startReplication({ replicas: ${REPLICAS} }) over mTLS, in sync`

/** Later versions say it for each kind of listener. */
const MASTER_READY = 'Ready to accept connections'
const REPLICA_READY = 'MASTER <-> REPLICA sync: Finished with success'

interface Times {
  readonly firstMs: number
  readonly warmMs: number
}

export async function replication(run: Run): Promise<void> {
  const times: Times[] = []
  const [ours, real] = await run.alternate(
    NAME,
    async () => {
      const one = await measure<Times>('replication', [LIBRARY, REPLICAS, run.size(20, 3)])
      times.push(one)
      return one.firstMs
    },
    startReal,
  )
  const peer = { name: 'redis-server, three processes', values: real }
  run.add({ line: 3, name: NAME, unit: 'ms', ours, peer })
  run.add({ line: 3, name: `the first ${NAME}`, unit: 'ms', ours, goal: atMost(GOAL_MS) })
  const warm = times.map(({ warmMs }) => warmMs)
  run.add({ line: 3, name: `each further ${NAME}`, unit: 'ms', ours: warm, goal: atMost(GOAL_MS) })
}

async function startReal(): Promise<number> {
  const startedAt = performance.now()
  const children: ChildProcess[] = []
  const start = async (until: string, ...more: readonly string[]): Promise<number> => {
    const [port, tlsPort] = await freePorts()
    // A file that lies about there would make it another start.
    const empty = ['--dbfilename', `none-${tlsPort}.rdb`]
    const args = [...serverArguments(port, tlsPort), ...LINK_ARGUMENTS, ...empty, ...more]
    const child = spawn(REDIS_SERVER, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    await said(child, until)
    return tlsPort
  }
  try {
    const tlsPort = await start(MASTER_READY)
    const master = ['--replicaof', '127.0.0.1', String(tlsPort)]
    await Promise.all(Array.from({ length: REPLICAS }, () => start(REPLICA_READY, ...master)))
    return performance.now() - startedAt
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

function said(child: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${REDIS_SERVER} ends with ${code}: ${text}`)))
    child.stdout?.on('data', chunk => {
      text += chunk
      if (text.includes(what)) resolve()
    })
  })
}
