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
// for the id of client a.

import type t from 'tap'
import type { Test } from 'tap'
import { splitWords } from '../../src/resp3/words.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from './real.ts'
import { startServer } from './server.ts'
import { encode, type Shown, show, type Wire } from './wire.ts'

export type Step =
  | readonly [client: string, command: string]
  | readonly [client: string, command: string, answers: Readonly<Record<string, readonly Shown[]>>]

/** Before 7.2 a waiting client did not run its command again, but was handed what had come. */
const SKIPPED =
  NO_REAL_SERVER || (realIsAtLeast(7, 2) ? false : 'before Redis 7.2 clients were served otherwise')

export function scene(parent: Test | typeof t, name: string, steps: readonly Step[]): void {
  parent.test(name, async t => {
    await t.test('here', async t => {
      const ours = await startServer()
      t.teardown(() => ours.close())
      await play(t, ours, steps)
    })
    await t.test('on a real server', { skip: SKIPPED }, async t => {
      const real = await startReal()
      t.teardown(() => real.close())
      await play(t, real, steps)
    })
  })
}

async function play(
  t: Test,
  server: { connect(): Promise<Wire> },
  steps: readonly Step[],
): Promise<void> {
  const clients = new Map<string, Wire>()
  const ids = new Map<string, string>()
  const watcher = await server.connect()
  for (const [name, command, answers] of steps) {
    const client = clients.get(name) ?? (await server.connect())
    if (!clients.has(name)) ids.set(`@${name}`, String(await client.ask('CLIENT', 'ID')).slice(1))
    clients.set(name, client)
    const before = answers === undefined ? await blockedClients(watcher) : 0
    // Lines of one step are sent at once.
    const lines = command
      .split(' | ')
      .map(line => (splitWords(line) ?? []).map(word => ids.get(word) ?? word))
    client.write(encode(...lines))
    if (answers === undefined) {
      while ((await blockedClients(watcher)) <= before);
      continue
    }
    for (const [who, expected] of Object.entries(answers)) {
      const wire = clients.get(who)
      for (const reply of expected) {
        t.strictSame(wire && show((await wire.next()).reply), reply, `${who} after ${command}`)
      }
    }
    await watcher.call('PING')
    for (const [who, wire] of clients) t.equal(wire.unread, 0, `${who} after ${command}`)
  }
  for (const wire of [watcher, ...clients.values()]) wire.close()
}

async function blockedClients(watcher: Wire): Promise<number> {
  const info = await watcher.ask('INFO', 'clients')
  return Number(/blocked_clients:(\d+)/.exec(String(info))?.[1])
}
