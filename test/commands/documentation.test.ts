// COMMAND DOCS: the facts are Redis's to the byte, the prose is our own.

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import t, { type Test } from 'tap'
import type { Reply } from '../../src/resp3/decoder.ts'
import { CommandCatalogue } from '../../src/table/catalogue.ts'
import type { Argument } from '../../src/table/docs/arguments.ts'
import * as docs from '../../src/table/docs/docs.ts'
import { CATALOGUE, FAMILIES } from '../../src/table/redis.ts'
import { startOurs, startTheirs } from '../helpers/both.ts'
import { notSince, REAL_VERSION } from '../helpers/real.ts'
import { transcript } from '../helpers/transcript.ts'
import { show, type Wire } from '../helpers/wire.ts'

/** Stands for the words of a sentence. */
const PROSE = '…'
const PROSE_FIELDS = ['summary', 'complexity', 'replaced_by']
/** What nobody can put in other words: 'O(1)', 'N/A', 'GETRANGE'. */
const FEW_WORDS = 3

const NAMES = CATALOGUE.all.map(({ name }) => name)

/** What is documented of one command, by RESP3, with its sentences apart. */
interface Told {
  readonly facts: unknown
  readonly prose: readonly string[]
}

function told(reply: Reply | undefined): Told {
  const prose: string[] = []
  const sentence = (text: unknown): string => {
    prose.push(String(text))
    return PROSE
  }
  const fields = asObject(reply)
  const facts = Object.entries(fields).map(([name, value]): [string, unknown] => {
    if (PROSE_FIELDS.includes(name)) return [name, sentence(plain(value))]
    if (name === 'subcommands') return [name, Object.keys(asObject(value)).sort()]
    if (name !== 'history') return [name, plain(value)]
    return [
      name,
      itemsOf(value).map(change => [plainItem(change, 0), sentence(plainItem(change, 1))]),
    ]
  })
  return { facts: Object.fromEntries(facts), prose }
}

function asObject(reply: Reply | undefined): Record<string, Reply> {
  if (reply?.type !== 'map') throw new Error(`no map: ${JSON.stringify(reply?.type)}`)
  return Object.fromEntries(reply.pairs.map(([name, value]) => [String(plain(name)), value]))
}

function itemsOf(reply: Reply): readonly Reply[] {
  if (reply.type !== 'array' && reply.type !== 'set') throw new Error(`no list: ${reply.type}`)
  return reply.items
}

function plainItem(reply: Reply, index: number): unknown {
  const item = itemsOf(reply)[index]
  return item && plain(item)
}

/** The fields of an object keep their order, which the tests compare as well. */
function plain(reply: Reply): unknown {
  if (reply.type === 'map') {
    return Object.fromEntries(reply.pairs.map(([name, value]) => [plain(name), plain(value)]))
  }
  if (reply.type === 'integer') return Number(reply.value)
  if ('items' in reply) return reply.items.map(plain)
  return 'text' in reply ? reply.text : reply.type
}

async function askDocs(wire: Wire, name: string): Promise<Reply> {
  return (await wire.call('COMMAND', 'DOCS', name)).reply
}

/** A reply with its sentences blanked and subcommands in the order of their names, types kept. */
function blanked(reply: Reply): unknown {
  if (reply.type === 'bulk' || !('items' in reply || 'pairs' in reply)) return show(reply)
  const isMap = 'pairs' in reply
  const flat = isMap ? reply.pairs.flat() : reply.items
  const words = flat.map((item, i) => {
    const before = flat[i - 1]
    const name = before?.type === 'bulk' ? before.text : ''
    if (PROSE_FIELDS.includes(name)) return `${item.type} ${PROSE}`
    if (name === 'history') return [item.type, itemsOf(item).map(change => plainItem(change, 0))]
    // Each is asked for by itself.
    return name === 'subcommands' ? item.type : blanked(item)
  })
  return [reply.type, ...words]
}

t.test('the facts are those that 7.4.1 gives', async t => {
  const file = new URL('../recorded/docs-7.4.json', import.meta.url)
  const recorded = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>
  t.strictSame([...NAMES].sort(), Object.keys(recorded).sort())
  const ours = await startOurs()
  t.teardown(() => ours.close())
  const [old, wire] = [await ours.connect(), await ours.connect()]
  await wire.call('HELLO', '3')
  for (const name of NAMES) {
    const reply = await askDocs(wire, name)
    const { facts } = told(asObject(reply)[name])
    t.equal(JSON.stringify(facts), JSON.stringify(recorded[name]), name)
    t.strictSame(show(await askDocs(old, name)), show(reply), `${name} in RESP2`)
  }
})

/** Later versions have more to say. */
const notOurs = notSince([7, 4]) || (REAL_VERSION?.[0] === 7 ? false : 'later than Redis 7')

t.test('a real server says the same, in other sentences', { skip: notOurs }, async t => {
  const [ours, real] = [await startOurs(), await startTheirs()]
  t.teardown(() => Promise.all([ours.close(), real.close()]))
  for (const protocol of ['2', '3']) {
    const [mine, theirs] = [await ours.connect(), await real.connect()]
    for (const wire of [mine, theirs]) await wire.call('HELLO', protocol)
    for (const name of NAMES) {
      const [a, b] = [await askDocs(mine, name), await askDocs(theirs, name)]
      t.strictSame(blanked(a), blanked(b), `RESP${protocol} ${name}`)
      if (protocol === '3') otherSentences(t, name, a, b)
    }
  }
})

function otherSentences(t: Test, name: string, ours: Reply, theirs: Reply): void {
  const known = new Set(told(asObject(theirs)[name]).prose.map(wordsOnly))
  const same = told(asObject(ours)[name]).prose.filter(
    text => text.split(' ').length > FEW_WORDS && known.has(wordsOnly(text)),
  )
  t.strictSame(same, [], `${name} in our own words`)
}

function wordsOnly(text: string): string {
  return text.toLowerCase().replace(/\W+/g, ' ').trim()
}

t.test('every command of every version is documented', async t => {
  const { all } = new CommandCatalogue(FAMILIES, { product: 'redis', version: '99.0' })
  for (const { name, keySpecs } of all) {
    t.match(docs.docOf(name)?.summary, /^[A-Z].*\.$/, name)
    const specs = (word: Argument): number[] => [
      ...(word.keySpec === undefined ? [] : [word.keySpec]),
      ...word.arguments.flatMap(specs),
    ]
    const used = docs.argumentsOf(name).flatMap(specs)
    t.ok(Math.max(-1, ...used) < keySpecs.length, `the key specs of ${name}`)
  }
})

transcript(
  t,
  'what came after 7.4 is documented with its words',
  [
    [
      'COMMAND DOCS hgetdel',
      [
        '$hgetdel',
        [
          '$summary',
          '$Gives the values of fields of a hash and removes the fields.',
          '$since',
          '$8.0.0',
          '$group',
          '$hash',
          '$complexity',
          '$O(N) for N fields',
          '$arguments',
          [
            ['$name', '$key', '$type', '$key', '$display_text', '$key', '$key_spec_index', ':0'],
            [
              '$name',
              '$fields',
              '$type',
              '$block',
              '$token',
              '$FIELDS',
              '$arguments',
              [
                ['$name', '$numfields', '$type', '$integer', '$display_text', '$numfields'],
                [
                  '$name',
                  '$field',
                  '$type',
                  '$string',
                  '$display_text',
                  '$field',
                  '$flags',
                  ['+multiple'],
                ],
              ],
            ],
          ],
        ],
      ],
      'ours',
    ],
  ],
  { since: [8, 0] },
)

t.test('a command is shown as it is typed, and the words it knows', async t => {
  t.equal(docs.usageOf('get'), 'GET key')
  t.equal(docs.usageOf('acl|log'), 'ACL LOG [count | RESET]')
  t.equal(docs.usageOf('del'), 'DEL key [key ...]')
  t.equal(docs.usageOf('mset'), 'MSET key value [key value ...]')
  t.equal(
    docs.usageOf('sort_ro'),
    'SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] ' +
      '[ASC | DESC] [ALPHA]',
  )
  t.equal(
    docs.usageOf('migrate'),
    'MIGRATE host port <key | ""> destination-db timeout [COPY] [REPLACE] ' +
      '[AUTH password | AUTH2 username password] [KEYS key [key ...]]',
  )
  t.strictSame(docs.tokensOf('set'), ['NX', 'XX', 'GET', 'EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL'])
})

const noRedisCli = spawnSync('redis-cli', ['--version']).error && 'no redis-cli on the PATH'

t.test("redis-cli's HELP", { skip: noRedisCli ?? false }, async t => {
  const ours = await startOurs()
  t.teardown(() => ours.close())
  const child = spawn('redis-cli', ['-p', String(ours.port)])
  child.stdin.end('HELP set\nHELP acl setuser\n')
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  t.match(output, /SET\S* \S*key value \[NX\|XX\] \[GET\] \[EX seconds\|/)
  t.match(output, docs.docOf('set')?.summary)
  t.match(output, /ACL SETUSER\S* \S*username \[rule \[rule \.\.\.\]\]/)
})
