// The way between a replica and its master: a relay on this machine, to which the replica is led
// whoever it follows. So every byte of a link goes through the hands of a test, and neither node
// has to know of it.

import net from 'node:net'
import { addressText } from '../../transport/connection.ts'
import type { Remote } from '../../transport/outgoing.ts'
import type { Timer } from '../../util/clock.ts'
import type { TestClock } from '../clock.ts'
import { type Duration, milliseconds } from '../duration.ts'
import type { ReplicationLink } from './replicated.ts'

const HOST = '127.0.0.1'

/** Bytes on their way, or, if there are none, the end of their connection. */
interface Parcel {
  readonly bytes: Buffer | undefined
  isDue: boolean
  timer: Timer | undefined
}

/** One direction of a connection. */
class Lane {
  readonly #from: net.Socket
  readonly #to: net.Socket
  readonly #link: Relay
  readonly #parcels: Parcel[] = []
  #isFull = false
  #isDropped = false

  constructor(from: net.Socket, to: net.Socket, link: Relay) {
    this.#from = from
    this.#to = to
    this.#link = link
    from.on('data', bytes => this.#take(bytes))
    from.on('close', () => this.#take(undefined))
    to.on('drain', () => {
      this.#isFull = false
      this.update()
    })
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#isDropped) return
    const { delayMs, clock } = this.#link
    const parcel: Parcel = { bytes, isDue: delayMs === 0, timer: undefined }
    this.#parcels.push(parcel)
    if (!parcel.isDue) {
      parcel.timer = clock.after(delayMs, () => {
        parcel.isDue = true
        this.#deliver()
      })
    }
    this.#deliver()
  }

  #deliver(): void {
    if (this.#link.isHeld) return
    for (let [next] = this.#parcels; next?.isDue; [next] = this.#parcels) {
      this.#parcels.shift()
      if (next.bytes === undefined) this.#to.destroySoon()
      else if (!this.#to.write(next.bytes)) {
        this.#isFull = true
        this.#from.pause()
      }
    }
  }

  /** The link is another than it was. */
  update(): void {
    const { isHeld, delayMs } = this.#link
    if (isHeld || this.#isFull) this.#from.pause()
    else this.#from.resume()
    if (delayMs === 0) {
      for (const parcel of this.#parcels) {
        parcel.timer?.cancel()
        parcel.isDue = true
      }
    }
    this.#deliver()
  }

  /** What was on its way is lost. */
  drop(): void {
    this.#isDropped = true
    for (const { timer } of this.#parcels) timer?.cancel()
    this.#parcels.length = 0
    this.#from.destroy()
  }
}

export class Relay implements ReplicationLink {
  readonly clock: TestClock
  isHeld = false
  #isCut = false
  delayMs = 0
  /** Where the replica wanted to go last. */
  #target: Remote | undefined
  readonly #lanes = new Set<Lane>()
  /** Connections that are not answered. */
  readonly #unanswered = new Set<net.Socket>()
  /** As masters see the replica. */
  readonly #peers = new Set<string>()
  readonly #listener: net.Server
  readonly #unref: boolean
  readonly #broken: () => Promise<void>

  /** @param broken resolves when both sides know that the connection is gone */
  constructor(clock: TestClock, unref: boolean, broken: () => Promise<void>) {
    this.clock = clock
    this.#unref = unref
    this.#broken = broken
    this.#listener = net.createServer({ pauseOnConnect: true, noDelay: true }, socket => {
      socket.on('error', () => {})
      this.#unanswered.add(socket)
      socket.on('close', () => this.#unanswered.delete(socket))
      if (unref) socket.unref()
      this.#answer()
    })
    if (unref) this.#listener.unref()
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen(0, HOST, resolve)
    })
  }

  /** Where to go instead. */
  detour(target: Remote): Remote {
    this.#target = target
    const address = this.#listener.address()
    return address === null || typeof address === 'string'
      ? target
      : { host: HOST, port: address.port }
  }

  get state(): 'open' | 'cut' | 'held' | 'delayed' {
    if (this.#isCut) return 'cut'
    if (this.isHeld) return 'held'
    return this.delayMs === 0 ? 'open' : 'delayed'
  }

  /** What one side says reaches the other. */
  get isThrough(): boolean {
    return !this.#isCut && !this.isHeld
  }

  /** Whether it is this that a master sees at an address. */
  leadsTo(peer: string): boolean {
    return this.#peers.has(peer)
  }

  #answer(): void {
    if (!this.isThrough || this.#target === undefined) return
    for (const socket of this.#unanswered) {
      const onward = net.connect({ ...this.#target, noDelay: true })
      onward.on('error', () => {})
      let peer = ''
      onward.on('connect', () => {
        peer = addressText(onward.localAddress, onward.localPort)
        this.#peers.add(peer)
      })
      onward.on('close', () => this.#peers.delete(peer))
      if (this.#unref) onward.unref()
      const lanes = [new Lane(socket, onward, this), new Lane(onward, socket, this)]
      for (const lane of lanes) this.#lanes.add(lane)
      let open = lanes.length
      const closed = (): void => {
        open--
        if (open === 0) for (const lane of lanes) this.#lanes.delete(lane)
      }
      socket.on('close', closed)
      onward.on('close', closed)
      for (const lane of lanes) lane.update()
    }
    this.#unanswered.clear()
  }

  cut(): Promise<void> {
    this.#isCut = true
    this.#drop()
    return this.#broken()
  }

  hold(): void {
    this.isHeld = true
    this.#update()
  }

  delay(duration: Duration): void {
    this.delayMs = milliseconds(duration)
    this.#update()
  }

  resume(): void {
    this.#isCut = false
    this.isHeld = false
    this.delayMs = 0
    this.#update()
  }

  #update(): void {
    for (const lane of this.#lanes) lane.update()
    this.#answer()
  }

  #drop(): void {
    for (const lane of this.#lanes) lane.drop()
    for (const socket of this.#unanswered) socket.destroy()
  }

  close(): Promise<void> {
    this.#drop()
    return new Promise(resolve => this.#listener.close(() => resolve()))
  }
}
