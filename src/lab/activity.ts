// What happens on the attached server, as the page lists it: ACL LOG, handshakes, clients. It is
// looked at when something has happened, at most a few times a second, and sent when it differs.

import type { LogRow } from '../acl/log.ts'
import type { ConnectedClient, TlsSession } from '../testing/calls.ts'
import type { RunningRedis } from '../testing/running.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import { toText } from '../util/bytes.ts'
import type { Activity, ClientView, HandshakeView, LabEvent, LogView } from './protocol.ts'

const HANDSHAKES_MAX = 100
const LOG_MAX = 128
const EVERY_MS = 150

export type Listener = (event: LabEvent) => void

export class ActivityFeed {
  readonly #redis: RunningRedis
  readonly #listeners = new Set<Listener>()
  #handshakes: readonly HandshakeView[] = []
  #nextId = 1
  #timer: NodeJS.Timeout | undefined
  #sent = ''
  #users = ''

  constructor(redis: RunningRedis) {
    this.#redis = redis
    this.#users = redis.server.users.save()
    const look = (): void => this.#lookSoon()
    redis.on('command', look)
    redis.on('denied', look)
    redis.on('client', look)
    redis.on('disconnect', look)
    redis.on('handshake', client => this.#add(handshakeOf(client)))
    redis.on('handshakeError', error => this.#add(failureOf(error)))
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    listener({ kind: 'activity', activity: this.#activity() })
    return () => this.#listeners.delete(listener)
  }

  send(event: LabEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** What no event tells of has changed. */
  changed(): void {
    this.#lookSoon()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #add(handshake: Omit<HandshakeView, 'id' | 'at'>): void {
    const at = this.#redis.server.clock.now()
    const view = { ...handshake, id: this.#nextId++, at }
    this.#handshakes = [view, ...this.#handshakes].slice(0, HANDSHAKES_MAX)
    this.#lookSoon()
  }

  #lookSoon(): void {
    if (this.#listeners.size === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#look()
    }, EVERY_MS)
  }

  #look(): void {
    const activity = this.#activity()
    const text = JSON.stringify(activity)
    if (text !== this.#sent) {
      this.#sent = text
      this.send({ kind: 'activity', activity })
    }
    const users = this.#redis.server.users.save()
    if (users === this.#users) return
    this.#users = users
    this.send({ kind: 'users' })
  }

  #activity(): Activity {
    const { aclLog, clock } = this.#redis.server
    return {
      log: aclLog.rows(clock.now(), LOG_MAX).map(logView),
      handshakes: this.#handshakes,
      clients: this.#redis.connections.map(clientView),
    }
  }
}

function logView(row: LogRow): LogView {
  return {
    id: row['entry-id'],
    count: row.count,
    reason: row.reason,
    context: row.context,
    object: toText(row.object),
    user: toText(row.username),
    client: toText(/(?:^| )name=(\S*)/.exec(row['client-info'])?.[1] ?? ''),
    at: row['timestamp-last-updated'],
  }
}

function handshakeOf({ address, tls }: ConnectedClient): Omit<HandshakeView, 'id' | 'at'> {
  const name = tls && commonName(tls)
  const shown = name === '' ? 'without a certificate' : `with the certificate of ${name}`
  const text = `${tls?.protocol ?? ''}, ${shown}.`
  return { peer: address, succeeded: true, text, detail: tls?.cipher ?? '' }
}

function failureOf({
  peer,
  sentence,
  reason,
  certificateError,
}: HandshakeError): Omit<HandshakeView, 'id' | 'at'> {
  const detail = [reason, certificateError].filter(text => text !== undefined).join(' · ')
  return { peer, succeeded: false, text: sentence, detail }
}

function clientView({ id, address, name, user, tls }: ConnectedClient): ClientView {
  return {
    id,
    address,
    name,
    user,
    session: tls === undefined ? 'no TLS' : `${tls.protocol}, ${tls.cipher}`,
    certificate: tls === undefined ? '' : commonName(tls),
  }
}

function commonName({ peerSubject }: TlsSession): string {
  return [peerSubject?.['CN'] ?? []].flat().join(', ')
}
