// Random ACL rules and commands, ours against a real redis-server: the replies of SETUSER, the
// users' rules, the verdicts of DRYRUN, and what happens when the user really runs the command.
//
// Named differences to servers before 7.4, which the comparison knows:
//   texts     7.0 words refusals differently; only what was refused is compared
//   rules     7.0 computes the command rules anew and prints no sanitize-payload; there only
//             flags, keys and channels are compared, and the commands by their effect
//   table     commands that the older server lacks or categorizes otherwise are not used

import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { type Shown, show, type Wire } from '../helpers/wire.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const SEQUENCES = process.env['TEST_LONG'] ? 20_000 : 4000
const BATCH = 50
const SAME_TEXTS = realIsAtLeast(7, 4)

const NAMES = ['u1', 'u2', 'u3', '__proto__']
const KEYS = ['a', 'ab', 'abc', 'b', 'foo:1', 'foo:2', 'x*y', '']
const CHANNELS = ['news', 'news:1', 'other', 'a']

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
    () => pick(['%~a', '%', '#zz', '!zz', '+get|', '+@nosuch', 'nosuchrule', '~a b']),
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

t.test('the same rules, the same verdicts', { skip: NO_REAL_SERVER, timeout: 600_000 }, async t => {
  const redis = await startServer()
  const real = await startReal()
  t.teardown(() => Promise.all([redis.close(), real.close()]))
  const [ours, theirs] = [await redis.connect(), await real.connect()]
  const { commands, categories } = await common(ours, theirs)
  const random = new SeededRandom(SEED)
  const pick: Pick = items => items[random.below(items.length)]!
  const sample = commands.filter(() => random.next() < 0.25).slice(0, 60)
  const users = [await redis.connect(), await real.connect()] as const
  let differences = 0
  let executed = 0
  const compare = (label: string, mine: string, theirs: string): void => {
    if (mine === theirs) return
    if (differences++ < 10) t.equal(mine, theirs, label)
  }
  for (let done = 0; done < SEQUENCES && differences < 10; done += BATCH) {
    const rounds = Array.from({ length: BATCH }, () => {
      const name = pick(NAMES)
      const rules = Array.from({ length: 1 + random.below(5) }, () =>
        rule(pick, sample, categories),
      )
      return { name, rules, probe: command(pick) }
    })
    for (const { name, rules, probe } of rounds) {
      const label = `seed ${SEED}: ACL SETUSER ${name} ${JSON.stringify(rules)}; ${probe.join(' ')}`
      const both = async (...words: readonly string[]): Promise<readonly [Shown, Shown]> => {
        const [a, b] = await Promise.all([ours.call(...words), theirs.call(...words)])
        return [show(a.reply), show(b.reply)]
      }
      const [setMine, setReal] = await both('ACL', 'SETUSER', name, ...rules)
      compare(label, JSON.stringify(setMine), JSON.stringify(setReal))
      const [userMine, userReal] = await both('ACL', 'GETUSER', name)
      compare(label, comparable(userMine), comparable(userReal))
      if (userMine === '(nil)') continue
      const [dryMine, dryReal] = await both('ACL', 'DRYRUN', name, ...probe)
      compare(label, verdict(dryMine), verdict(dryReal))
      // The same for real: logged in, if it may, and without leaving data behind.
      const logins = await Promise.all(users.map(wire => wire.ask('AUTH', name, 'pw')))
      compare(label, String(logins[0]), String(logins[1]))
      if (logins[0] !== '+OK') continue
      executed++
      const [runMine, runReal] = await Promise.all(users.map(wire => wire.ask(...probe)))
      if (probe[0] !== 'client') compare(label, verdict(runMine ?? ''), verdict(runReal ?? ''))
      await both('FLUSHALL')
    }
  }
  t.equal(differences, 0, `${SEQUENCES} sequences, ${executed} of them with a real execution`)
})
