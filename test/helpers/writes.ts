// What a server tells of its writes to whoever has to do the same, line by line. Of ours, what a
// listener of its effects hears; of a real server, what it sends a replica. The same rows run on
// both:
//
//   writes(t, 'popping', [
//     ['RPUSH l a b', 'RPUSH l a b'],
//     ['LMPOP 1 l LEFT COUNT 9', 'LPOP l 2'],
//     ['b: BLPOP l 0 &', []],                        b waits, and nothing is told
//   ])
//
// Requests of a row are separated by ' | ', and sent one after the other by client a, or by the one
// that is named before. With '&' behind, a request is known to wait and is not waited for. 'UNTIL
// reply request' asks again and again. '<dump k>' stands for what DUMP k answers, '<target>' for the
// port of another server.
//
// A row may name the version of Redis since which it holds: before 7.2 some things were told in other
// words, and what is new in 7.4 is not even asked of an older one. What all rows need of a later
// version follows them: { since: [8, 0] }.
//
// In lines, times of today are <ms>, members r0, r1 ... are r?, words that are no text are <bytes>,
// and long lines end after two words.

import net from 'node:net'
import type t from 'tap'
import type { Test } from 'tap'
import { EffectStream, TARGET } from '../../src/engine/effect.ts'
import { decodeReply } from '../../src/resp3/decoder.ts'
import { splitWords } from '../../src/resp3/words.ts'
import type { BothOptions } from './both.ts'
import { notSince, type RealServer, realIsAtLeast, startReal } from './real.ts'
import { type Since, startServer, type TestServer, withCommandsOf } from './server.ts'
import type { Wire } from './wire.ts'

type Version = '7.2' | '7.4'
export type WriteRow =
  | readonly [requests: string, told: string | readonly string[]]
  | readonly [requests: string, told: string | readonly string[], since: Version]

/** A server, and what it tells. */
interface Subject {
  readonly server: { connect(): Promise<Wire> }
  readonly told: Told
  isAtLeast(major: number, minor: number): boolean
}

const CONFIG = [['enable-debug-command', 'yes']]

export function writes(
  parent: Test | typeof t,
  name: string,
  rows: readonly WriteRow[],
  { since }: Pick<BothOptions, 'since'> = {},
): void {
  parent.test(name, async t => {
    await t.test('here', async t => {
      const { ours, subject } = await follow(since)
      t.teardown(() => ours.close())
      await play(t, subject, rows)
    })
    await t.test('on a real server', { skip: notSince(since) }, async t => {
      const { real, subject, close } = await followReal(t.testdir())
      t.teardown(async () => {
        close()
        await real.close()
      })
      await play(t, subject, rows)
    })
  })
}

async function follow(since?: Since): Promise<{ ours: TestServer; subject: Subject }> {
  const ours = await startServer({ config: CONFIG, ...withCommandsOf(since) })
  const told = new Told()
  const stream = new EffectStream(TARGET.replicas)
  const listener = {
    unit: (...unit: Parameters<EffectStream['blocksOf']>) => {
      for (const block of stream.blocksOf(...unit)) told.receive(block)
    },
    lost: () => told.receive(Buffer.from('*1\r\n$4\r\nlost\r\n')),
  }
  ours.server.effects.listen(listener, TARGET.replicas)
  return { ours, subject: { server: ours, told, isAtLeast: () => true } }
}

/** Replicas get a snapshot that is a file in the folder. */
async function followReal(
  folder: string,
): Promise<{ real: RealServer; subject: Subject; close(): void }> {
  const real = await startReal(
    ...['--dir', folder],
    ...['--repl-ping-replica-period', '3600', '--repl-timeout', '3600'],
  )
  const told = new Told()
  const socket = await becomeReplica(real.port, told)
  const close = (): void => void socket.destroy()
  return { real, subject: { server: real, told, isAtLeast: realIsAtLeast }, close }
}

/** Asks for everything, and goes on with what follows the snapshot. */
async function becomeReplica(port: number, told: Told): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('PSYNC ? -1\r\n')
  await new Promise<void>((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0)
    let isSynchronized = false
    socket.once('close', () => reject(new Error('The real server has closed the link')))
    socket.on('data', (chunk: Buffer) => {
      if (isSynchronized) {
        told.receive(chunk)
        return
      }
      held = Buffer.concat([held, chunk])
      const head = /^\+FULLRESYNC [^\n]*\n\n*\$(\d+)\r\n/.exec(held.toString('latin1'))
      const end = head === null ? Infinity : head[0].length + Number(head[1])
      if (held.length < end) return
      isSynchronized = true
      told.receive(held.subarray(end))
      resolve()
    })
  })
  return socket
}

const FENCE = 'the end of the row'

/** The stream of commands. */
class Told {
  #bytes: Buffer = Buffer.alloc(0)
  #commands: string[][] = []
  #arrived = (): void => {}

  receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const decoded = this.#bytes.length > 0 ? decodeReply(this.#bytes) : undefined
      if (decoded === undefined) break
      const { reply } = decoded
      const items = reply.type === 'array' ? reply.items : []
      this.#commands.push(items.map(item => ('text' in item ? item.text : '')))
      this.#bytes = this.#bytes.subarray(decoded.end)
    }
    this.#arrived()
  }

  /** What was told until the fence, which somebody has put up. */
  async untilFence(): Promise<string[]> {
    for (;;) {
      const end = this.#commands.findIndex(words => words[1] === FENCE)
      if (end >= 0) {
        const commands = this.#commands.slice(0, end)
        this.#commands = this.#commands.slice(end + 1)
        // The fence stands in database 0, which is of no interest.
        if (commands.at(-1)?.[0] === 'SELECT') commands.pop()
        return commands.map(lineOf)
      }
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
  }
}

const WORDS_SHOWN_MAX = 24

function lineOf(words: readonly string[]): string {
  const shown = words.length > WORDS_SHOWN_MAX ? words.slice(0, 2) : words
  const line = shown.map(shownWord).join(' ')
  return words.length > WORDS_SHOWN_MAX ? `${line} ... ${words.length} words` : line
}

const DAY_MS = 24 * 3600 * 1000

function shownWord(word: string): string {
  if (/[^\n -~]/.test(word)) return '<bytes>'
  if (/^r\d+$/.test(word)) return 'r?'
  const [, milliseconds, rest] = /^(\d{13})(-\d+)?$/.exec(word) ?? []
  if (milliseconds === undefined || Math.abs(Number(milliseconds) - Date.now()) > DAY_MS) {
    return word
  }
  return `<ms>${rest ?? ''}`
}

async function play(t: Test, subject: Subject, rows: readonly WriteRow[]): Promise<void> {
  const target = await startServer()
  t.teardown(() => target.close())
  const clients = new Clients(subject.server, target.port)
  await clients.ask('a', ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'])
  await clients.fence()
  await subject.told.untilFence()
  for (const [requests, expected, since = '7.0'] of rows) {
    const [major = 0, minor = 0] = since.split('.').map(Number)
    const isComparable = subject.isAtLeast(major, minor)
    if (since === '7.4' && !isComparable) continue
    for (const request of requests.split(' | ')) await clients.play(request)
    await clients.fence()
    const told = await subject.told.untilFence()
    if (isComparable)
      t.strictSame(told, typeof expected === 'string' ? [expected] : expected, requests)
  }
  clients.close()
}

class Clients {
  readonly #server: Subject['server']
  readonly #target: number
  readonly #wires = new Map<string, Wire>()

  constructor(server: Subject['server'], target: number) {
    this.#server = server
    this.#target = target
  }

  async play(text: string): Promise<void> {
    const [, name = 'a', request = '', waits] = /^(?:(\w): )?(.*?)( &)?$/s.exec(text) ?? []
    const words = await this.#wordsOf(request)
    if (waits !== undefined) await this.#letWait(name, words)
    else if (words[0] === 'UNTIL') while ((await this.ask(name, words.slice(2))) !== words[1]);
    else await this.ask(name, words)
  }

  async ask(name: string, words: readonly string[]) {
    return (await this.#wire(name)).ask(...words)
  }

  async fence(): Promise<void> {
    await this.ask('the fence', ['PUBLISH', FENCE, ''])
  }

  close(): void {
    for (const wire of this.#wires.values()) wire.close()
  }

  async #letWait(name: string, words: readonly string[]): Promise<void> {
    const before = await this.#blocked()
    // Its reply, if there is to be one, is of no interest.
    this.ask(name, words).catch(() => {})
    while ((await this.#blocked()) <= before);
  }

  async #blocked(): Promise<number> {
    const info = String(await this.ask('the watcher', ['INFO', 'clients']))
    return Number(/blocked_clients:(\d+)/.exec(info)?.[1])
  }

  async #wordsOf(request: string): Promise<string[]> {
    const words: string[] = []
    const line = request.replace('<target>', String(this.#target))
    for (const word of splitWords(line.replace(/<dump (\w+)>/g, '"<dump $1>"')) ?? []) {
      const [, key] = /^<dump (\w+)>$/.exec(word) ?? []
      words.push(key === undefined ? word : String(await this.ask('a', ['DUMP', key])).slice(1))
    }
    return words
  }

  async #wire(name: string): Promise<Wire> {
    const wire = this.#wires.get(name) ?? (await this.#server.connect())
    this.#wires.set(name, wire)
    return wire
  }
}
