// Line 6: handshakes with client certificates. On a machine of few cores the client's half costs as
// much as the server's; so what counts is how many a second of the server's processor time gives.
// What a bare node:tls server gives, which asks for certificates too, is the ceiling.

import { CERTS, measure } from './child.ts'
import { type Peer, processorSeconds, startEcho, startOurs, startReal } from './peers.ts'
import { atLeast } from './row.ts'
import type { Run } from './run.ts'

interface Shaken {
  readonly count: number
  readonly resumed: number
  readonly elapsed: number
}

interface Rates {
  /** A second of the server's processor time. */
  readonly processor: number
  /** A second of the clock. */
  readonly clock: number
  /** The share that was resumed. */
  readonly resumed: number
}

/** Line 6. */
export async function handshakes(run: Run): Promise<void> {
  const peers = await Promise.all([startOurs(), startReal(), startEcho()])
  const [ours, real, bare] = peers
  try {
    for (const kind of ['full', 'resumed'] as const) {
      const rates = new Map<Peer, Rates[]>(peers.map(peer => [peer, []]))
      const shake = async (peer: Peer): Promise<number> => {
        const rate = await shakeHands(peer, kind, run.isShort ? 0.3 : 2)
        rates.get(peer)?.push(rate)
        return rate.clock
      }
      await run.alternate(
        `${kind} handshakes`,
        () => shake(ours),
        async () => {
          await shake(bare)
          return shake(real)
        },
      )
      const values = (peer: Peer, of: keyof Rates): number[] =>
        (rates.get(peer) ?? []).map(rate => rate[of])
      const row = (peer: Peer, name: string, unit: string, of: keyof Rates, goal?: number): void =>
        run.add({
          ...{ line: 6, name: `${kind} handshakes${name}`, unit, ours: values(ours, of) },
          peer: { name: peer.name, values: values(peer, of) },
          ...(goal !== undefined && { goal: atLeast(goal) }),
        })
      row(real, '', 'per processor second', 'processor', 0.9)
      row(bare, '', 'per processor second', 'processor')
      row(real, ', by the clock', 'per second', 'clock')
      if (kind !== 'resumed') continue
      for (const peer of peers) {
        const name = `of ${peer.name}'s, how many were resumed`
        run.add({ line: 6, name, unit: 'share', ours: values(peer, 'resumed') })
      }
    }
  } finally {
    await Promise.all(peers.map(peer => peer.stop()))
  }
}

async function shakeHands(peer: Peer, kind: string, seconds: number): Promise<Rates> {
  const before = processorSeconds(peer.pid) ?? Number.NaN
  const args = [peer.tlsPort ?? 0, CERTS, seconds, kind]
  const { count, resumed, elapsed } = await measure<Shaken>('handshake', args)
  // The kernel counts in hundredths.
  const used = Math.max((processorSeconds(peer.pid) ?? Number.NaN) - before, 0.01)
  return { processor: count / used, clock: count / elapsed, resumed: resumed / count }
}
