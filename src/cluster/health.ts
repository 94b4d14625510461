// Whether the cluster is up, as far as this node knows: every slot is served, and most masters can
// be reached. Who was away or has just started says so only after a while, in which the others can
// tell it what has changed.

import type { Settings } from '../host/config/config.ts'
import type { Log } from '../host/log.ts'
import { SLOT_COUNT } from '../util/crc.ts'
import { NODE } from './node.ts'
import type { ClusterState } from './state.ts'

const START_MS = 2000
const REJOIN_MIN_MS = 500
const REJOIN_MAX_MS = 5000

interface Watched {
  readonly settings: Settings
  readonly log: Log
}

export class Health {
  readonly #server: Watched
  readonly #state: ClusterState
  #firstAskedAt: number | undefined
  /** When most masters could not be reached, the last time. */
  #minorityAt = -Infinity

  constructor(server: Watched, state: ClusterState) {
    this.#server = server
    this.#state = state
  }

  /** Whoever sets up a whole cluster at once need not wait for what others have to tell. */
  skipStart(): void {
    this.#firstAskedAt = -Infinity
    this.#minorityAt = -Infinity
  }

  update(): void {
    const state = this.#state
    const { settings, log } = this.#server
    const now = state.now()
    this.#firstAskedAt ??= now
    const { isMaster } = state.myself
    if (isMaster && !state.isOk && now - this.#firstAskedAt < START_MS) return
    let isOk = !settings['cluster-require-full-coverage'] || this.#isCovered()
    const reachable = this.#countMasters()
    if (reachable < majorityOf(state.size)) {
      isOk = false
      this.#minorityAt = now
    }
    if (isOk === state.isOk) return
    const timeoutMs = settings['cluster-node-timeout']
    const rejoinMs = Math.min(Math.max(timeoutMs, REJOIN_MIN_MS), REJOIN_MAX_MS)
    if (isOk && isMaster && now - this.#minorityAt < rejoinMs) return
    if (isOk) log.notice('Cluster state changed: ok')
    else log.warning('Cluster state changed: fail')
    state.isOk = isOk
  }

  #isCovered(): boolean {
    const { slots } = this.#state
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (slots.owner(slot)?.fails !== false) return false
    }
    return true
  }

  /** Counts masters with slots; returns how many of them can be reached. */
  #countMasters(): number {
    const state = this.#state
    let reachable = 0
    state.size = 0
    for (const node of state.nodes.values()) {
      if (!node.isMaster || node.slotCount === 0) continue
      state.size++
      if (!node.is(NODE.fail | NODE.pfail)) reachable++
    }
    return reachable
  }
}

export function majorityOf(size: number): number {
  return Math.floor(size / 2) + 1
}
