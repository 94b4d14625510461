// Two servers that are sent the same requests: what one of them answers otherwise, and what they
// hold afterwards. A stream of requests that ends in a difference is made as short as it gets.

import type { Answer } from '../helpers/wire.ts'
import { ClientConnections, type Peer } from './peer.ts'
import { PREPARATION, type Unit } from './requests.ts'
import { type Leniency, leniencyOf, sameReply } from './same-reply.ts'

export interface Difference {
  /** What was asked, in lines. */
  readonly asked: string
  readonly ours: string
  readonly theirs: string
}

export interface Pair {
  readonly ours: Peer
  readonly theirs: Peer
  /** Whether the real server is of a version or later. */
  isAtLeast(major: number, minor: number): boolean
}

/** Settings under which a stream runs. With `keepsOrder` no collection ever becomes a hash table. */
export interface Profile {
  readonly name: string
  readonly config: readonly (readonly [name: string, value: string])[]
  readonly keepsOrder: boolean
}

/**
 * Runs the stream on both, from nothing. Libraries are loaded anew, not flushed: a real 7.4.1 may
 * crash in FUNCTION FLUSH.
 */
export async function play(
  pair: Pair,
  profile: Profile,
  units: readonly Unit[],
): Promise<Difference | undefined> {
  const ours = await prepare(pair.ours, profile)
  const theirs = await prepare(pair.theirs, profile)
  try {
    for (const group of groupsOf(units)) {
      const commands = group.flatMap(unit => unit.commands)
      const connection = group[0]?.connection ?? 0
      const [mine, real] = await Promise.all([
        ours.send(connection, commands),
        theirs.send(connection, commands),
      ])
      const difference = firstDifference(group, mine, real, profile)
      if (difference !== undefined) return difference
    }
    return (
      (pair.isAtLeast(7, 4)
        ? differentEvents(await ours.heard(), await theirs.heard())
        : undefined) ?? (await differentKeyspace(pair, ours, theirs, profile))
    )
  } finally {
    ours.close()
    theirs.close()
  }
}

async function prepare(peer: Peer, profile: Profile): Promise<ClientConnections> {
  const connections = await ClientConnections.open(peer)
  await connections.send(0, [
    ['FLUSHALL'],
    ['SCRIPT', 'FLUSH'],
    ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
    ['CONFIG', 'SET', 'notify-keyspace-events', ''],
    ...profile.config.map(([name, value]) => ['CONFIG', 'SET', name, value]),
    ...PREPARATION,
    ['CONFIG', 'SET', 'notify-keyspace-events', 'KEAn'],
  ])
  return connections
}

/** Units that follow each other on one connection go out in one write. */
function groupsOf(units: readonly Unit[]): Unit[][] {
  const groups: Unit[][] = []
  for (const unit of units) {
    const last = groups.at(-1)
    if (last?.[0]?.connection === unit.connection && last.length < 100) last.push(unit)
    else groups.push([unit])
  }
  return groups
}

function firstDifference(
  group: readonly Unit[],
  mine: readonly Answer[],
  real: readonly Answer[],
  profile: Profile,
): Difference | undefined {
  let at = 0
  let keepsErrno = false
  for (const { commands } of group) {
    keepsErrno ||= commands.flat().some(isBeyondDoubles)
    const leniency = leniencyOf(commands, profile.keepsOrder)
    for (const words of commands) {
      const [a, b] = [mine[at], real[at]]
      at++
      if (a === undefined || b === undefined || sameReply(a, b, leniency)) continue
      if (keepsErrno && isSort(words) && textOf(b).includes(NOT_SORTABLE)) continue
      return { asked: lineOf(words), ours: textOf(a), theirs: textOf(b) }
    }
  }
  return undefined
}

// 7.4.1 takes any number for a wrong one if strtod() complained of an earlier one: SORT looks at an
// errno that it has not set to 0, which lasts until a read finds nothing.
const NOT_SORTABLE = "ERR One or more scores can't be converted into double"

function isSort([name = '']: readonly string[]): boolean {
  return /^SORT(_RO)?$/i.test(name)
}

/** Numbers that a double holds as 0, as infinity or with fewer digits. */
function isBeyondDoubles(word: string): boolean {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return false
  const size = Math.abs(Number(word))
  return (
    size === Number.POSITIVE_INFINITY || (size < 2 ** -1022 && /[1-9]/.test(word.split(/e/i)[0]!))
  )
}

function differentEvents(
  ours: readonly string[],
  theirs: readonly string[],
): Difference | undefined {
  const at = theirs.findIndex((event, i) => event !== ours[i])
  if (at < 0 && ours.length === theirs.length) return undefined
  const from = at < 0 ? theirs.length : at
  const around = (events: readonly string[]): string =>
    events.slice(Math.max(0, from - 2), from + 3).join('\n')
  return { asked: `messages and events, from ${from}`, ours: around(ours), theirs: around(theirs) }
}

// ---- What they hold -----------------------------------------------------------------------------

const MORTAL_FIELDS =
  "local f = redis.call('HKEYS', KEYS[1]) table.sort(f) if #f == 0 then return 0 end " +
  "return redis.call('HPEXPIRETIME', KEYS[1], 'FIELDS', #f, unpack(f))"
const DATABASES = 2
const FOOTER_SIZE = 10

async function differentKeyspace(
  pair: Pair,
  ours: ClientConnections,
  theirs: ClientConnections,
  profile: Profile,
): Promise<Difference | undefined> {
  const ask = async (commands: readonly string[][], leniency: Leniency) => {
    const [mine, real] = await Promise.all([ours.send(2, commands), theirs.send(2, commands)])
    const at = commands.findIndex((_words, i) => {
      const [a, b] = [mine[i], real[i]]
      return a !== undefined && b !== undefined && !sameReply(a, b, leniency)
    })
    const [words, a, b] = [commands[at], mine[at], real[at]]
    const difference = words &&
      a &&
      b && { asked: `at last, ${lineOf(words)}`, ours: textOf(a), theirs: textOf(b) }
    return { difference, replies: mine.map(({ reply }) => reply) }
  }
  for (let db = 0; db < DATABASES; db++) {
    const names = await ask(
      [
        ['SELECT', String(db)],
        ['KEYS', '*'],
      ],
      { isUnordered: true },
    )
    if (names.difference) return names.difference
    const list = names.replies[1]
    const keys =
      list?.type === 'array' ? list.items.map(item => ('text' in item ? item.text : '')) : []
    const { replies } = await ask(
      keys.map(key => ['OBJECT', 'ENCODING', key]),
      {},
    )
    const questions = keys.flatMap((key, i) => {
      const encoding = replies[i]
      return questionsAbout(key, encoding && 'text' in encoding ? encoding.text : '', pair)
    })
    const facts = await ask(questions, { hasTimes: true, hasIdleTimes: true })
    if (facts.difference) return facts.difference
    const ordered = keys.filter((_key, i) => {
      const encoding = replies[i]
      return encoding && 'text' in encoding && hasOneOrder(encoding.text, pair, profile)
    })
    const dumps = await ask(
      ordered.map(key => ['DUMP', key]),
      { footer: FOOTER_SIZE },
    )
    if (dumps.difference) return dumps.difference
  }
  return (await ask([['DEBUG', 'DIGEST']], {})).difference
}

/** Before 7.2 sets had no listpack, and lists were always a quicklist. */
function questionsAbout(key: string, encoding: string, pair: Pair): string[][] {
  const questions = [
    ['TYPE', key],
    ['PEXPIRETIME', key],
    ['DEBUG', 'DIGEST-VALUE', key],
  ]
  if (pair.isAtLeast(7, 2)) questions.push(['OBJECT', 'ENCODING', key])
  if (encoding === 'stream' && pair.isAtLeast(7, 2)) {
    questions.push(['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'])
  }
  if ((encoding === 'listpackex' || encoding === 'hashtable') && pair.isAtLeast(7, 4)) {
    questions.push(['EVAL', MORTAL_FIELDS, '1', key])
  }
  return questions
}

/** Whether the bytes of DUMP follow from what is in the value: nodes of a quicklist do not. */
function hasOneOrder(encoding: string, pair: Pair, profile: Profile): boolean {
  if (encoding === 'listpack') return profile.keepsOrder && pair.isAtLeast(7, 4)
  // Before 7.2 one command with many members did not choose the skip list.
  if (encoding === 'skiplist') return pair.isAtLeast(7, 2)
  return ALWAYS_ORDERED.has(encoding)
}

const ALWAYS_ORDERED = new Set(['int', 'embstr', 'raw', 'intset'])

// ---- Shorter ------------------------------------------------------------------------------------

/** Leaves out what is not needed for a difference: halves first, then less and less at a time. */
export async function shrink<T>(
  units: readonly T[],
  differs: (units: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let rest = units
  for (let size = Math.ceil(rest.length / 2); ; size = Math.ceil(size / 2)) {
    for (let from = 0; from < rest.length; ) {
      const without = rest.toSpliced(from, size)
      if (without.length > 0 && (await differs(without))) rest = without
      else from += size
    }
    if (size <= 1) return rest
  }
}

export function linesOf(units: readonly Unit[]): string[] {
  return units.flatMap(({ connection, commands }) =>
    commands.map(words => `${connection}> ${lineOf(words)}`),
  )
}

function lineOf(words: readonly string[]): string {
  return words
    .map(word => (/^[!-&(-~]+$/.test(word) && !word.includes('"') ? word : JSON.stringify(word)))
    .join(' ')
}

function textOf({ bytes }: Answer): string {
  return JSON.stringify(bytes.toString('latin1')).slice(0, 2000)
}
