// Random ACL rules and commands, ours against a real redis-server: the replies of SETUSER, the
// users' rules, the verdicts of DRYRUN, and what happens when the user really runs the command.
//
// Named differences to servers before 7.4, which the comparison knows:
//   texts     7.0 words refusals differently; only what was refused is compared
//   rules     7.0 computes the command rules anew and prints no sanitize-payload; there only
//             flags, keys and channels are compared, and the commands by their effect
//   table     commands that the older server lacks or categorizes otherwise are not used
//
// A difference is kept in the corpus with the fewest rounds that show it.

import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import {
  NO_REAL_SERVER,
  type RealServer,
  realIsAtLeast,
  SINCE_REAL,
  startReal,
} from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { type Shown, show, type Wire } from '../helpers/wire.ts'
import { shrink } from './compare.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const SEQUENCES = process.env['TEST_LONG'] ? 20_000 : 4000
const SAME_TEXTS = realIsAtLeast(7, 4)

const NAMES = ['u1', 'u2', 'u3', '__proto__']
const KEYS = ['a', 'ab', 'abc', 'b', 'foo:1', 'foo:2', 'x*y', '']
const CHANNELS = ['news', 'news:1', 'other', 'a']

/** A pattern without rights, which a real 7.4.1 takes, and ends when it is to show it. */
const LONE_PERCENT = SAME_TEXTS ? '%~b' : '%'

type Pick = <T>(items: readonly T[]) => T

function rule(pick: Pick, commands: readonly string[], categories: readonly string[]): string {
  const key = (): string => pick(['a*', 'ab', 'b', 'foo:*', '?', '[ab]*', '*', 'x\\*y', ''])
  const command = (): string => pick(commands)
  return pick<() => string>([
    () => pick(['on', 'off', 'nopass', 'resetpass', '>pw', '<pw', '>other', 'reset']),
    () =>
      pick(['allkeys', 'resetkeys', 'allchannels', 'resetchannels', 'allcommands', 'nocommands']),
    () => `~${key()}`,
    () => `${pick(['%R~', '%W~', '%RW~', '%r~', '%X~'])}${key()}`,
    () => `&${pick(['news*', 'other', '*', 'a'])}`,
    () => `${pick(['+', '-'])}${command()}`,
    () => `${pick(['+', '-'])}${command()}`,
    () => `${pick(['+', '-'])}@${pick(categories)}`,
    () =>
      pick([
        '+@all',
        '-@all',
        '+select|0',
        '+client|id',
        '-client|id',
        '+config|nosuch',
        '+nosuch',
      ]),
    () =>
      pick([
        'clearselectors',
        'sanitize-payload',
        '(+get ~a*)',
        '(+@read %R~foo:*)',
        '(+set',
        ')',
        '',
      ]),
    () => pick(['%~a', LONE_PERCENT, '#zz', '!zz', '+get|', '+@nosuch', 'nosuchrule', '~a b']),
  ])()
}

function command(pick: Pick): string[] {
  const key = (): string => pick(KEYS)
  return pick<() => string[]>([
    () => ['get', key()],
    () => ['set', key(), 'v'],
    () => ['set', key(), 'v', 'get'],
    () => ['mget', key(), key()],
    () => ['del', key(), key()],
    () => ['exists', key()],
    () => ['strlen', key()],
    () => ['incr', key()],
    () => ['rename', key(), key()],
    () => ['copy', key(), key()],
    () => ['append', key(), 'v'],
    () => ['hset', key(), 'f', 'v'],
    () => ['sadd', key(), 'm'],
    () => ['sinterstore', key(), key(), key()],
    () => ['zadd', key(), '1', 'm'],
    () => ['zunionstore', key(), '2', key(), key()],
    () => ['lpush', key(), 'v'],
    () => ['publish', pick(CHANNELS), 'm'],
    () => ['ping'],
    () => ['client', 'id'],
    () => ['client', 'getname'],
    () => ['config', 'get', 'port-that-is-none'],
    () => ['select', '0'],
    () => ['type', key()],
    () => ['expire', key(), '100'],
  ])()
}

/** What was refused, without the words: 'OK', or 'command', 'key', 'channel' and the object. */
function verdict(shown: Shown): string {
  const text = JSON.stringify(shown)
  if (SAME_TEXTS) return text
  if (!/NOPERM|has no permissions|This user/i.test(text)) return text
  const [, command] = /run the '([^']*)'/.exec(text) ?? []
  if (command !== undefined) return `command ${command}`
  const [, object, kind] = /access the '(.*)' (key|channel)/.exec(text) ?? []
  if (object !== undefined) return `${kind} ${object}`
  return /channel/.test(text) ? 'channel' : 'key'
}

/** A user as ACL GETUSER shows it, as far as both versions show the same. */
function comparable(shown: Shown): string {
  if (SAME_TEXTS || typeof shown === 'string') return JSON.stringify(shown)
  const fields = new Map<string, Shown>()
  for (let i = 0; i + 1 < shown.length; i += 2) fields.set(String(shown[i]), shown[i + 1] ?? '')
  const flags = fields.get('$flags') as readonly string[]
  const selectors = (fields.get('$selectors') as readonly Shown[]).length
  return JSON.stringify([
    flags.filter(flag => !flag.includes('sanitize-payload')),
    fields.get('$passwords'),
    fields.get('$keys'),
    fields.get('$channels'),
    selectors,
  ])
}

/** Commands and categories that both servers know alike. */
async function common(
  ours: Wire,
  theirs: Wire,
): Promise<{ commands: string[]; categories: string[] }> {
  const read = async (wire: Wire): Promise<Map<string, string>> => {
    const infos = (await wire.ask('COMMAND')) as readonly (readonly Shown[])[]
    return new Map(
      infos.map(info => [
        String(info[0]).slice(1),
        JSON.stringify([...(info[6] as string[])].sort()),
      ]),
    )
  }
  const [mine, real] = [await read(ours), await read(theirs)]
  const commands = [...mine].filter(([name, categories]) => real.get(name) === categories)
  const different = [...mine].filter(([name, categories]) => real.get(name) !== categories)
  // A category is the same for our commands if no command of the sample is in one and not in other.
  t.comment(
    `not used, since the servers differ: ${different.map(([name]) => name).join(' ') || 'none'}`,
  )
  const categories = [
    'read',
    'write',
    'string',
    'hash',
    'set',
    'sortedset',
    'list',
    'pubsub',
    'connection',
    'keyspace',
    'dangerous',
    'fast',
    'slow',
    'admin',
  ]
  return { commands: commands.map(([name]) => name), categories }
}

/** Rules for a user, and what it then does. */
interface Round {
  readonly name: string
  readonly rules: readonly string[]
  readonly probe: readonly string[]
}

/** Rounds of one user, of which the last was judged otherwise by a real server. */
interface Failed {
  readonly since: readonly [major: number, minor: number]
  readonly rounds: readonly Round[]
}

const corpus = new Corpus<Failed>('acl')

/** Our server and a real one, each with an administrator and a user. */
class Pair {
  readonly #admins: readonly [Wire, Wire]
  readonly #users: readonly [Wire, Wire]
  /** Rounds in which a user really ran a command. */
  executed = 0

  private constructor(admins: readonly [Wire, Wire], users: readonly [Wire, Wire]) {
    this.#admins = admins
    this.#users = users
  }

  static async open(ours: TestServer, theirs: RealServer): Promise<Pair> {
    return new Pair(
      [await ours.connect(), await theirs.connect()],
      [await ours.connect(), await theirs.connect()],
    )
  }

  common(): ReturnType<typeof common> {
    return common(...this.#admins)
  }

  async #ask(wires: readonly Wire[], ...words: readonly string[]): Promise<readonly Shown[]> {
    const answers = await Promise.all(wires.map(wire => wire.call(...words)))
    return answers.map(({ reply }) => show(reply))
  }

  /** Plays a round; what differs, if anything does. */
  async play({ name, rules, probe }: Round): Promise<string | undefined> {
    const set = await this.#ask(this.#admins, 'ACL', 'SETUSER', name, ...rules)
    const users = await this.#ask(this.#admins, 'ACL', 'GETUSER', name)
    let difference = otherwise(set, JSON.stringify) ?? otherwise(users, comparable)
    if (difference !== undefined || users[0] === '(nil)') return difference
    const dry = await this.#ask(this.#admins, 'ACL', 'DRYRUN', name, ...probe)
    // The same for real: logged in, if it may, and without leaving data behind.
    const logins = await this.#ask(this.#users, 'AUTH', name, 'pw')
    difference = otherwise(dry, verdict) ?? otherwise(logins, String)
    if (difference !== undefined || logins[0] !== '+OK') return difference
    this.executed++
    const runs = await this.#ask(this.#users, ...probe)
    await this.#ask(this.#admins, 'FLUSHALL')
    return probe[0] === 'client' ? undefined : otherwise(runs, verdict)
  }

  /** Plays rounds from nothing on, which ends the connections of the users that there were. */
  async playAll(rounds: readonly Round[]): Promise<string | undefined> {
    await this.#ask(this.#admins, 'ACL', 'DELUSER', ...NAMES)
    let difference: string | undefined
    for (const round of rounds) difference ??= await this.play(round)
    return difference
  }
}

function otherwise(
  [mine = '', real = '']: readonly Shown[],
  asText: (shown: Shown) => string,
): string | undefined {
  const [a, b] = [asText(mine), asText(real)]
  return a === b ? undefined : `ours ${a}, theirs ${b}`
}

t.test('the same rules, the same verdicts', { skip: NO_REAL_SERVER, timeout: 600_000 }, async t => {
  const redis = await startServer()
  const real = await startReal()
  t.teardown(() => Promise.all([redis.close(), real.close()]))
  for (const { file, why, input } of corpus.specimens()) {
    if (!realIsAtLeast(...input.since)) continue
    const pair = await Pair.open(redis, real)
    t.equal(await pair.playAll(input.rounds), undefined, `${file}: ${why}`)
  }
  let pair = await Pair.open(redis, real)
  const { commands, categories } = await pair.common()
  const random = new SeededRandom(SEED)
  const pick: Pick = items => items[random.below(items.length)]!
  const sample = commands.filter(() => random.next() < 0.25).slice(0, 60)
  let rounds: Round[] = []
  let differences = 0
  let executed = 0
  for (let played = 0; played < SEQUENCES && differences < 10; played++) {
    const name = pick(NAMES)
    const rules = Array.from({ length: 1 + random.below(5) }, () => rule(pick, sample, categories))
    const round = { name, rules, probe: command(pick) }
    rounds.push(round)
    const difference = await pair.play(round)
    if (difference === undefined) continue
    differences++
    executed += pair.executed
    const shortest = await shrink(
      rounds.filter(one => one.name === name),
      async some => (await (await Pair.open(redis, real)).playAll(some)) !== undefined,
    )
    const kept = corpus.keep(difference, { since: SINCE_REAL, rounds: shortest })
    t.fail(`seed ${SEED}: ${JSON.stringify(shortest)}: ${difference} (${kept})`)
    pair = await Pair.open(redis, real)
    rounds = []
  }
  executed += pair.executed
  t.equal(differences, 0, `${SEQUENCES} rounds, ${executed} of them with a real execution`)
})
