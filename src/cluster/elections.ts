// Which replica takes the place of a master that fails: one that asks for votes, when it is its
// turn, and gets those of most masters. A master votes once in an epoch.

import type { RedisServer } from '../engine/server.ts'
import { SLOT_COUNT } from '../util/crc.ts'
import type { Header } from './bus/message.ts'
import type { HandOver } from './hand-over.ts'
import { majorityOf } from './health.ts'
import { type ClusterNode, hasBit, NODE, titleOf } from './node.ts'
import type { Speech } from './speech.ts'
import type { ClusterState } from './state.ts'

const DELAY_MS = 500
const RANDOM_DELAY_MS = 500
/** For each replica that has more of the stream. */
const RANK_DELAY_MS = 1000
const TIMEOUT_MIN_MS = 2000
const REPEATED_LOG_MS = 10_000
const QUIET_MS = 5000

type Obstacle = 'data age' | 'delay' | 'expired' | 'votes'

const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  'data age':
    'Disconnected from master for longer than allowed. Please check the ' +
    "'cluster-replica-validity-factor' configuration option.",
  delay: 'Waiting the delay before I can start a new failover.',
  expired: 'Failover attempt expired.',
  votes: 'Waiting for votes, but majority still not reached.',
}

interface Parts {
  readonly speech: Speech
  readonly handOver: HandOver
  /** How old the data of this replica is, in milliseconds. */
  readonly dataAge: () => number
  /** This replica takes the place of its master. */
  readonly won: () => void
}

export class Elections {
  readonly #server: RedisServer
  readonly #state: ClusterState
  readonly #parts: Parts
  /** When this replica asks for votes, or did. */
  #startsAt = 0
  #rank = 0
  #hasAsked = false
  #epoch = 0
  #votes = 0
  #obstacle: Obstacle | undefined
  #loggedAt = -Infinity

  constructor(server: RedisServer, state: ClusterState, parts: Parts) {
    this.#server = server
    this.#state = state
    this.#parts = parts
  }

  // ---- Standing for election -------------------------------------------------------------------

  /** A replica does what there is to do now for taking the place of its master. */
  advance(): void {
    const { myself } = this.#state
    const { settings, log } = this.#server
    const { handOver } = this.#parts
    const { master } = myself
    const byHand = handOver.isUnderWay && handOver.mayStart
    const isCalledFor =
      master !== undefined && myself.isReplica && master.slotCount > 0 && (master.fails || byHand)
    if (!isCalledFor || (settings['cluster-replica-no-failover'] && !byHand)) {
      this.#obstacle = undefined
      return
    }
    if (!byHand && this.#isTooOld()) {
      this.#logObstacle('data age', master)
      return
    }
    const now = this.#state.now()
    const timeoutMs = Math.max(2 * settings['cluster-node-timeout'], TIMEOUT_MIN_MS)
    const age = now - this.#startsAt
    if (age > 2 * timeoutMs) {
      this.#schedule(now, master)
      return
    }
    if (!this.#hasAsked && !handOver.isUnderWay) this.#updateRank(master)
    if (now < this.#startsAt) this.#logObstacle('delay', master)
    else if (age > timeoutMs) this.#logObstacle('expired', master)
    else if (!this.#hasAsked) this.#ask()
    else if (this.#votes < majorityOf(this.#state.size)) this.#logObstacle('votes', master)
    else {
      log.notice("Failover election won: I'm the new master.")
      this.#takeEpoch()
      this.#parts.won()
    }
  }

  #isTooOld(): boolean {
    const { settings } = this.#server
    const factor = settings['cluster-replica-validity-factor']
    if (factor === 0) return false
    const timeoutMs = settings['cluster-node-timeout']
    const age = this.#parts.dataAge()
    const counted = age > timeoutMs ? age - timeoutMs : age
    return counted > settings['repl-ping-replica-period'] * 1000 + timeoutMs * factor
  }

  #schedule(now: number, master: ClusterNode): void {
    const { random, log, replication } = this.#server
    const { handOver, speech } = this.#parts
    this.#votes = 0
    this.#hasAsked = false
    this.#rank = handOver.isUnderWay ? 0 : this.#rankAmong(master)
    const delay = DELAY_MS + random.below(RANDOM_DELAY_MS) + this.#rank * RANK_DELAY_MS
    this.#startsAt = handOver.isUnderWay ? now : now + delay
    if (handOver.isUnderWay) this.#state.todo.elects = true
    log.notice(
      `Start of election delayed for ${Math.floor(this.#startsAt - now)} milliseconds ` +
        `(rank #${this.#rank}, offset ${replication.reached}).`,
    )
    // The others of the shard learn how far I am.
    speech.pongAll(true)
  }

  #rankAmong({ replicas }: ClusterNode): number {
    const { myself } = this.#state
    const { reached } = this.#server.replication
    return replicas.filter(
      node => node !== myself && !node.is(NODE.noFailover) && node.replicationOffset > reached,
    ).length
  }

  #updateRank(master: ClusterNode): void {
    const rank = this.#rankAmong(master)
    if (rank <= this.#rank) return
    const delay = (rank - this.#rank) * RANK_DELAY_MS
    this.#startsAt += delay
    this.#rank = rank
    this.#server.log.notice(
      `Replica rank updated to #${rank}, added ${delay} milliseconds of delay.`,
    )
  }

  #ask(): void {
    const state = this.#state
    state.currentEpoch++
    this.#epoch = state.currentEpoch
    this.#server.log.notice(`Starting a failover election for epoch ${this.#epoch}.`)
    this.#parts.speech.askForVotes()
    this.#hasAsked = true
    state.todo.saveAndSync()
    state.todo.update()
  }

  #takeEpoch(): void {
    const { myself } = this.#state
    if (myself.configEpoch >= this.#epoch) return
    myself.configEpoch = this.#epoch
    this.#server.log.notice(`configEpoch set to ${this.#epoch} after successful failover`)
  }

  /** Only of what goes on for long. */
  #logObstacle(obstacle: Obstacle, { fails, failedAt }: ClusterNode): void {
    const now = this.#state.now()
    if (obstacle === this.#obstacle && now - this.#loggedAt < REPEATED_LOG_MS) return
    this.#obstacle = obstacle
    const { log, settings } = this.#server
    if (fails && now - failedAt < settings['cluster-node-timeout'] + QUIET_MS) return
    this.#loggedAt = now
    log.notice(`Currently unable to failover: ${OBSTACLES[obstacle]}`)
    if (obstacle !== 'votes' && obstacle !== 'expired') return
    log.notice(
      `Needed quorum: ${majorityOf(this.#state.size)}. Number of votes received so far: ` +
        this.#votes,
    )
  }

  // ---- Votes -----------------------------------------------------------------------------------

  /** A master has voted for this replica. */
  count(sender: ClusterNode, senderEpoch: number): void {
    if (!sender.isMaster || sender.slotCount === 0 || senderEpoch < this.#epoch) return
    this.#votes++
    this.#state.todo.elects = true
  }

  /** A replica asks for my vote. */
  vote(replica: ClusterNode, request: Header): void {
    const state = this.#state
    const { myself, currentEpoch } = state
    const { log } = this.#server
    if (myself.isReplica || myself.slotCount === 0) return
    const reason = this.#refusal(replica, request)
    if (reason !== undefined) {
      log.warning(`Failover auth denied to ${titleOf(replica)}: ${reason}`)
      return
    }
    state.lastVoteEpoch = currentEpoch
    if (replica.master !== undefined) replica.master.votedAt = state.now()
    state.todo.saveAndSync()
    this.#parts.speech.vote(replica)
    log.notice(`Failover auth granted to ${titleOf(replica)} for epoch ${currentEpoch}`)
  }

  #refusal(replica: ClusterNode, { currentEpoch, configEpoch, slots, forcesVote }: Header) {
    const state = this.#state
    const { master } = replica
    if (currentEpoch < state.currentEpoch) {
      return `reqEpoch (${currentEpoch}) < curEpoch(${state.currentEpoch})`
    }
    if (state.lastVoteEpoch === state.currentEpoch) {
      return `already voted for epoch ${state.currentEpoch}`
    }
    if (replica.isMaster) return 'it is a master node'
    if (master === undefined) return "I don't know its master"
    if (!master.fails && !forcesVote) return 'its master is up'
    const waitMs = 2 * this.#server.settings['cluster-node-timeout']
    const votedFor = state.now() - master.votedAt
    if (votedFor < waitMs) {
      const left = Math.floor(waitMs - votedFor)
      return `can't vote about this master before ${left} milliseconds`
    }
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const owner = hasBit(slots, slot) ? state.slots.owner(slot) : undefined
      if (owner === undefined || state.slots.unclaimed.has(slot)) continue
      if (owner.configEpoch <= configEpoch) continue
      return `slot ${slot} epoch (${owner.configEpoch}) > reqEpoch (${configEpoch})`
    }
    return undefined
  }
}
