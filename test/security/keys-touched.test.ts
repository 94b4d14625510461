// The structural defence against every ACL bypass of the past: whatever keys a command touches, the
// access rules have asked about them, with at least those rights. The verbs of the databases are
// watched while random requests, valid and damaged, run as a superuser.

import t from 'tap'
import type { KeyUse } from '../../src/acl/command-facts.ts'
import { notWritten } from '../../src/engine/handlers.ts'
import { Args } from '../../src/resp3/args.ts'
import type { Database } from '../../src/store/database.ts'
import { READ, WRITE } from '../../src/table/command.ts'
import { keysOf } from '../../src/table/keys.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { InProcess } from './in-process.ts'
import { damaged, SYNTAXES } from './requests.ts'

const ROUNDS = process.env['TEST_LONG'] ? 2000 : 40

/** What a verb does to its key; 0 is only to look whether it is there, and of what type. */
const VERBS = {
  has: 0,
  peek: 0,
  inspect: 0,
  readAny: READ,
  read: READ,
  editAny: 0,
  edit: 0,
  open: WRITE,
  put: WRITE,
  take: WRITE,
  changed: WRITE,
  setExpiry: WRITE,
} as const

interface Touch {
  readonly verb: keyof typeof VERBS
  readonly key: string
}

/** Watches a database; a verb that is called by another verb is not told again. */
function watch(db: Database, touches: Touch[]): void {
  let depth = 0
  for (const verb of Object.keys(VERBS) as (keyof typeof VERBS)[]) {
    const original = db[verb] as (key: string, ...rest: unknown[]) => unknown
    const watched = (key: string, ...rest: unknown[]): unknown => {
      if (depth === 0) touches.push({ verb, key })
      depth++
      try {
        return original.call(db, key, ...rest)
      } finally {
        depth--
      }
    }
    Object.defineProperty(db, verb, { value: watched })
  }
}

function isCovered({ verb, key }: Touch, keys: readonly KeyUse[]): boolean {
  const needed = VERBS[verb]
  return keys.some(use => {
    if (use.name !== key) return false
    // Rows without rights (STRLEN, HLEN, SISMEMBER) tell of a value what any right lets one know.
    if (needed === READ && use.needs === 0) return true
    return (use.needs & needed) === needed
  })
}

/** Where Redis asks for less than is done, by command and verb. */
const ASKED_LESS: ReadonlySet<string> = new Set([
  // These look the stream up as readers do, which counts a hit; the claims also answer entries.
  'xack read',
  'xack readAny',
  'xautoclaim read',
  'xautoclaim readAny',
  'xclaim read',
  'xclaim readAny',
  // A group's position and pending entries count as no change of the stream.
  'xreadgroup changed',
  // The cardinality is kept beside the registers.
  'pfcount changed',
])

/** BY and GET of SORT name keys that nobody knows before; they need a right to read every key. */
function isSortPattern(command: string, verb: keyof typeof VERBS): boolean {
  return command.startsWith('sort') && VERBS[verb] <= READ
}

/** Commands that cannot succeed with these requests, or not without LFU; WATCH notes only a name. */
const UNTOUCHING: ReadonlySet<string> = new Set([
  'migrate',
  'restore',
  'restore-asking',
  'object|freq',
  'watch',
])

/** Requests one after the other, the last of which failed; replies.test.ts shares them. */
const corpus = new Corpus<readonly (readonly string[])[]>('requests')

t.test('the keys that a command touches are among those that were checked', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(Number(process.env['TEST_SEED'] ?? 20241))
  const touches: Touch[] = []
  redis.seedScripts()
  redis.seed()
  for (const db of redis.server.keyspace.databases) watch(db, touches)
  const faults = new Map<string, string>()
  const touching = new Set<string>()
  const watchOne = (request: readonly string[]): void => {
    const command = redis.commandOf(request)
    if (command === undefined || !redis.knows(request)) return
    touches.length = 0
    const reply = redis.run(...request)
    const keys = keysOf(command, Args.of(request))
    if (touches.length > 0 && reply?.type !== 'error') touching.add(command.name)
    for (const touch of touches) {
      if (isCovered(touch, keys)) continue
      const fault = `${command.name} ${touch.verb}`
      if (ASKED_LESS.has(fault) || isSortPattern(command.name, touch.verb)) continue
      if (faults.has(fault)) continue
      const kept = corpus.keep(`${fault} of ${touch.key}, which was not checked`, [request])
      faults.set(fault, `${request.join(' ')} (${touch.key}), ${kept}`)
    }
  }
  for (const { input } of corpus.specimens()) {
    redis.seed()
    for (const request of input) watchOne(request)
  }
  for (let round = 0; round < ROUNDS; round++) {
    redis.seed()
    for (const syntax of SYNTAXES) {
      const valid = syntax.draw(random)
      watchOne(round % 2 === 0 ? valid : damaged(valid, random))
    }
  }
  t.strictSame([...faults], [])
  const silent = redis.server.table.catalogue.all.filter(
    ({ keySpecs, id, name }) =>
      redis.server.commands.run[id] !== notWritten &&
      keySpecs.some(({ isKey }) => isKey) &&
      !touching.has(name),
  )
  t.strictSame(
    silent.map(({ name }) => name).filter(name => !UNTOUCHING.has(name)),
    [],
    'the watch sees every command at work',
  )
})

t.test('commands without keys touch none', async t => {
  using redis = new InProcess()
  const touches: Touch[] = []
  redis.seed()
  for (const db of redis.server.keyspace.databases) watch(db, touches)
  const requests: readonly (readonly string[])[] = [
    ['PING', 's1'],
    ['ECHO', 's1'],
    ['PUBLISH', 's1', 'x'],
    ['SELECT', '0'],
    ['OBJECT', 'HELP'],
    ['COMMAND', 'GETKEYS', 'GET', 's1'],
    ['ACL', 'DRYRUN', 'default', 'SET', 's1', 'v'],
    ['CLIENT', 'SETNAME', 's1'],
    ['CONFIG', 'GET', 's1'],
  ]
  for (const request of requests) {
    redis.run(...request)
    t.strictSame(touches, [], request.join(' '))
    touches.length = 0
  }
})
