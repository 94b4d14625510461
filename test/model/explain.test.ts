// Random rules and commands, asked at every door: explain(), ACL DRYRUN, a client that is logged
// in, and the same two of a real redis-server. And the smallest change: it allows the command, and
// trying every smaller one shows that none does. What fails is kept in the corpus.

import t from 'tap'
import { READ, WRITE } from '../../src/acl/command-facts.ts'
import { type Change, exactPattern, rulesOf } from '../../src/acl/smallest-change.ts'
import type { User } from '../../src/acl/user.ts'
import { explainQuestion, userWithRules } from '../../src/policy/explain.ts'
import { readQuestion } from '../../src/policy/question.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { pipeline } from '../helpers/pipeline.ts'
import { randomAcl } from '../helpers/random-acl.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { show, type Wire } from '../helpers/wire.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const PAIRS = process.env['TEST_LONG'] ? 20_000 : 3000
const CHANGES = process.env['TEST_LONG'] ? 5000 : 1000
const BATCH = 100
const NO_REAL = NO_REAL_SERVER || (realIsAtLeast(7, 4) ? false : 'needs a redis-server 7.4')

// Long runs take minutes.
t.setTimeout(900_000)

interface Pair {
  readonly rules: readonly string[]
  readonly words: readonly string[]
}

const corpus = new Corpus<Pair>('explain')

/** What failed before, and random ones. */
function pairs(seed: number, count: number): Pair[] {
  const { user, command } = randomAcl(new SeededRandom(seed))
  const drawn = Array.from({ length: count }, () => ({ rules: user(), words: command() }))
  return [...corpus.specimens().map(({ input }) => input), ...drawn]
}

/** What a server says of each pair: SETUSER, DRYRUN, and the reply to a client that is the user. */
async function answers(admin: Wire, wire: Wire, batch: readonly Pair[]): Promise<string[][]> {
  const rows: string[][] = []
  for (const { rules, words } of batch) {
    const [set, dry] = await pipeline(admin, [
      ['ACL', 'SETUSER', 'u', 'reset', 'on', '>pw', ...rules],
      ['ACL', 'DRYRUN', 'u', ...words],
    ])
    // RESET, which no rule can forbid, ends subscriptions.
    const [, run] = await pipeline(wire, [['AUTH', 'u', 'pw'], words, ['RESET']])
    while (wire.unread > 0) await wire.next()
    rows.push([String(show(set!)), String(show(dry!)), JSON.stringify(show(run!))])
  }
  return rows
}

t.test('explain(), DRYRUN and live clients agree', { timeout: 900_000 }, async t => {
  const redis = await startServer()
  const real = NO_REAL ? undefined : await startReal()
  t.teardown(async () => {
    await redis.close()
    await real?.close()
  })
  if (NO_REAL) t.comment(`without a real server: ${NO_REAL}`)
  const [admin, wire] = [await redis.connect(), await redis.connect()]
  const [realAdmin, realWire] = [await real?.connect(), await real?.connect()]
  const all = pairs(SEED, PAIRS)
  let faults = 0
  let allowed = 0
  const fail = (pair: Pair, what: string): void => {
    if (faults++ >= 10) return
    const kept = corpus.keep(what, pair)
    t.fail(`seed ${SEED}: ${pair.rules.join(' ')} | ${pair.words.join(' ')}: ${what} (${kept})`)
  }
  for (let at = 0; at < all.length && faults < 10; at += BATCH) {
    const batch = all.slice(at, at + BATCH)
    const [mine, theirs] = await Promise.all([
      answers(admin, wire, batch),
      real && answers(realAdmin!, realWire!, batch),
    ])
    for (const [i, pair] of batch.entries()) {
      const [set, dry, run = ''] = mine[i]!
      if (set !== '+OK') fail(pair, `SETUSER: ${set}`)
      const user = userWithRules('u', pair.rules)
      const explained = explainQuestion(user, readQuestion(pair.words))
      if (explained.allowed) allowed++
      if (dry?.slice(1) !== explained.dryrun) fail(pair, `DRYRUN ${dry}, not ${explained.dryrun}`)
      const isRefused = run.startsWith('"-NOPERM')
      if (isRefused === explained.allowed) fail(pair, `live: ${run}`)
      if (isRefused && JSON.parse(run) !== `-${explained.reply}`) fail(pair, `live: ${run}`)
      if (theirs === undefined) continue
      const [realSet, realDry, realRun = ''] = theirs[i]!
      if (realSet !== set || realDry !== dry) fail(pair, `the real server: ${realSet} ${realDry}`)
      const realRefused = realRun.startsWith('"-NOPERM')
      if (realRefused !== isRefused || (isRefused && realRun !== run)) {
        fail(pair, `the real server live: ${realRun}, ours ${run}`)
      }
      for (const selector of explained.selectors) {
        const { command, keys, channels } = selector
        const sums = command.allowed && [...keys, ...channels].every(one => one.allowed)
        if (sums !== selector.allowed) fail(pair, `trace of selector ${selector.index}`)
        if (command.rule?.startsWith('+') === !command.allowed) fail(pair, `rule ${command.rule}`)
        if (keys.some(key => (key.rule !== undefined) !== key.allowed)) fail(pair, 'rule of a key')
      }
    }
  }
  t.equal(faults, 0, `${PAIRS} pairs, ${allowed} of them allowed`)
})

/** One step each: a command, a right to a key, a channel. */
function steps(words: readonly string[]): string[] {
  const { command, request } = readQuestion(words)
  const found = new Set([`+${command.name}`])
  for (const { name, needs } of request.keys()) {
    if (needs === 0 || needs & READ) found.add(`%R~${exactPattern(name)}`)
    if (needs & WRITE) found.add(`%W~${exactPattern(name)}`)
  }
  for (const { name } of request.channels()) found.add(`&${name}`)
  return [...found]
}

function subsets(items: readonly string[], size: number): string[][] {
  if (size === 0) return [[]]
  return items.flatMap((item, i) =>
    subsets(items.slice(i + 1), size - 1).map(rest => [item, ...rest]),
  )
}

/** Whether some selector of the user, with these steps added, allows the command. */
function allows(user: User, added: readonly string[], words: readonly string[]): boolean {
  return user.selectors.some(selector => {
    const rules = rulesOf(selector).join(' ').split(' ')
    const free = added.filter(
      step =>
        !(selector.allKeys && step.startsWith('%')) &&
        !(selector.allChannels && step.startsWith('&')),
    )
    return explainQuestion(userWithRules('v', [...rules, ...free]), readQuestion(words)).allowed
  })
}

t.test('the smallest change allows the command, and nothing smaller does', async t => {
  let checked = 0
  let faults = 0
  // More are drawn than are looked at, for some of them are allowed.
  for (const pair of pairs(SEED + 1000, CHANGES * 4)) {
    if (checked === CHANGES || faults >= 10) break
    const { rules, words } = pair
    const before = userWithRules('u', rules)
    const { change, allowed } = explainQuestion(before, readQuestion(words))
    if (allowed !== (change === undefined)) t.fail('only refusals have a change')
    if (change === undefined) continue
    checked++
    for (const fault of faultsOf(before, pair, change)) {
      faults++
      t.fail(`${rules.join(' ')} | ${words.join(' ')}: ${fault} (${corpus.keep(fault, pair)})`)
    }
  }
  t.equal(checked, CHANGES)
  t.equal(faults, 0, `${checked} changes`)
})

/** What is wrong about a change that is to allow a command. */
function* faultsOf(before: User, { rules, words }: Pair, change: Change): Generator<string> {
  const question = readQuestion(words)
  const helps = (some: string | readonly string[]): boolean =>
    explainQuestion(userWithRules('u', some), question).allowed
  if (!helps([...rules, ...change.words])) yield `${change.words.join(' ')} does not help`
  if (!helps(change.alone)) yield `${change.alone} does not help`
  const smaller = Array.from({ length: change.size }, (_, size) => subsets(steps(words), size))
  const enough = smaller.flat().find(some => allows(before, some, words))
  if (enough !== undefined) yield `${enough.join(' ')} is enough`
  if (change.selector !== 0) return
  for (const rule of change.add) {
    const rest = change.add.filter(other => other !== rule)
    if (helps([...rules, ...rest])) yield `${rule} is not needed`
  }
}

t.test('a change for names that rules cannot spell', async t => {
  for (const words of [
    ['get', 'a b'],
    ['get', 'a"b'],
    ['get', 'x)'],
    ['psubscribe', 'a b'],
    ['publish', 'a\0b', 'm'],
    ['get', ''],
  ]) {
    for (const rules of [['on'], ['(+get ~"q" &x)', '(+@all ~a)']]) {
      const question = readQuestion(words)
      const { change } = explainQuestion(userWithRules('u', rules), question)
      const after = userWithRules('u', [...rules, ...(change?.words ?? [])])
      t.ok(explainQuestion(after, question).allowed, JSON.stringify([words, change?.words]))
      t.ok(explainQuestion(userWithRules('u', [change?.alone ?? '']), question).allowed)
    }
  }
})
