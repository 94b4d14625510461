// MONITOR: clients that are shown every command, as a line each. Secret words are shown as
// "(redacted)".

import type { Log } from '../host/log.ts'
import { hiddenWords } from '../host/secrets.ts'
import type { Args } from '../resp3/args.ts'
import { quotedLength, writeQuoted } from '../util/bytes.ts'
import type { Clock } from '../util/clock.ts'
import { isTooLarge } from '../util/limits.ts'
import { REDACTED } from '../util/secret-text.ts'
import type { Session } from './session.ts'

const REDACTED_BYTES = Buffer.from(REDACTED)
const SPACE = 32

/** What it asks of the server. */
interface MonitoredServer {
  readonly clock: Clock
  readonly log: Log
  disconnect(client: Session): void
}

export class Monitors {
  /** Whether there is anybody to show anything. */
  areOn = false
  readonly #server: MonitoredServer
  readonly #clients = new Set<Session>()

  constructor(server: MonitoredServer) {
    this.#server = server
  }

  add(client: Session): void {
    client.isMonitor = true
    this.#clients.add(client)
    this.areOn = true
  }

  remove(client: Session): void {
    client.isMonitor = false
    this.#clients.delete(client)
    this.areOn = this.#clients.size > 0
  }

  /** Scripts are shown before they run, so that their commands follow them. */
  show(client: Session, args: Args): void {
    if (!this.areOn) return
    const { clock, log } = this.#server
    let line: Buffer
    try {
      line = monitorLine(client, args, clock.now())
    } catch (error) {
      if (!isTooLarge(error)) throw error
      log.warning('A request is too large to be shown: clients in MONITOR are disconnected.')
      for (const monitor of [...this.#clients]) this.#server.disconnect(monitor)
      return
    }
    for (const monitor of this.#clients) monitor.push(reply => reply.simpleBytes(line))
  }
}

/** One line of MONITOR: bytes, since words can be large and may take four times their length. */
function monitorLine(client: Session, args: Args, now: number): Buffer {
  const seconds = Math.floor(now / 1000)
  const micros = String(Math.floor((now % 1000) * 1000)).padStart(6, '0')
  const source = client.scriptCaller === undefined ? client.peer : 'lua'
  const head = `${seconds}.${micros} [${client.db.index} ${source}]`
  const isHidden = hiddenWords(client.server.table, args)
  const shown = (i: number): Buffer => (isHidden(i) ? REDACTED_BYTES : args.slice(i))
  let size = head.length
  for (let i = 0; i < args.count; i++) size += 1 + quotedLength(shown(i))
  const line = Buffer.allocUnsafe(size)
  let at = line.write(head, 'latin1')
  for (let i = 0; i < args.count; i++) {
    line[at++] = SPACE
    at = writeQuoted(line, at, shown(i))
  }
  return line
}
