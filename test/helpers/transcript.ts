// One transcript, two servers: rows of a command and its expected reply. Ours must give exactly
// that; a real redis-server, where there is one, must give the same bytes as ours, in RESP2 and in
// RESP3.
//
//   transcript(t, 'hset', [
//     ['HSET h f v g w', ':2'],
//     ['HGET h f', '$v'],
//     ['HKEYS h', ['$f', '$g'], 'sorted'],
//   ])
//
// A command is a line that is split like an inline command, or its words as a list. The expected
// reply is in the notation of Shown, in RESP2; ANY takes whatever comes. A third word says how the
// two servers are compared: 'sorted' (order of elements may differ), 'shape' (same types only),
// 'ours' (not compared), or '7.4' (compared only with a real server of that version or later).
// Settings that both servers start with may follow the rows, and the version of Redis that all of
// them are of: { since: [8, 0] }. A real server that is older is not asked.

import type t from 'tap'
import type { Test } from 'tap'
import { splitWords } from '../../src/resp3/words.ts'
import { type BothOptions, startOurs, startTheirs } from './both.ts'
import { notSince, realIsAtLeast } from './real.ts'
import { type Shown, show, type Wire } from './wire.ts'

export const ANY = Symbol('any reply')

export type Comparison = 'same' | 'sorted' | 'shape' | 'ours' | '7.2' | '7.4'
export type Row =
  | readonly [string | readonly string[], Shown | typeof ANY]
  | readonly [string | readonly string[], Shown | typeof ANY, Comparison]

export function transcript(
  parent: Test | typeof t,
  name: string,
  rows: readonly Row[],
  options: BothOptions = {},
): void {
  parent.test(name, async t => {
    const ours = await startOurs(options)
    t.teardown(() => ours.close())
    await t.test('as written', async t => {
      const wire = await ours.connect()
      for (const [command, expected, comparison] of rows) {
        const actual = show((await wire.call(...wordsOf(command))).reply)
        if (expected === ANY) continue
        if (comparison === 'sorted') t.strictSame(sorted(actual), sorted(expected), lineOf(command))
        else t.strictSame(actual, expected, lineOf(command))
      }
    })
    await t.test('as a real server answers', { skip: notSince(options.since) }, async t => {
      const real = await startTheirs(options)
      t.teardown(() => real.close())
      for (const protocol of ['2', '3']) {
        const mine = await ours.connect()
        const theirs = await real.connect()
        await prepare(mine, protocol)
        await prepare(theirs, protocol)
        for (const [command, , comparison = 'same'] of rows) {
          if (comparison === '7.2' && !realIsAtLeast(7, 2)) continue
          if (comparison === '7.4' && !realIsAtLeast(7, 4)) continue
          const [a, b] = await Promise.all([
            mine.call(...wordsOf(command)),
            theirs.call(...wordsOf(command)),
          ])
          const label = `RESP${protocol} ${lineOf(command)}`
          if (comparison === 'ours') continue
          if (comparison === 'shape') t.equal(a.reply.type, b.reply.type, label)
          else if (comparison === 'sorted')
            t.strictSame(sorted(show(a.reply)), sorted(show(b.reply)), label)
          else t.equal(a.bytes.toString('latin1'), b.bytes.toString('latin1'), label)
        }
      }
    })
  })
}

async function prepare(wire: Wire, protocol: string): Promise<void> {
  await wire.call('FLUSHALL')
  if (protocol === '3') await wire.call('HELLO', '3')
}

function wordsOf(command: string | readonly string[]): readonly string[] {
  if (typeof command !== 'string') return command
  const words = splitWords(command)
  if (words === undefined) throw new Error(`Unbalanced quotes: ${command}`)
  return words
}

function lineOf(command: string | readonly string[]): string {
  return typeof command === 'string' ? command : command.map(word => JSON.stringify(word)).join(' ')
}

/** The elements of a reply in an order of their own. */
export function sorted(shown: Shown): Shown {
  if (typeof shown === 'string') return shown
  return shown.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
