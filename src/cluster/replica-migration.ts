// A master without replicas that work gets one of a master that has several: of those with the
// most, the replica with the smallest id goes.

import type { RedisServer } from '../engine/server.ts'
import { type ClusterNode, NODE } from './node.ts'
import type { Roles } from './roles.ts'
import type { ClusterState } from './state.ts'

const ORPHANED_MS = 5000

export class ReplicaMigration {
  readonly #server: RedisServer
  readonly #state: ClusterState
  readonly #roles: Roles

  constructor(server: RedisServer, state: ClusterState, roles: Roles) {
    this.#server = server
    this.#state = state
    this.#roles = roles
  }

  /** Of a replica: looks whether it is to go to another master. */
  advance(): void {
    const { nodes, myself } = this.#state
    const masters = [...nodes.values()].filter(node => {
      return node.isMaster && !node.is(NODE.fail | NODE.noAddress | NODE.handshake)
    })
    const isOrphaned = masters.some(
      node => node.workingReplicas === 0 && node.slotCount > 0 && node.is(NODE.migrateTo),
    )
    const most = Math.max(0, ...masters.map(node => node.workingReplicas))
    const here = masters.find(node => node === myself.master)?.workingReplicas ?? 0
    const { settings } = this.#server
    if (!isOrphaned || most < 2 || here !== most) return
    if (settings['cluster-allow-replica-migration']) this.#migrate(most)
  }

  #migrate(most: number): void {
    const { nodes, myself, isOk } = this.#state
    const { settings, log } = this.#server
    const working = myself.master?.replicas.filter(node => !node.isSuspect).length ?? 0
    if (!isOk || working <= settings['cluster-migration-barrier']) return
    const now = this.#state.now()
    let candidate = myself
    let target: ClusterNode | undefined
    for (const node of nodes.values()) {
      const count = node.isMaster ? node.workingReplicas : 0
      const isOrphaned = !node.isReplica && !node.fails && node.is(NODE.migrateTo) && count === 0
      if (isOrphaned && node.slotCount > 0) target ??= node
      if (!isOrphaned) node.orphanedAt = 0
      else if (node.orphanedAt === 0) node.orphanedAt = now
      if (count !== most) continue
      for (const replica of node.replicas) if (replica.id < candidate.id) candidate = replica
    }
    if (target === undefined || candidate !== myself) return
    if (now - target.orphanedAt <= ORPHANED_MS) return
    log.notice(`Migrating to orphaned master ${target.id}`)
    this.#roles.follow(target)
  }
}
