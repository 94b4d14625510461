// A scene: several clients, what one after the other sends, and who is answered what thereupon.
// The same scene runs on ours and on a real server, where there is one, so that who is served, and
// in which order, is the same on both.
//
//   scene(t, 'the first to wait is served first', [
//     ['a', 'BLPOP k 0'],                              waits
//     ['b', 'BLPOP k 0'],                              waits
//     ['c', 'RPUSH k x', { c: [':1'], a: [['$k', '$x']] }],
//   ])
//
// A step without answers waits until the server says that one more client is blocked. '@a' stands
// for the id of client a, also in answers (':@a'). An answer may be a pattern that the whole text
// of a reply matches, ANY for whatever comes, or CLOSED for the end of the connection.

import type t from 'tap'
import type { Test } from 'tap'
import { splitWords } from '../../src/resp3/words.ts'
import { type BothOptions, type Either, onBoth } from './both.ts'
import { ANY } from './transcript.ts'
import { encode, type Shown, show, type Wire } from './wire.ts'

export { ANY }
export const CLOSED = Symbol('the connection is closed')

export type Expected = Shown | RegExp | typeof ANY | typeof CLOSED
export type Answers = Readonly<Record<string, readonly Expected[]>>
export type Step =
  | readonly [client: string, command: string]
  | readonly [client: string, command: string, answers: Answers]

export function scene(
  parent: Test | typeof t,
  name: string,
  steps: readonly Step[],
  options?: BothOptions,
): void {
  onBoth(parent, name, (t, server) => new Play(t, server).run(steps), options)
}

class Play {
  readonly #t: Test
  readonly #server: Either
  readonly #clients = new Map<string, Wire>()
  readonly #ids = new Map<string, string>()

  constructor(t: Test, server: Either) {
    this.#t = t
    this.#server = server
  }

  async run(steps: readonly Step[]): Promise<void> {
    const watcher = await this.#server.connect()
    for (const [name, command, answers] of steps) {
      const client = await this.#client(name)
      const before = answers === undefined ? await blockedClients(watcher) : 0
      // Lines of one step are sent at once.
      const lines = command.split(' | ').map(line => (splitWords(line) ?? []).map(this.#withIds))
      client.write(encode(...lines))
      if (answers === undefined) {
        while ((await blockedClients(watcher)) <= before);
        continue
      }
      for (const [who, replies] of Object.entries(answers)) {
        for (const reply of replies) await this.#hear(who, reply, command)
      }
      await watcher.call('PING')
      for (const [who, wire] of this.#clients) {
        this.#t.equal(wire.unread, 0, `${who} after ${command}`)
      }
    }
    for (const wire of [watcher, ...this.#clients.values()]) wire.close()
  }

  async #client(name: string): Promise<Wire> {
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const client = await this.#server.connect()
    this.#clients.set(name, client)
    this.#ids.set(`@${name}`, String(await client.ask('CLIENT', 'ID')).slice(1))
    return client
  }

  async #hear(who: string, expected: Expected, command: string): Promise<void> {
    const label = `${who} after ${command}`
    const wire = this.#clients.get(who)
    if (wire === undefined) throw new Error(`Nobody is called ${who}`)
    if (expected === CLOSED) {
      await wire.closed
      this.#t.pass(`${label} is closed`)
      return
    }
    const reply = show((await wire.next()).reply)
    if (expected === ANY) return
    if (expected instanceof RegExp) this.#t.match(reply, expected, label)
    else this.#t.strictSame(reply, this.#shown(expected as Shown), label)
  }

  readonly #withIds = (word: string): string => this.#ids.get(word) ?? word

  #shown(expected: Shown): Shown {
    if (typeof expected !== 'string') return expected.map(one => this.#shown(one))
    return expected.slice(0, 1) + this.#withIds(expected.slice(1))
  }
}

async function blockedClients(watcher: Wire): Promise<number> {
  const info = await watcher.ask('INFO', 'clients')
  return Number(/blocked_clients:(\d+)/.exec(String(info))?.[1])
}
