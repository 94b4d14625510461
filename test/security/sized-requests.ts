// Draws requests of which words are replaced by large ones, by numbers at the ends of their types,
// or repeated very often.

import type { Random } from '../../src/util/random.ts'
import type { Sized, SizedWord } from '../helpers/sized.ts'
import { pick, SYNTAXES } from './requests.ts'

/** Beyond what Redis allows a word to have. */
const SIZE_MAX = 600 * 1024 * 1024
const SMALL_MAX = 64 * 1024

const NUMBERS = [
  ...['0', '-1', '1', '2147483647', '-2147483648', '4294967296', '536870912', '4294967304'],
  ...['9007199254740993', '-9007199254740993', '1e308', '-inf'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808'],
]
/** As offsets they make values of half a GB, which take their time on either server. */
const OFFSETS = ['536870911', '536870887', '4294967295', '4294967103', '100000000']

/** How likely a word is to be very large. */
const HUGE = 0.0001

/** They would wait, go elsewhere, or take the server away. */
const NOT_HERE = /^(B[LRZ]|MIGRATE|WATCH)|BLOCK/

const SOURCES = SYNTAXES.filter(({ line }) => !NOT_HERE.test(line))

const OTHERS: readonly (readonly string[])[] = [
  ['ECHO', 'v'],
  ['PING', 'v'],
  ['PUBLISH', 'c', 'v'],
  ['SPUBLISH', 'c', 'v'],
  ['PUBSUB', 'CHANNELS', 'v'],
  ['CONFIG', 'GET', 'v'],
  ['CONFIG', 'SET', 'v', 'v'],
  ['CLIENT', 'SETNAME', 'v'],
  ['CLIENT', 'SETINFO', 'lib-name', 'v'],
  ['CLIENT', 'LIST', 'ID', 'v'],
  ['CLIENT', 'KILL', 'ADDR', 'v'],
  ['CLIENT', 'NO-TOUCH', 'v'],
  ['COMMAND', 'INFO', 'v'],
  ['COMMAND', 'DOCS', 'v'],
  ['COMMAND', 'GETKEYS', 'SET', 'v', 'v'],
  ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'v'],
  ['ACL', 'DRYRUN', 'default', 'SET', 'v', 'v'],
  ['ACL', 'GETUSER', 'v'],
  ['ACL', 'CAT', 'v'],
  ['ACL', 'LOG', '1'],
  ['ACL', 'GENPASS', '1'],
  ['AUTH', 'v', 'v'],
  ['HELLO', '3', 'AUTH', 'v', 'v'],
  ['HELLO', '2', 'SETNAME', 'v'],
  ['INFO', 'v'],
  ['KEYS', 'v*v'],
  ['SCAN', '0', 'MATCH', 'v*v', 'COUNT', '1'],
  ['SCAN', '0', 'TYPE', 'v'],
  ['SELECT', '0'],
  ['SLOWLOG', 'GET', '1'],
  ['LATENCY', 'HISTORY', 'v'],
  ['MEMORY', 'USAGE', 'v', 'SAMPLES', '1'],
  ['FUNCTION', 'LOAD', 'v'],
  ['FUNCTION', 'RESTORE', 'v'],
  ['FUNCTION', 'LIST', 'LIBRARYNAME', 'v'],
  ['SCRIPT', 'LOAD', 'v'],
  ['SCRIPT', 'EXISTS', 'v'],
  ['SCRIPT', 'FLUSH', 'v'],
  ['EVAL', 'v', '0'],
  ['EVAL', 'return #ARGV[1]', '0', 'v'],
  ['EVAL', 'return ARGV[1]', '0', 'v'],
  ['EVAL', "return redis.call('SET', 's1', ARGV[1])", '0', 'v'],
  ['EVAL', "return redis.call('APPEND', 's1', ARGV[1])", '0', 'v'],
  ['EVAL', "return redis.pcall('GET', 's1')", '0'],
  // Redis takes more than a minute for what is beyond.
  ['EVAL', 'return string.rep("x", math.min(ARGV[1], 50000000))', '0', '1'],
  ['EVAL', 'return redis.error_reply(string.rep("x", math.min(ARGV[1], 50000000)))', '0', '1'],
  ['EVAL', 'return cjson.encode({ARGV[1]})', '0', 'v'],
  ['EVAL', 'return cmsgpack.pack(ARGV[1])', '0', 'v'],
  ['EVAL', 'return redis.sha1hex(ARGV[1])', '0', 'v'],
  ['SWAPDB', '0', '1'],
  ['OBJECT', 'v', 's1'],
  ['LOLWUT', 'VERSION', '5', '1', '1', '1'],
  ['LCS', 's1', 's2'],
  ['APPEND', 's2', 'v'],
  ['SETRANGE', 's1', '1', 'v'],
  ['GETRANGE', 's1', '1', '-1'],
  ['v', 'v'],
]

export function draw(random: Random): Sized {
  const words: SizedWord[] =
    random.below(5) === 0 ? [...pick(OTHERS, random)] : pick(SOURCES, random).draw(random)
  for (let i = words[0] === 'v' ? 0 : 1; i < words.length; i++) {
    const chance = random.next()
    if (chance < 0.12) words[i] = pick(NUMBERS, random)
    else if (chance < 0.15) words[i] = sizeUpTo(SMALL_MAX, random)
    else if (chance < 0.15 + HUGE) words[i] = sizeUpTo(SIZE_MAX, random)
    else if (chance < 0.15 + 2 * HUGE) words[i] = pick(OFFSETS, random)
  }
  if (random.next() < 0.002) repeatTail(words, random)
  return words[0]!.toString().includes('RAND') ? boundedPick(words) : words
}

/** As many picks as are asked for: Redis goes on until its machine's memory is full. */
function boundedPick(words: readonly SizedWord[]): Sized {
  return words.map(word => (Number(word) < -1000 ? '-1000' : word))
}

/** Small ones are as frequent as large ones, to the power of two. */
function sizeUpTo(max: number, random: Random): number {
  return Math.floor(2 ** (random.next() * Math.log2(max)))
}

function repeatTail(words: SizedWord[], random: Random): void {
  const tail = words.slice(-1 - random.below(3)).filter(word => typeof word === 'string')
  for (let left = sizeUpTo(400_000, random); left > 0; left -= Math.max(1, tail.length)) {
    for (const word of tail) words.push(word)
  }
}

export function shown(request: Sized): string {
  const words = request
    .slice(0, 12)
    .map(word => (typeof word === 'number' ? `<${word}>` : JSON.stringify(word.slice(0, 60))))
  return `${words.join(' ')}${request.length > 12 ? ` ... (${request.length} words)` : ''}`
}
