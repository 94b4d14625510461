// The syntax that the other tests of this folder draw from: it must name every command with keys,
// and be right.

import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { InProcess, textOf } from './in-process.ts'
import { SYNTAXES } from './requests.ts'

/** These can only fail here: there is no second server, no dump, no LFU policy. */
const NEVER_SUCCEED = new Set(['migrate', 'restore', 'restore-asking', 'object|freq'])

t.test('every command with keys has its syntax here', async t => {
  using redis = new InProcess()
  const described = new Set(SYNTAXES.map(s => redis.commandOf(s.line.split(' '))?.name))
  const missing = redis.server.table.catalogue.all.filter(
    ({ keySpecs, name }) => keySpecs.some(({ isKey }) => isKey) && !described.has(name),
  )
  t.strictSame(
    missing.map(({ name }) => name),
    [],
  )
})

t.test('and the syntax is right', async t => {
  using redis = new InProcess()
  const random = new SeededRandom(2)
  redis.seedScripts()
  for (const syntax of SYNTAXES) {
    const words = syntax.draw(random)
    if (!redis.knows(words) || NEVER_SUCCEED.has(redis.commandOf(words)?.name ?? '')) continue
    let succeeded = false
    let last = ''
    for (let i = 0; i < 12; i++) {
      redis.seed()
      const request = syntax.draw(random)
      const [reply] = redis.replies(request)
      if (reply?.type !== 'error') succeeded = true
      else last = `${request.join(' ')}: ${textOf(reply)}`
      t.notMatch(textOf(reply), /syntax|wrong number of arg|unknown|internal/i, request.join(' '))
    }
    t.ok(succeeded, `${syntax.line} (${last})`)
  }
})
