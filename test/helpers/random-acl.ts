// Random users and commands for tests of ACL: rules of every kind, and commands whose keys and
// channels are found in every way there is.

import type { Random } from '../../src/util/random.ts'

const KEYS = ['a', 'ab', 'abc', 'b', 'foo:1', 'foo:2', 'x*y', 'k[1]', '']
const PATTERNS = ['a*', 'ab', 'b', 'foo:*', '?', '[ab]*', '*', 'x\\*y', '', 'foo:1', '*:*', 'k*']
const CHANNELS = ['news', 'news:1', 'other', 'a']
const CATEGORIES = [
  'read write string hash set sortedset list pubsub connection keyspace dangerous fast slow admin',
  'bitmap stream scripting transaction blocking geo hyperloglog',
].flatMap(line => line.split(' '))
const COMMANDS = [
  'get set mget mset del exists strlen incr rename copy append hset hget sadd sinterstore zadd type',
  'zunionstore lpush publish subscribe psubscribe ping client client|id config config|get config|set',
  'select expire bitop xread xadd xgroup|create sort eval lmpop object|encoding memory|usage getex',
  'lmove zrangestore bitfield spublish ssubscribe xinfo|stream sort_ro georadius flushall dbsize scan',
].flatMap(line => line.split(' '))

export interface RandomAcl {
  /** One rule, always one that Redis takes on its own. */
  rule(): string
  /** The rules of a whole user, sometimes with selectors. */
  user(): string[]
  command(): string[]
}

export function randomAcl(random: Random): RandomAcl {
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)]!
  const sign = (): string => pick(['+', '+', '-'])
  const keyRule = (): string => `${pick(['~', '~', '%R~', '%W~', '%RW~'])}${pick(PATTERNS)}`
  const rule = (): string =>
    pick<() => string>([
      keyRule,
      keyRule,
      () => `&${pick(['news*', 'other', '*', 'a', 'news:1'])}`,
      () => `${sign()}${pick(COMMANDS)}`,
      () => `${sign()}${pick(COMMANDS)}`,
      () => `${sign()}@${pick(CATEGORIES)}`,
      () => pick(['+@all', '-@all', '+select|0', '+select|1', '+echo|hi']),
      () => pick(['resetkeys', 'resetchannels', 'allcommands']),
    ])()
  const rules = (count: number): string[] => {
    const words = Array.from({ length: count }, rule)
    // A pattern after all keys would be refused.
    return words.flatMap(word => {
      if (/^[~%]/.test(word)) return word === '~*' ? [word] : ['resetkeys', word].slice(-1)
      return [word]
    })
  }
  const user = (): string[] => {
    const words = safe(rules(1 + random.below(6)))
    for (let i = random.below(3); i > 0; i--) {
      words.push(`(${safe(rules(1 + random.below(4))).join(' ')})`)
    }
    return words
  }
  return { rule, user, command: () => randomCommand(pick) }
}

/** Leaves out the patterns that would come after all keys or all channels. */
function safe(rules: readonly string[]): string[] {
  let allKeys = false
  let allChannels = false
  return rules.filter(rule => {
    if (rule === 'resetkeys') allKeys = false
    if (rule === 'resetchannels') allChannels = false
    if (/^[~%]/.test(rule) && allKeys) return rule === '~*'
    if (rule.startsWith('&') && allChannels) return rule === '&*'
    if (rule === '~*') allKeys = true
    if (rule === '&*') allChannels = true
    return true
  })
}

type Pick = <T>(items: readonly T[]) => T

function randomCommand(pick: Pick): string[] {
  const key = (): string => pick(KEYS)
  return pick<() => string[]>([
    () => ['get', key()],
    () => ['SET', key(), 'v'],
    () => ['set', key(), 'v', 'get'],
    () => ['mget', key(), key(), key()],
    () => ['mset', key(), 'v', key(), 'v'],
    () => ['del', key(), key()],
    () => ['exists', key()],
    () => ['strlen', key()],
    () => ['rename', key(), key()],
    () => ['copy', key(), key()],
    () => ['hset', key(), 'f', 'v'],
    () => ['sinterstore', key(), key(), key()],
    () => ['zunionstore', key(), '2', key(), key()],
    () => ['bitop', 'and', key(), key(), key()],
    () => ['bitfield', key(), 'get', 'u8', '0'],
    () => ['bitfield', key(), 'set', 'u8', '0', '1'],
    () => ['lmpop', '2', key(), key(), 'left'],
    () => ['lmove', key(), key(), 'left', 'right'],
    () => ['xadd', key(), '*', 'f', 'v'],
    () => ['xread', 'streams', key(), key(), '0', '0'],
    () => ['xgroup', 'create', key(), 'g', '$', 'mkstream'],
    () => ['object', 'encoding', key()],
    () => ['memory', 'usage', key()],
    () => ['sort', key(), 'limit', '0', '1', 'store', key()],
    () => ['sort_ro', key(), 'alpha'],
    () => ['eval', 'return 1', '2', key(), key()],
    () => ['zrangestore', key(), key(), '0', '-1'],
    () => ['getex', key(), 'persist'],
    () => ['publish', pick(CHANNELS), 'm'],
    () => ['spublish', pick(CHANNELS), 'm'],
    () => ['subscribe', pick(CHANNELS), pick(CHANNELS)],
    () => ['psubscribe', pick(['news*', 'a', 'n*'])],
    () => ['ping'],
    () => ['client', 'id'],
    () => ['client', 'GETNAME'],
    () => ['config', 'get', 'port-that-is-none'],
    () => ['select', pick(['0', '1'])],
    () => ['echo', pick(['hi', 'HI', 'ho'])],
    () => ['type', key()],
    () => ['expire', key(), '100'],
    () => ['dbsize'],
    () => ['scan', '0'],
  ])()
}
