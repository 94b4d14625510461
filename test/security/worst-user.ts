// A user who may do five things, each on a key of his own, and does the worst of them as fast as he
// is answered. Run by neighbours.test.ts as a process: its argument is a port.

import { length, listpack, ONE, sealed } from '../helpers/bombs.ts'
import { encode, Wire } from '../helpers/wire.ts'

const port = Number(process.argv[2])
const ELEMENTS = 200_000
const FIELDS = 20_000
const PATTERNS = 50_000

const payload = sealed(18, length(1), length(2), listpack(ONE, ELEMENTS)).toString('latin1')
const fields = Array.from({ length: FIELDS }, (_, i) => [`f${i}`, 'v']).flat()

let count = 0
const busy = "for i = 1, 20000 do redis.call('APPEND', KEYS[1], 'x') end return #KEYS"

/** The next request of each kind. */
const KINDS: readonly (() => Buffer)[] = [
  () => encode(['EVAL', `local x = "${count}:${'y'.repeat(50_000)}" return #x`, '0']),
  () => encode(['EVAL', 'return #string.rep("x", 10000000)', '0']),
  () => encode(['EVAL', busy, '1', 'a']),
  () => Buffer.concat(Array.from({ length: 1000 }, () => encode(['APPEND', 'a', 'x']))),
  () => encode(['XADD', 'x', 'MAXLEN', '~', '1000', '*', ...fields]),
  () => encode(['RESTORE', 'r', '0', payload, 'REPLACE']),
]

const PIPELINED = KINDS[3]

async function attack(kind: () => Buffer): Promise<never> {
  const wire = await login()
  for (;;) {
    count++
    const request = kind()
    wire.write(request)
    // A thousand requests have a thousand replies; all others one.
    const replies = kind === PIPELINED ? 1000 : 1
    for (let i = 0; i < replies; i++) await wire.next()
  }
}

async function subscribe(): Promise<void> {
  const wire = await login()
  for (let i = 0; i < PATTERNS; i += 1000) {
    const patterns = Array.from({ length: 1000 }, (_, j) => `a?b${i + j}*[c-d]*e`)
    wire.write(encode(['PSUBSCRIBE', ...patterns]))
    for (let j = 0; j < 1000; j++) await wire.next()
  }
}

async function login(): Promise<Wire> {
  const wire = await Wire.connect(port)
  await wire.ask('AUTH', 'low', 'x')
  return wire
}

process.on('disconnect', () => process.exit())
await subscribe()
for (const kind of KINDS) void attack(kind)
process.send?.('begun')
