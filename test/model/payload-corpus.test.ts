// Payloads of every type and encoding, damaged at random and given a right checksum again: RESTORE
// answers its one error, or makes a value that is sound: it can be read, written to, dumped and
// restored, and is then the same. Nothing takes long, and nothing takes memory that it only claims.
//
// SEED=n starts at another seed; PAYLOADS=n tries more or fewer. What fails is kept in the corpus.

import fs from 'node:fs'
import t from 'tap'
import { crc64 } from '../../src/util/crc.ts'
import { type Random, SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { startServer } from '../helpers/server.ts'
import { encode, type Shown, show, type Wire } from '../helpers/wire.ts'
import { OLD_PAYLOADS } from '../persistence/old-payloads.ts'
import { pick } from './syntax.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const PAYLOADS = Number(process.env['PAYLOADS'] ?? (process.env['TEST_LONG'] ? 100_000 : 3000))
const FOOTER_SIZE = 10
const VERSION = 11
const PAYLOAD_MS_MAX = 5000
const HEAP_MAX = 512 * 1024 * 1024

/** Bodies in hexadecimal. */
const corpus = new Corpus<string>('payloads')

/** Bodies of payloads that are sound: as 7.4 writes them, and as older versions did. */
function seeds(): Buffer[] {
  const recorded = JSON.parse(
    fs.readFileSync(new URL('../recorded/payloads-7.4.json', import.meta.url), 'utf8'),
  ) as { readonly payload: string }[]
  return [
    ...recorded.map(({ payload }) => Buffer.from(payload, 'hex').subarray(0, -FOOTER_SIZE)),
    ...OLD_PAYLOADS.map(([, hex]) => Buffer.from(hex.replaceAll(' ', ''), 'hex')),
  ]
}

const TYPES = 26
/** Bytes that mean something somewhere: ends, lengths, encodings, signs. */
const BYTES = [0, 1, 2, 3, 5, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xe0, 0xf0]
const MORE_BYTES = [0xf1, 0xf2, 0xf3, 0xf4, 0xfd, 0xfe, 0xff]
/** Lengths in the ways in which they are written. */
const LENGTHS = ['00', '3f', '7fff', '80ffffffff', '817fffffffffffffff', '81ffffffffffffffff']
const LENGTHS_LZF = ['c30480ffffffff00', 'c381000000010000000001', 'c0ff', 'c1ffff', 'c2ffffffff']

function damaged(body: Buffer, bodies: readonly Buffer[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(body)
  for (let times = random.below(3); times >= 0; times--) bytes = damagedOnce(bytes, bodies, random)
  return bytes
}

function damagedOnce(bytes: Buffer, bodies: readonly Buffer[], random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const length = 1 + random.below(8)
  const splice = (remove: number, insert: Uint8Array): Buffer =>
    Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
  switch (random.below(9)) {
    case 0:
      return splice(1, Uint8Array.of(pick([...BYTES, ...MORE_BYTES], random)))
    case 1:
      return splice(1, Uint8Array.of(random.below(256)))
    case 2:
      return splice(1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))))
    case 3:
      return splice(length, new Uint8Array(0))
    case 4:
      return splice(0, bytes.subarray(at, at + length))
    case 5:
      return bytes.subarray(0, at)
    case 6:
      return splice(random.below(3), Buffer.from(pick([...LENGTHS, ...LENGTHS_LZF], random), 'hex'))
    case 7: {
      const other = pick(bodies, random)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length))])
    }
    default:
      return Buffer.concat([Uint8Array.of(random.below(TYPES)), bytes.subarray(1)])
  }
}

function withFooter(body: Buffer): string {
  const bytes = Buffer.alloc(body.length + FOOTER_SIZE)
  body.copy(bytes)
  bytes.writeUInt16LE(VERSION, body.length)
  bytes.writeBigUInt64LE(crc64(bytes.subarray(0, body.length + 2)), body.length + 2)
  return bytes.toString('latin1')
}

async function ask(wire: Wire, commands: readonly (readonly string[])[]): Promise<Shown[]> {
  wire.write(encode(...commands))
  const answers = await Promise.all(commands.map(() => wire.next()))
  return answers.map(({ reply }) => show(reply))
}

/** By type, what reads all of a value. */
const READS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  string: [
    ['GET', 'k'],
    ['BITCOUNT', 'k'],
  ],
  list: [
    ['LRANGE', 'k', '0', '-1'],
    ['LPOS', 'k', 'a', 'COUNT', '0'],
  ],
  set: [
    ['SMEMBERS', 'k'],
    ['SINTERCARD', '1', 'k'],
  ],
  zset: [
    ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
    ['ZCOUNT', 'k', '-inf', '+inf'],
  ],
  hash: [
    ['HGETALL', 'k'],
    ['HSCAN', 'k', '0', 'COUNT', '1000'],
  ],
  stream: [
    ['XRANGE', 'k', '-', '+'],
    ['XINFO', 'STREAM', 'k', 'FULL'],
    ['XINFO', 'GROUPS', 'k'],
  ],
}

/** By type, what writes to a value, if that is still possible. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  string: ['APPEND', 'k', 'x'],
  list: ['RPUSH', 'k', 'x'],
  set: ['SADD', 'k', 'x', '7'],
  zset: ['ZADD', 'k', '1.5', 'x'],
  hash: ['HSET', 'k', 'x', 'y'],
  stream: ['XTRIM', 'k', 'MAXLEN', '1'],
}

// The long run takes its time.
t.setTimeout(PAYLOADS > 3000 ? 3_600_000 : 110_000)

t.test('damaged payloads', async t => {
  const redis = await startServer({ config: [['enable-debug-command', 'yes']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const bodies = seeds()
  const count = { refused: 0, sound: 0 }
  for (const { file, why, input } of corpus.specimens()) {
    const { faults } = await restore(wire, Buffer.from(input, 'hex'))
    t.strictSame(faults, [], `${file}: ${why}`)
  }
  for (let seed = SEED; seed < SEED + PAYLOADS && t.counts.fail < 5; seed++) {
    const random = new SeededRandom(seed)
    const body = damaged(pick(bodies, random), bodies, random)
    const { isSound, faults } = await restore(wire, body)
    count[isSound ? 'sound' : 'refused']++
    for (const fault of faults) {
      const hex = body.toString('hex')
      t.fail(`SEED=${seed} ${hex.slice(0, 400)}: ${fault} (${corpus.keep(fault, hex)})`)
    }
  }
  t.comment(`${count.refused} were refused, ${count.sound} made a sound value`)
  t.ok(count.refused > PAYLOADS / 10 && count.sound > PAYLOADS / 20, 'some of each kind')
  t.equal(t.counts.fail, 0)
})

/** Restores a payload; what is wrong about that, or about the value. */
async function restore(
  wire: Wire,
  body: Buffer,
): Promise<{ readonly isSound: boolean; readonly faults: readonly string[] }> {
  const startedAt = performance.now()
  const restored = ['RESTORE', 'k', '0', withFooter(body), 'REPLACE']
  const [verdict, type] = await ask(wire, [restored, ['TYPE', 'k']])
  const isSound = verdict === '+OK'
  const faults: string[] = []
  if (isSound) {
    const fault = await faultOf(wire, String(type).slice(1))
    if (fault !== undefined) faults.push(fault)
  } else {
    if (verdict !== '-ERR Bad data format') faults.push(String(verdict))
    if (type !== '+none' && type !== undefined) await ask(wire, [['DEL', 'k']])
  }
  const took = performance.now() - startedAt
  if (took > PAYLOAD_MS_MAX) faults.push(`took ${took} ms`)
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  if (heapUsed + arrayBuffers > HEAP_MAX) faults.push(`${heapUsed + arrayBuffers} bytes`)
  return { isSound, faults }
}

/** What is wrong with the value k, if anything: then it is gone. */
async function faultOf(wire: Wire, type: string): Promise<string | undefined> {
  // All of its fields may have died in the meantime.
  if (type === 'none') return undefined
  const reads = READS[type]
  const write = WRITES[type]
  if (reads === undefined || write === undefined) return `its type is ${type}`
  const replies = await ask(wire, reads)
  const failed = replies.findIndex(reply => String(reply).startsWith('-'))
  if (failed >= 0) return `${reads[failed]?.join(' ')} answers ${replies[failed]}`
  const [dumped, encoding] = await ask(wire, [
    ['DUMP', 'k'],
    ['OBJECT', 'ENCODING', 'k'],
  ])
  if (dumped === '(nil)') return undefined
  const again = ['RESTORE', 'r', '0', String(dumped).slice(1), 'REPLACE']
  const [verdict, digests] = await ask(wire, [again, ['DEBUG', 'DIGEST-VALUE', 'k', 'r']])
  if (verdict !== '+OK') return `as ${encoding} it cannot be restored again: ${verdict}`
  if (typeof digests === 'string' || digests?.[0] !== digests?.[1]) return `restored it is another`
  const [written, size] = await ask(wire, [write, ['MEMORY', 'USAGE', 'k'], ['DEL', 'k', 'r']])
  if (String(written).startsWith('-')) return `${write.join(' ')} answers ${written}`
  return String(size).startsWith(':') ? undefined : `MEMORY USAGE answers ${size}`
}
