// Nodes of a cluster for tests, ours and real ones: the same steps on either kind.

import t, { type Test } from 'tap'
import { Listeners } from '../../src/host/listeners.ts'
import { clusterOf, createServer } from '../../src/redis.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { until } from './nodes.ts'
import { freePort, notSince, startReal } from './real.ts'
import { Wire } from './wire.ts'

export interface Member {
  readonly port: number
  readonly busPort: number
  readonly wire: Wire
  /** What its log has said, of ours. */
  readonly lines: readonly string[]
  connect(): Promise<Wire>
  /** Lets time go on, where that can be done. */
  later(ms: number): void
  close(): Promise<void>
}

export type StartMember = (...config: readonly string[]) => Promise<Member>

/** @param config lines of redis.conf */
export async function startOurMember(...config: readonly string[]): Promise<Member> {
  const clock = new TestClock()
  const lines: string[] = []
  const server = createServer({
    clock,
    log: line => lines.push(line),
    config: [
      'cluster-enabled yes',
      'bind 127.0.0.1',
      'port 0',
      'enable-debug-command yes',
      'repl-diskless-sync-delay 0',
      ...config,
    ].map(line => line.split(' ')),
  })
  const cluster = clusterOf(server)
  const listeners = new Listeners(server, { anyPort: ['tcp'] })
  listeners.open()
  cluster?.listen(true)
  const { port } = server.settings
  const wires: Wire[] = []
  const connect = async (): Promise<Wire> => {
    const wire = await Wire.connect(port)
    wires.push(wire)
    return wire
  }
  return {
    port,
    busPort: server.settings['cluster-port'],
    wire: await connect(),
    lines,
    connect,
    later: ms => clock.advance(ms),
    close: once(async () => {
      for (const wire of wires) wire.close()
      listeners.close()
      server.close()
      if (server.bugs.length > 0) throw server.bugs[0]
    }),
  }
}

export async function startRealMember(...config: readonly string[]): Promise<Member> {
  const busPort = await freePort()
  const real = await startReal(
    '--cluster-enabled',
    'yes',
    '--cluster-port',
    String(busPort),
    '--repl-diskless-sync-delay',
    '0',
    ...config.flatMap(line => `--${line}`.split(' ')),
  )
  const wires: Wire[] = []
  const connect = async (): Promise<Wire> => {
    const wire = await real.connect()
    wires.push(wire)
    return wire
  }
  return {
    port: real.port,
    busPort,
    wire: await connect(),
    lines: [],
    connect,
    later: () => {},
    close: once(async () => {
      for (const wire of wires) wire.close()
      await real.close()
    }),
  }
}

/** For tap's skip option: those of older versions say less. */
export const NO_REAL_NODES = notSince([7, 4])

/** Whoever was killed in a test is not killed again at its end. */
function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => (closing ??= close())
}

/** The same test with nodes of ours and, where there are any, with real ones. */
export function onBothKinds(
  name: string,
  run: (t: Test, start: StartMember) => Promise<void>,
): void {
  t.test(name, async t => {
    await t.test('here', t => run(t, startOurMember))
    await t.test('of real nodes', { skip: NO_REAL_NODES }, t => run(t, startRealMember))
  })
}

/** Makes all of them meet the first, and waits until each knows all. */
export async function meet(members: readonly Member[]): Promise<void> {
  const [first, ...others] = members
  if (first === undefined) return
  for (const { port, busPort } of others) {
    await first.wire.ask('CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort))
  }
  await eventually('all are known', members, async ({ wire }) => {
    const nodes = await nodesOf(wire)
    return nodes.length === members.length && nodes.every(({ flags }) => !/hand|fail/.test(flags))
  })
}

/** Until all say that the cluster is up. */
export function isUp(members: readonly Member[]): Promise<void> {
  return eventually('the cluster is up', members, async ({ wire }) => {
    return String(await wire.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')
  })
}

/** Until something holds for all, in which time goes on. */
export async function eventually(
  what: string,
  members: readonly Member[],
  holds: (member: Member) => Promise<boolean>,
): Promise<void> {
  await until(what, async () => {
    for (const member of members) member.later(50)
    for (const member of members) if (!(await holds(member))) return false
    return true
  })
}

export interface ShownNode {
  readonly id: string
  readonly address: string
  readonly flags: string
  readonly master: string
  readonly epoch: number
  readonly slots: readonly string[]
}

/** What CLUSTER NODES says. */
export async function nodesOf(wire: Wire): Promise<ShownNode[]> {
  const text = String(await wire.ask('CLUSTER', 'NODES')).replace(/^[$=](txt:)?/, '')
  return text
    .trimEnd()
    .split('\n')
    .map(line => {
      const [id = '', address = '', flags = '', master = '', , , epoch, , ...slots] =
        line.split(' ')
      return { id, address, flags, master, epoch: Number(epoch), slots }
    })
}

export async function idOf(wire: Wire): Promise<string> {
  return String(await wire.ask('CLUSTER', 'MYID')).slice(1)
}
