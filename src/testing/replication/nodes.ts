// Nodes of which one is the master: who follows whom, how far they are, and the links between them.
// Who the master is say the nodes themselves: whoever was told to follow another is seen by where
// it connects to.

import type { RedisServer } from '../../engine/server.ts'
import type { Remote } from '../../transport/outgoing.ts'
import type { TestClock } from '../clock.ts'
import type { WaitOptions } from '../control.ts'
import { milliseconds } from '../duration.ts'
import * as shapes from '../shapes.ts'
import { Relay } from './link.ts'
import { feeds, PATIENCE_MS, replicationOf, untilNothingLacks } from './progress.ts'

/** What is asked of each. */
export interface SetNode {
  readonly server: RedisServer
  readonly host: string
  readonly port: number
}

export class Nodes<N extends SetNode> {
  readonly clock: TestClock
  readonly links: Relay[] = []
  /** In the order of their links. */
  readonly #replicas: N[] = []
  #master: N
  /** As they were made, the master first. */
  readonly #home: N[]
  readonly #unref: boolean

  /** @param unref links keep no process alive */
  constructor(clock: TestClock, master: N, unref: boolean) {
    this.clock = clock
    this.#unref = unref
    this.#master = master
    this.#home = [master]
    this.#watch(master)
  }

  /** One more replica, which begins to follow. */
  async add(start: () => Promise<N>): Promise<void> {
    const i = this.links.length
    const link = new Relay(this.clock, this.#unref, () => this.#untilBroken(i))
    await link.open()
    this.links.push(link)
    const node = await start()
    this.#replicas.push(node)
    this.#home.push(node)
    this.#watch(node)
    replicationOf(node).follow(this.#master.host, this.#master.port)
  }

  /** Resolves to what is lacking, if they do not get in sync. */
  inSync(): Promise<string | undefined> {
    return untilNothingLacks(() => this.#firstLacking())
  }

  #watch(node: N): void {
    node.server.features.use({ tick: () => this.#hear(node) })
  }

  /** Whether it is a replica that a master sees at an address. */
  isLink(peer: string): boolean {
    return this.links.some(link => link.leadsTo(peer))
  }

  async closeLinks(): Promise<void> {
    await Promise.all(this.links.map(link => link.close()))
  }

  // ---- Who is who ------------------------------------------------------------------------------

  get master(): N {
    return this.#master
  }

  get replicas(): readonly N[] {
    return this.#replicas
  }

  get all(): readonly N[] {
    return [this.#master, ...this.#replicas]
  }

  /** A node is about to connect to another: the master, or, where that does so, its heir. */
  detour(node: N, target: Remote): Remote {
    if (node === this.#master) {
      const heir = this.#replicas.findIndex(({ port }) => port === target.port)
      if (heir < 0) return target
      this.#swap(heir)
    }
    return this.links[this.#replicas.indexOf(node)]?.detour(target) ?? target
  }

  #swap(i: number): void {
    const heir = this.#replicas[i]
    if (heir === undefined) throw new RangeError(`There is no replica ${i}`)
    this.#replicas[i] = this.#master
    this.#master = heir
  }

  /**
   * Makes a replica the master, which the others then follow.
   * @throws RangeError if there is none
   */
  lead(replica: number): void {
    this.#swap(replica)
    const { host, port } = this.#master
    replicationOf(this.#master).lead()
    for (const node of this.#replicas) replicationOf(node).follow(host, port)
  }

  async promote(replica: number): Promise<void> {
    this.lead(replica)
    for (const { server } of this.all) server.endTurn()
    const lacking = await untilNothingLacks(() => this.#firstLacking(this.#through))
    if (lacking !== undefined) throw new Error(`A replica does not follow: ${lacking}`)
  }

  /** All links are whole, and everybody is where he began. */
  putBack(): void {
    for (const link of this.links) link.resume()
    const [master = this.#master, ...replicas] = this.#home
    const before = [...this.#replicas]
    this.#master = master
    this.#replicas.splice(0, replicas.length, ...replicas)
    replicationOf(master).lead()
    for (const [i, node] of replicas.entries()) {
      // Who has another link than before is to take it.
      if (before[i] !== node) replicationOf(node).lead()
      replicationOf(node).follow(master.host, master.port)
    }
    for (const { server } of this.all) server.endTurn()
  }

  // ---- How far they are ------------------------------------------------------------------------

  async settled(options: WaitOptions = {}): Promise<void> {
    shapes.checkSettled(options)
    const broken = this.links.findIndex(({ isThrough }) => !isThrough)
    if (broken >= 0) {
      throw new Error(`links[${broken}] is ${this.links[broken]?.state}: resume() it first`)
    }
    const { offset } = replicationOf(this.#master)
    const timeout = milliseconds(options.timeout ?? PATIENCE_MS)
    const lacking = await untilNothingLacks(() => this.#firstLacking(this.#places, offset), timeout)
    if (lacking === undefined) return
    const hint = this.clock.isFrozen ? '; the clock is frozen, and links and retries are on it' : ''
    throw new Error(`Not settled in ${timeout} ms: ${lacking}${hint}`)
  }

  get #places(): readonly number[] {
    return [...this.links.keys()]
  }

  /** Those whose links carry something. */
  get #through(): readonly number[] {
    return this.#places.filter(i => this.links[i]?.isThrough)
  }

  /** What is missing, if it is not in step with its master as that was. */
  #firstLacking(places = this.#places, offset?: number): string | undefined {
    const leader = replicationOf(this.#master)
    const wanted = offset ?? leader.offset
    for (const i of places) {
      const node = this.#replicas[i]
      if (node === undefined) continue
      const { masterLink, offset: own } = replicationOf(node)
      const state = masterLink?.state ?? 'no link'
      if (state !== 'connected') return `replicas[${i}] is not connected (${state})`
      if (own < wanted) return `replicas[${i}] is at ${own} of ${wanted} bytes`
      if (!this.#isFed(node)) return `nobody sends replicas[${i}] the stream yet`
    }
    return undefined
  }

  /** Whether one of them, be it the master or, in a chain, another one, sends it the stream. */
  #isFed({ port }: N): boolean {
    return this.all.some(node => feeds(replicationOf(node), port))
  }

  async #untilBroken(i: number): Promise<void> {
    await untilNothingLacks(() => {
      const node = this.#replicas[i]
      if (node === undefined) return undefined
      const isUp = replicationOf(node).masterLink?.state === 'connected'
      return isUp || this.#isFed(node) ? 'still connected' : undefined
    })
  }

  // A leap of the clock leaves no time for anything to come through a socket. What stands is not to
  // time out for that: whoever would have said something on the way counts as heard.
  #hear(node: N): void {
    if (!this.clock.isFrozen) return
    const now = this.clock.now()
    for (const [i, { isThrough }] of this.links.entries()) {
      const replica = this.#replicas[i]
      if (!isThrough || replica === undefined) continue
      const client = replicationOf(replica).masterLink?.client
      if (replica === node && client !== undefined) client.lastActiveAt = now
      for (const one of replicationOf(node).online) {
        if (one.listeningPort === replica.port) one.heardAt = now
      }
    }
  }
}
