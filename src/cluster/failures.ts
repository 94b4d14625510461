// Who fails: what I find myself is a suspicion; what most masters suspect is so, and told to all.

import type { Settings } from '../host/config/config.ts'
import type { Log } from '../host/log.ts'
import { majorityOf } from './health.ts'
import { type ClusterNode, NODE, titleOf } from './node.ts'
import type { Speech } from './speech.ts'
import type { ClusterState } from './state.ts'

/** Reports are valid for so many node timeouts; so long a master that is back is not trusted. */
const REPORT_TIMEOUTS = 2
const UNDO_TIMEOUTS = 2

interface Watched {
  readonly settings: Settings
  readonly log: Log
}

export class Failures {
  readonly #server: Watched
  readonly #state: ClusterState
  readonly #speech: Speech

  constructor(server: Watched, state: ClusterState, speech: Speech) {
    this.#server = server
    this.#state = state
    this.#speech = speech
  }

  /** How many masters say that it fails. */
  count({ failureReports }: ClusterNode): number {
    const oldest = this.#state.now() - this.#timeouts(REPORT_TIMEOUTS)
    for (const [reporter, at] of failureReports) if (at < oldest) failureReports.delete(reporter)
    return failureReports.size
  }

  #timeouts(count: number): number {
    return this.#server.settings['cluster-node-timeout'] * count
  }

  /** A master says that a node fails, or does not. */
  report(node: ClusterNode, reporter: ClusterNode, fails: boolean): void {
    const { log } = this.#server
    if (fails) {
      if (!node.failureReports.has(reporter)) {
        log.verbose(`Node ${titleOf(reporter)} reported node ${titleOf(node)} as not reachable.`)
      }
      node.failureReports.set(reporter, this.#state.now())
      this.markIfAgreed(node)
    } else if (node.failureReports.delete(reporter)) {
      log.verbose(`Node ${titleOf(reporter)} reported node ${titleOf(node)} is back online.`)
    }
  }

  /** I cannot reach it. */
  suspect(node: ClusterNode): void {
    if (node.isSuspect) return
    node.set(NODE.pfail)
    this.#state.todo.update()
    const { myself, size } = this.#state
    if (myself.isMaster && size === 1) this.markIfAgreed(node)
    else this.#server.log.debug(`*** NODE ${node.id} possibly failing`)
  }

  /** A node that I suspect fails, if most masters do. */
  markIfAgreed(node: ClusterNode): void {
    const { myself, size, todo } = this.#state
    if (!node.is(NODE.pfail) || node.fails) return
    const voices = this.count(node) + (myself.isMaster ? 1 : 0)
    if (voices < majorityOf(size)) return
    this.#server.log.notice(`Marking node ${titleOf(node)} as failing (quorum reached).`)
    this.#mark(node)
    this.#speech.fail(node)
    todo.update()
    todo.save()
  }

  /** Another one says that most masters have agreed. */
  heard(node: ClusterNode, from: ClusterNode): void {
    if (node.is(NODE.fail | NODE.myself)) return
    this.#server.log.notice(`FAIL message received from ${titleOf(from)} about ${titleOf(node)}`)
    this.#mark(node)
    this.#state.todo.update()
    this.#state.todo.save()
  }

  #mark(node: ClusterNode): void {
    node.clear(NODE.pfail)
    node.set(NODE.fail)
    node.failedAt = this.#state.now()
  }

  /** It has answered. */
  reached(node: ClusterNode): void {
    const { todo } = this.#state
    if (node.is(NODE.pfail)) {
      node.clear(NODE.pfail)
      todo.update()
      todo.save()
    } else if (node.fails) {
      this.#clear(node)
    }
  }

  #clear(node: ClusterNode): void {
    const { log } = this.#server
    const { todo } = this.#state
    const serves = node.isMaster && node.slotCount > 0
    const isOld = this.#state.now() - node.failedAt > this.#timeouts(UNDO_TIMEOUTS)
    if (serves && !isOld) return
    const what = node.isReplica ? 'replica' : 'master without slots'
    log.notice(
      serves
        ? `Clear FAIL state for node ${titleOf(node)}: is reachable again and nobody is serving ` +
            'its slots after some time.'
        : `Clear FAIL state for node ${titleOf(node)}:${what} is reachable again.`,
    )
    node.clear(NODE.fail)
    todo.update()
    todo.save()
  }
}
