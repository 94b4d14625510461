// client-output-buffer-limit: how much a client may leave unread. Beyond the hard limit it is
// closed at once, beyond the soft one if it stays there for some seconds.

import type { Settings } from '../host/config/config.ts'
import type { OutputClass } from '../host/config/list-parameter.ts'
import { UNCOUNTED_BYTES } from '../host/link.ts'
import type { Clock } from '../util/clock.ts'
import type { Session } from './session.ts'

export class OutputLimit {
  readonly #settings: Settings
  readonly #clock: Clock

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Whether what the client may leave unread is limited at all. */
  isSetFor(client: Session): boolean {
    const limits = this.#settings['client-output-buffer-limit']
    return client.connection !== undefined && limits[outputClass(client)].hardBytes > 0
  }

  /** What is kept anyway, for whoever comes back, is not too much to owe. */
  #forReplica(hardBytes: number): number {
    return hardBytes === 0 ? 0 : Math.max(hardBytes, this.#settings['repl-backlog-size'])
  }

  isExceededBy(client: Session): boolean {
    const { unsent } = client
    if (unsent <= UNCOUNTED_BYTES) {
      client.aboveSoftLimitSince = undefined
      return false
    }
    const limits = this.#settings['client-output-buffer-limit']
    const { softBytes, softSeconds, ...limit } = limits[outputClass(client)]
    const hardBytes = client.isReplica ? this.#forReplica(limit.hardBytes) : limit.hardBytes
    if (hardBytes > 0 && unsent >= hardBytes) return true
    if (softBytes === 0 || unsent < softBytes) {
      client.aboveSoftLimitSince = undefined
      return false
    }
    const now = this.#clock.now()
    const since = client.aboveSoftLimitSince
    client.aboveSoftLimitSince ??= now
    // The first moment above the limit never closes, whatever the seconds.
    return since !== undefined && Math.floor((now - since) / 1000) > softSeconds
  }
}

function outputClass({ type }: Session): OutputClass {
  if (type === 'replica') return 'slave'
  return type === 'pubsub' ? 'pubsub' : 'normal'
}
