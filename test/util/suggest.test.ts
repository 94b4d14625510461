import t from 'tap'
import { suggest } from '../../src/util/suggest.ts'

const SUITES = ['acl', 'certs', 'completion', 'exec', 'help', 'lab', 'tls', 'version']

const meant: readonly (readonly [word: string, known: readonly string[], string | undefined])[] = [
  ['alc', SUITES, 'acl'],
  ['exce', SUITES, 'exec'],
  ['cert', SUITES, 'certs'],
  ['versoin', SUITES, 'version'],
  ['LAB', SUITES, 'lab'],
  ['comp', SUITES, 'completion'],
  ['lnit', ['explain', 'lint', 'test', 'learn'], 'lint'],
  ['maxmemry', ['maxclients', 'maxmemory', 'maxmemory-policy'], 'maxmemory'],
  ['requirePass', ['requirepass'], 'requirepass'],
  ['comand', ['command', 'key'], 'command'],
  ['gett', ['set', 'get'], 'get'],
  ['reads', ['reads', 'read'], 'reads'],
  ['bogus', SUITES, undefined],
  ['c', ['certs', 'completion'], undefined],
  ['ab', ['x', 'yz'], undefined],
  ['', SUITES, undefined],
  ['x'.repeat(100_000), SUITES, undefined],
]

t.test('the nearest name, if one is near', async t => {
  for (const [word, known, expected] of meant) {
    t.equal(suggest(word, known), expected, word.slice(0, 20))
  }
})
