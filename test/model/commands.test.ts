// A random stream of commands of every family, on ours and on a real redis-server: the same bytes
// come back, the same messages and events are heard, and the same keyspace is left. A difference is
// printed with its seed and the shortest stream that shows it, and kept in the corpus.
//
// SEED=n starts at another seed; COMMANDS=n sends more or fewer.
//
// Named differences to servers before 7.4, which the comparison knows: commands and options that
// they lack are not sent, events are not compared, nor are encodings that they do not have, sets come
// in no order, and scores are such as are printed alike.

import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { NO_REAL_SERVER, realIsAtLeast, SINCE_REAL, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { linesOf, type Pair, type Profile, play, shrink } from './compare.ts'
import { Requests, type Unit } from './requests.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COMMANDS = Number(process.env['COMMANDS'] ?? (process.env['TEST_LONG'] ? 1_000_000 : 20_000))
const STREAM_COMMANDS = 1000
/** A long run says from time to time how far it is. */
const PROGRESS_EVERY = 100
/** So many differences are shown, since each takes its time to be made short. */
const FAILURES_MAX = 3
/** Longer strings are refused, so that neither server can be made to hold much. */
const STRING_MAX = '1mb'

function limits(entries: number, bytes: number): Profile['config'] {
  return [
    ['hash-max-listpack-entries', String(entries)],
    ['hash-max-listpack-value', String(bytes)],
    ['set-max-intset-entries', String(entries)],
    ['set-max-listpack-entries', String(entries)],
    ['set-max-listpack-value', String(bytes)],
    ['zset-max-listpack-entries', String(entries)],
    ['zset-max-listpack-value', String(bytes)],
    ['list-max-listpack-size', String(entries)],
    ['stream-node-max-entries', String(entries)],
  ]
}

const PROFILES: readonly Profile[] = [
  { name: 'small limits', config: limits(8, 24), keepsOrder: false },
  { name: 'large limits', config: limits(30_000, 30_000), keepsOrder: realIsAtLeast(7, 2) },
]

/** A stream that was answered otherwise than by a real server of some version. */
interface Failed {
  readonly since: readonly [major: number, minor: number]
  readonly profile: string
  readonly units: readonly Unit[]
}

const corpus = new Corpus<Failed>('commands')

function profileOf({ profile }: Failed): Profile {
  const found = PROFILES.find(({ name }) => name === profile)
  if (found === undefined) throw new Error(`There is no profile ${profile}`)
  return found
}

function drawStream(seed: number): Unit[] {
  const requests = new Requests(new SeededRandom(seed), realIsAtLeast)
  const units: Unit[] = []
  for (let count = 0; count < STREAM_COMMANDS; ) {
    const unit = requests.next()
    units.push(unit)
    count += unit.commands.length
  }
  return units
}

// The long run takes its time.
t.setTimeout(COMMANDS > 20_000 ? 3_600_000 : 110_000)

t.test('random commands', { skip: NO_REAL_SERVER }, async t => {
  const config = [
    ['proto-max-bulk-len', STRING_MAX],
    ['enable-debug-command', 'yes'],
  ]
  const ours = await startServer({ config })
  const theirs = await startReal('--proto-max-bulk-len', STRING_MAX)
  t.teardown(() => Promise.all([ours.close(), theirs.close()]))
  const pair: Pair = { ours, theirs, isAtLeast: realIsAtLeast }
  for (const { file, why, input } of corpus.specimens()) {
    if (!realIsAtLeast(...input.since)) continue
    const { ours: mine, theirs: real } = (await play(pair, profileOf(input), input.units)) ?? {}
    t.equal(mine, real, `${file}: ${why}`)
  }
  let sent = 0
  let differences = 0
  for (let seed = SEED; sent < COMMANDS; seed++) {
    const profile = PROFILES[seed % PROFILES.length] as Profile
    const units = drawStream(seed)
    sent += units.reduce((sum, { commands }) => sum + commands.length, 0)
    const difference = await play(pair, profile, units)
    if (difference === undefined) {
      if (seed % PROGRESS_EVERY === 0) t.comment(`${sent} commands`)
      continue
    }
    differences++
    const shortest = await shrink(
      units,
      async some => (await play(pair, profile, some)) !== undefined,
    )
    const last = (await play(pair, profile, shortest)) ?? difference
    const failed = { since: SINCE_REAL, profile: profile.name, units: shortest }
    t.fail(`SEED=${seed}, ${profile.name}: ${last.asked}`, {
      corpus: corpus.keep(last.asked, failed),
      stream: linesOf(shortest),
      ours: last.ours,
      theirs: last.theirs,
    })
    if (differences >= FAILURES_MAX) return
  }
  t.strictSame(ours.server.bugs, [])
  t.equal(differences, 0, `${sent} commands`)
})
