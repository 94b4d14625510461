// A replica's link to its master: connects, introduces itself, gets a snapshot or the rest of the
// stream, and then follows it. When the link breaks, it is made anew, at once and then once a
// second, and goes on where it was if the master still has what follows.

import type net from 'node:net'
import type { RedisServer } from '../engine/server.ts'
import { destinationOf } from '../host/destination.ts'
import type { Loading } from '../persistence/loading.ts'
import { requestBlocks } from '../resp3/exchange.ts'
import { brokenReason, openSocket, outgoingConnection } from '../transport/outgoing.ts'
import type { Follower, StreamPlace } from './follower.ts'
import {
  type Agreement,
  type Credentials,
  type HandshakeSteps,
  handshake,
  quote,
} from './handshake.ts'
import { Lines } from './lines.ts'
import { MasterClient } from './master-client.ts'
import { failureLines, Transfer } from './transfer.ts'

/** As ROLE names them. */
export type LinkState = 'connect' | 'connecting' | 'handshake' | 'sync' | 'connected'

const LINE_MAX = 1023
const NEWLINE = '\n'

export class MasterLink {
  readonly host: string
  readonly port: number
  state: LinkState = 'connect'
  /** When the link was lost, in milliseconds; undefined if it never was up. */
  downSince: number | undefined
  bytesIn = 0
  bytesOut = 0
  transfer: Transfer | undefined
  #client: MasterClient | undefined
  /** The offset of the byte before the first that its client got. */
  #base = 0
  #socket: net.Socket | undefined
  #steps: HandshakeSteps | undefined
  /** What was agreed on, once it was. */
  #agreement: Agreement | undefined
  #lines = new Lines(LINE_MAX)
  #lastHeardAt = 0
  readonly #server: RedisServer
  readonly #follower: Follower

  constructor(server: RedisServer, host: string, port: number, follower: Follower) {
    this.#server = server
    this.#follower = follower
    this.host = host
    this.port = port
  }

  /** When it was last heard of, in milliseconds; undefined if it never was up. */
  get upUntil(): number | undefined {
    return this.#client?.lastActiveAt ?? this.downSince
  }

  /** The last byte that was run, if the stream runs. */
  get offset(): number | undefined {
    return this.#client === undefined ? undefined : this.#base + this.#client.applied
  }

  /** The last byte that has come. */
  get received(): number | undefined {
    return this.#client === undefined ? undefined : this.#base + this.#client.received
  }

  /** Seconds since anything came, or -1 without a link. */
  get silentSeconds(): number {
    if (this.#client === undefined) return -1
    return Math.floor((this.#server.clock.now() - this.#client.lastActiveAt) / 1000)
  }

  get transferSilentSeconds(): number {
    return Math.floor((this.#server.clock.now() - this.#lastHeardAt) / 1000)
  }

  get client(): MasterClient | undefined {
    return this.#client
  }

  // ---- Connecting ------------------------------------------------------------------------------

  /** At once, after a link that stood; once a second after one that did not. */
  reconnect(): void {
    this.#server.log.notice(`Reconnecting to MASTER ${this.host}:${this.port}`)
    this.connect()
  }

  connect(): void {
    const { log } = this.#server
    log.notice(`Connecting to MASTER ${this.host}:${this.port}`)
    const destination = destinationOf(this.#server, this.host, this.port, 'tls-replication')
    if (destination === undefined) {
      log.warning('Unable to connect to MASTER: Success')
      return
    }
    this.#lastHeardAt = this.#server.clock.now()
    this.#set('connecting')
    const socket = openSocket(destination, () => this.#guard(socket, () => this.#greet(socket)))
    this.#socket = socket
    let failure: unknown
    socket.on('error', error => (failure ??= error))
    socket.on('data', (chunk: Buffer) => this.#guard(socket, () => this.#receive(chunk)))
    socket.on('close', () => this.#guard(socket, () => this.#closed(failure)))
    log.notice('MASTER <-> REPLICA sync started')
  }

  /** Nobody else catches what is thrown in a callback; and what an old socket says is over. */
  #guard(socket: net.Socket, act: () => void): void {
    if (socket !== this.#socket) return
    try {
      act()
    } catch (error) {
      this.#server.recordBug(error, { name: 'the link to the master' })
      this.drop()
    }
  }

  #greet(socket: net.Socket): void {
    const server = this.#server
    server.log.notice('Non blocking connect for SYNC fired the event.')
    const { settings } = server
    const place = this.#follower.place()
    const steps = handshake(
      {
        ...this.#credentials,
        port: settings['replica-announce-port'] || this.#ownPort,
        host: settings['replica-announce-ip'],
        wanted: place && { id: place.id, from: place.offset + 1 },
        isFailover: this.#follower.isFailover(),
      },
      server.log,
    )
    this.#steps = steps
    this.#set('handshake')
    this.#step(socket, steps.next())
  }

  get #credentials(): Credentials {
    const { masteruser, masterauth } = this.#server.settings
    return { user: masteruser, password: masterauth }
  }

  get #ownPort(): number {
    const { settings } = this.#server
    const tlsPort = settings['tls-port']
    return settings['tls-replication'] && tlsPort !== 0 ? tlsPort : settings.port
  }

  #step(socket: net.Socket, { value, done }: IteratorResult<Buffer, Agreement>): void {
    if (done) this.#agreed(value)
    else if (value.length > 0) this.#send(socket, value)
  }

  #send(socket: net.Socket, bytes: Buffer | string): void {
    this.bytesOut += bytes.length
    socket.write(bytes)
  }

  #agreed(agreement: Agreement): void {
    const { log } = this.#server
    this.#steps = undefined
    this.#agreement = agreement
    switch (agreement.kind) {
      case 'full':
      case 'unnamed':
        this.#set('sync')
        break
      case 'continued':
        this.#continue(agreement.id)
        break
      case 'later':
        log.notice(agreement.reason)
        this.drop()
        break
      case 'refused':
        if (this.#follower.isFailover()) this.#follower.refused(agreement.reason)
        else log.warning(agreement.reason)
        this.drop()
        break
    }
  }

  #continue(id: string | undefined): void {
    const place = this.#follower.place()
    if (place === undefined) {
      this.#server.log.warning('The master continues what was not asked for')
      this.drop()
      return
    }
    this.#follower.continued(id)
    this.#follow(place.offset, place.database)
    const { log } = this.#server
    log.notice('Successful partial resynchronization with master.')
    log.notice('MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.')
  }

  // ---- What comes ------------------------------------------------------------------------------

  #receive(chunk: Buffer): void {
    this.bytesIn += chunk.length
    this.#lastHeardAt = this.#server.clock.now()
    let rest: Buffer = chunk
    while (rest.length > 0 && this.#socket !== undefined) {
      if (this.#client !== undefined) {
        this.#run(this.#client, rest)
        return
      }
      if (this.transfer !== undefined) {
        this.transfer.push(rest)
        return
      }
      rest = this.#takeLine(rest)
    }
  }

  #run(client: MasterClient, bytes: Buffer): void {
    this.#server.guard(client, () => client.receive(bytes))
  }

  /** Takes a line if it has come, and returns what stands behind it. */
  #takeLine(bytes: Buffer): Buffer {
    const taken = this.#lines.take(bytes)
    if (taken === undefined) {
      this.#fail('Master did not respond to command during SYNC handshake')
      return bytes.subarray(bytes.length)
    }
    // An empty one says that the master is still there.
    if (taken.line) this.#answered(taken.line)
    return taken.rest
  }

  #answered(line: string): void {
    const socket = this.#socket
    if (socket === undefined) return
    const agreed = this.#agreement
    if (this.#steps !== undefined && agreed === undefined) {
      // SYNC has no answer but the snapshot itself.
      const { value, done } = this.#steps.next(line)
      if (done !== true) this.#step(socket, { value, done: false })
      else if (value.kind === 'unnamed') this.#announced(value, line)
      else this.#agreed(value)
    } else if (agreed !== undefined) {
      this.#announced(agreed, line)
    }
  }

  #announced(agreement: Agreement, line: string): void {
    this.#steps = undefined
    this.#agreement = agreement
    if (line.startsWith('-')) {
      const said = quote(line.slice(1), this.#credentials)
      this.#fail(`MASTER aborted replication with an error: ${said}`)
      return
    }
    this.#set('sync')
    this.#beginTransfer(agreement, line)
  }

  #beginTransfer(agreement: Agreement, line: string): void {
    const socket = this.#socket
    if (socket === undefined) return
    const server = this.#server
    const isSameStream = agreement.kind === 'full' && this.#follower.has(agreement.id)
    try {
      this.transfer = new Transfer(server, line, isSameStream, {
        flow: flows => void (flows ? socket.resume() : socket.pause()),
        replacing: () => this.#follower.replacing(),
        loaded: (loading, rest) => this.#guard(socket, () => this.#loaded(loading, rest)),
        failed: error => this.#guard(socket, () => this.#transferFailed(error)),
      })
    } catch (error) {
      this.#transferFailed(error)
      return
    }
    const { size, target } = this.transfer
    server.log.notice(
      size === undefined
        ? `MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to ${target}`
        : `MASTER <-> REPLICA sync: receiving ${size} bytes from master to ${target}`,
    )
    this.#follower.starting()
  }

  #loaded({ remarks }: Loading, rest: Buffer): void {
    const { log } = this.#server
    const isMarked = this.transfer?.isMarked === true
    this.transfer = undefined
    const agreement = this.#agreement
    const named = agreement?.kind === 'full' ? agreement : undefined
    const id = named?.id ?? remarks.get('repl-id') ?? ''
    const offset = named?.offset ?? Number(remarks.get('repl-offset') ?? 0)
    this.#follower.loaded(id, offset)
    this.#follow(offset, Number(remarks.get('repl-stream-db') ?? 0))
    log.notice('MASTER <-> REPLICA sync: Finished with success')
    if (isMarked) this.acknowledge()
    if (rest.length > 0 && this.#client !== undefined) this.#run(this.#client, rest)
    this.#server.endTurn()
  }

  #transferFailed(error: unknown): void {
    const lines = failureLines(error, this.transfer?.target)
    if (lines === undefined) throw error
    for (const line of lines) this.#server.log.warning(quote(line, this.#credentials))
    this.drop()
  }

  /** From now on the stream runs, from the byte behind an offset. */
  #follow(offset: number, database: number): void {
    const socket = this.#socket
    if (socket === undefined) return
    const server = this.#server
    const client = server.adopt(
      id =>
        new MasterClient(server, id, outgoingConnection(socket), {
          applied: bytes => this.#follower.applied(bytes),
          broken: reason => this.#broken(reason),
        }),
    )
    client.db = server.keyspace.get(database) ?? client.db
    this.#base = offset
    this.#client = client
    this.downSince = undefined
    this.#set('connected')
  }

  #broken(reason: string): void {
    const { log } = this.#server
    log.warning(`Protocol error from master: ${reason}`)
    this.drop()
  }

  // ---- What is sent ----------------------------------------------------------------------------

  /** Says how far it is. */
  acknowledge(): void {
    const { offset } = this
    if (offset === undefined) return
    const fileOffset = this.#follower.fileOffset()
    const file = fileOffset === undefined ? [] : ['FACK', String(fileOffset)]
    const words = ['REPLCONF', 'ACK', String(offset), ...file]
    const bytes = Buffer.concat(requestBlocks(words))
    this.bytesOut += bytes.length
    this.#client?.send(bytes)
  }

  /** Once a second. */
  tick(): void {
    const { clock, settings, log } = this.#server
    // Nobody listens to the master while there is enough to do.
    if (this.transfer?.isBusy) this.#lastHeardAt = clock.now()
    const isLate = clock.now() - this.#lastHeardAt > settings['repl-timeout'] * 1000
    if (this.state === 'connect') {
      this.connect()
    } else if (this.state === 'connected') {
      if (this.silentSeconds > settings['repl-timeout']) {
        log.warning('MASTER timeout: no data nor PING received...')
        this.drop()
      } else {
        this.acknowledge()
        // What a long script has held back.
        this.#client?.process()
      }
    } else if (isLate) {
      log.warning(
        this.state === 'sync'
          ? "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value."
          : 'Timeout connecting to the MASTER...',
      )
      this.drop()
    } else if (this.state === 'sync' && this.transfer !== undefined) {
      this.#socket?.write(NEWLINE)
    }
  }

  // ---- The end ---------------------------------------------------------------------------------

  #fail(reason: string): void {
    this.#server.log.warning(reason)
    this.drop()
  }

  #closed(failure: unknown): void {
    const { log } = this.#server
    if (this.state === 'connecting') {
      log.warning(`Error condition on socket for SYNC: ${brokenReason(failure)}`)
    } else if (this.state === 'handshake') {
      log.warning(`Failed to read response from the server: ${brokenReason(failure)}`)
      log.warning('Master did not respond to command during SYNC handshake')
    } else if (this.transfer !== undefined) {
      this.transfer.cut()
    } else if (this.state === 'sync') {
      log.warning('I/O error trying to sync with MASTER: connection lost')
    }
    this.drop()
  }

  /** Ends the connection, whatever it is about. The node decides whether a new one follows. */
  drop(): void {
    const socket = this.#socket
    const client = this.#client
    if (socket === undefined) return
    const place = client && this.#placeOf(client)
    this.#socket = undefined
    this.#client = undefined
    this.#steps = undefined
    this.#agreement = undefined
    this.#lines = new Lines(LINE_MAX)
    this.transfer?.abort()
    this.transfer = undefined
    this.state = 'connect'
    if (client !== undefined && !client.closed) this.#server.release(client)
    socket.destroy()
    if (client === undefined) {
      this.#follower.changed()
      return
    }
    this.downSince = this.#server.clock.now()
    this.#server.log.notice('Connection with master lost.')
    if (place !== undefined) this.#server.log.notice('Caching the disconnected master state.')
    this.#follower.broke(place)
  }

  #placeOf(client: MasterClient): Omit<StreamPlace, 'id'> | undefined {
    if (client.isBroken) return undefined
    return { offset: this.#base + client.applied, database: client.db.index }
  }

  #set(state: LinkState): void {
    this.state = state
    this.#follower.changed()
  }
}
