// Random requests whose words go to the limits of the runtime, and beyond Redis's, sent to a server
// with a small heap: it must live, stay in step, and hold nobody up for much longer than a
// redis-server does that is sent the same. With TEST_LONG a million of them. What fails is kept in
// the corpus, with the requests before it.

import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'
import type { Sized } from '../helpers/sized.ts'
import { SmallHeap } from '../helpers/small-heap.ts'
import { encode } from '../helpers/wire.ts'
import { SEED, SEED_SCRIPTS } from './requests.ts'
import { type Answer, SizedClient } from './sized-client.ts'
import { draw, shown } from './sized-requests.ts'

const REQUESTS = Number(process.env['REQUESTS'] ?? (process.env['TEST_LONG'] ? 1_000_000 : 4000))
const START = Number(process.env['SEED'] ?? 1)
/** All is emptied after so many requests: what fills a heap is another test's matter. */
const ROUND = 400
const STALL_MS = 250
/** Says each request before it is sent, to find the one that ended it. */
const TRACE = process.env['TRACE'] !== undefined

/** Requests one after the other, the last of which failed. */
const corpus = new Corpus<readonly Sized[]>('sizes')

t.setTimeout(REQUESTS > 4000 ? 7_200_000 : 110_000)

t.test(`${REQUESTS} requests of all sizes`, async t => {
  const child = await SmallHeap.start()
  t.teardown(() => child.close())
  const real = NO_REAL_SERVER ? undefined : await startReal('--proto-max-bulk-len', '536870912')
  t.teardown(() => real?.close())
  const ours = new SizedClient(child.port)
  const theirs = real && new SizedClient(real.port)
  t.teardown(() => ours.close())
  t.teardown(() => theirs?.close())
  const seed = encode(['FLUSHALL'], ...SEED, ...SEED_SCRIPTS)
  for (const { file, why, input } of corpus.specimens()) {
    await ours.fill(seed)
    for (const request of input) {
      t.equal((await ours.ask(request)).fault, '', `${file}: ${why}: ${shown(request)}`)
    }
    t.ok(await child.lives(), `${file}: ${why}`)
  }
  const random = new SeededRandom(START)
  let round: Sized[] = []
  const stalls: string[] = []
  let outOfStep = 0
  let slowest = 0
  for (let i = 0; i < REQUESTS; i++) {
    if (i % ROUND === 0) {
      await ours.fill(seed)
      await theirs?.fill(seed)
      round = []
    }
    const request: Sized = draw(random)
    round.push(request)
    if (TRACE) process.stderr.write(`${i} ${Math.round(performance.now())} ${shown(request)}\n`)
    const answer: Answer = await ours.ask(request)
    const other = await theirs?.ask(request)
    if (answer.fault !== '') {
      outOfStep++
      const kept = corpus.keep(answer.fault, round)
      t.fail(`${i}: ${shown(request)}: ${answer.fault} (${kept})`)
    }
    const beyond = answer.ms - (other?.ms ?? answer.ms)
    slowest = Math.max(slowest, beyond)
    if (beyond > STALL_MS) stalls.push(`${i}: ${shown(request)}: ${answer.ms} to ${other?.ms} ms`)
    if (answer.fault !== '' && !(await child.lives())) break
  }
  t.equal(outOfStep, 0, 'every reply in its place')
  t.ok(await child.lives(), 'the process lives')
  // A machine that is busy with other tests can make one request slow, but not always another.
  for (const stall of stalls) t.comment(stall)
  t.comment(`${Math.round(slowest)} ms was the most beyond redis-server's time`)
})
