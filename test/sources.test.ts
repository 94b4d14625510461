// What the sources may have of each kind. The numbers are today's and may only fall: whoever makes
// one smaller writes the smaller number here.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Corpus } from './helpers/corpus.ts'
import { circles, loadedWith, readSources, type SourceFacts } from './helpers/sources.ts'

const root = path.join(import.meta.dirname, '..')
const sources = readSources()

/** Says so where a ceiling can be lowered. */
function atMost(t: Test, count: number, most: number, what: string): void {
  t.ok(count <= most, `${what}: ${count}, ${most} at the most`)
  if (count < most) t.comment(`${what}: ${count}, no longer ${most}`)
}

function read(...names: readonly string[]): string {
  return fs.readFileSync(path.join(root, ...names), 'utf8')
}

function filesBelow(folder: string, ending: RegExp): string[] {
  const files = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
  return files.filter(file => ending.test(file)).map(file => path.join(folder, file))
}

// ---- Tests ---------------------------------------------------------------------------------------

t.test('every family of commands has its transcript', async t => {
  const families = [...read('src/commands/index.ts').matchAll(/'\.\/([\w-]+)\.ts'/g)]
  t.ok(families.length >= 29, `${families.length} families`)
  for (const [, name = ''] of families) {
    const file = path.join('test', 'commands', `${name}.test.ts`)
    const text = fs.existsSync(path.join(root, file)) ? read(file) : ''
    t.match(text, /^transcript\(t/m, file)
  }
})

t.test('every command and subcommand is sent by a test of commands', async t => {
  const recorded = JSON.parse(read('test/recorded/commands-7.4.json')) as { name: string }[]
  const names = recorded.map(({ name }) => name)
  const leaves = names.filter(name => !names.some(other => other.startsWith(`${name}|`)))
  const texts = ['test/commands', 'test/server'].flatMap(folder => filesBelow(folder, /\.ts$/))
  const text = texts.map(file => read(file)).join('\n')
  const silent = leaves.filter(name => {
    const [first = '', second] = name.toUpperCase().split('|')
    // In a line of a transcript or a scene, or as words of their own.
    const rest = second === undefined ? '' : `(?: |', ')${second}`
    return !new RegExp(`(?:['"\`]|\\| )${first}${rest}\\b`).test(text)
  })
  t.strictSame(silent, [])
})

t.test('every folder of the corpus has a test that replays it', async t => {
  const replayed = new Set<string>()
  for (const file of filesBelow('test', /\.test\.ts$/)) {
    for (const [, name = ''] of read(file).matchAll(/new Corpus<[\s\S]*?>\(\s*'(\w+)',?\s*\)/g)) {
      replayed.add(name)
    }
  }
  const folders = fs.readdirSync(path.join(root, 'test', 'corpus'))
  t.strictSame(folders.sort(), [...replayed].sort())
  for (const name of folders) {
    for (const { file, why, input } of new Corpus<unknown>(name).specimens()) {
      t.ok(typeof why === 'string' && why !== '' && input !== undefined, `${file}: ${why}`)
    }
  }
})

t.test('what fails is kept once, with its bytes', async t => {
  const folder = t.testdir({})
  const corpus = new Corpus<readonly (readonly string[])[]>('requests', folder)
  t.strictSame(corpus.specimens(), [])
  const input = [['SET', 'a"\\\0\r\n\xff', ''], ['GET', '\u20ac'], []]
  t.match(corpus.keep('it failed', input), /^kept as test\/corpus\/requests\/[0-9a-f]{10}\.json/)
  t.match(corpus.keep('it failed again', input), /^known as test\/corpus\/requests\//)
  const [specimen, ...others] = corpus.specimens()
  t.match(specimen, { why: 'it failed', input })
  t.strictSame(others, [])
  const [file = ''] = fs.readdirSync(path.join(folder, 'requests'))
  t.match(fs.readFileSync(path.join(folder, 'requests', file), 'latin1'), /^[\x20-\x7e\n]*\n$/)
  t.match(corpus.keep('it is long', [['x'.repeat(100_000)]]), /too many to be kept$/)
  t.equal(corpus.specimens().length, 1)
})

// ---- Sizes ---------------------------------------------------------------------------------------

const FILE_LINES_MAX = 450
t.test('files are short', async t => {
  const long = sources.filter(({ lines }) => lines > FILE_LINES_MAX)
  t.strictSame(
    long.map(({ file, lines }) => `${file} ${lines}`),
    [],
  )
})

const FUNCTION_LINES_MAX = 70
t.test('functions are short', async t => {
  const long = sources.flatMap(({ file, functions }) =>
    functions
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .map(({ name, lines }) => `${file} ${name} ${lines}`),
  )
  t.strictSame(long, [])
})

// ---- Types ---------------------------------------------------------------------------------------

/** Where a look whether something is there would cost each command. */
const HOT =
  /(args|parser|writer|link|dispatch|catalogue|check|pattern-index|packed-\w+|store\/table)\.ts$/

function sum(of: (source: SourceFacts) => number, some = sources): number {
  return some.reduce((count, source) => count + of(source), 0)
}

t.test('types are seldom overruled', async t => {
  const cold = sources.filter(({ file }) => !HOT.test(file))
  atMost(
    t,
    sum(({ nonNull }) => nonNull, cold),
    67,
    '! where it costs nothing to look',
  )
  atMost(
    t,
    sum(({ nonNull }) => nonNull),
    136,
    '!',
  )
  atMost(
    t,
    sum(({ casts }) => casts),
    226,
    'as',
  )
})

// ---- Who knows whom ------------------------------------------------------------------------------

t.test('files that all reach each other, types included', async t => {
  const [largest = []] = circles(sources)
  atMost(t, largest.length, 5, 'the largest circle')
})

/** Each file is loaded when the one before it calls it. */
const ENTRIES: readonly (readonly [what: string, files: readonly string[], most: number])[] = [
  ["import 'redis-tls-mock'", ['index.ts'], 174],
  ["import 'redis-tls-mock/node-test'", ['testing/fixtures/node-test.ts'], 174],
  ['the program, before it knows what to do', ['cli/main.ts'], 3],
  ['acl --help', ['cli/main.ts', 'cli/help.ts'], 13],
  ['acl explain', ['cli/main.ts', 'cli/acl-explain.ts'], 71],
  ['acl explain without the program', ['cli/acl-explain.ts'], 68],
  ['tls explain without the program', ['cli/tls-explain.ts'], 26],
  ['certs without the program', ['cli/certs.ts'], 17],
]

t.test('sources that are loaded with', async t => {
  for (const [what, files, most] of ENTRIES) {
    atMost(t, loadedWith(sources, ...files).size, most, what)
  }
})

/** By file, what another one imports from it; a file of which all may be used is in `whole`. */
function usesOf(): { readonly names: ReadonlySet<string>; readonly whole: ReadonlySet<string> } {
  const names = new Set<string>()
  const { exports, bin } = JSON.parse(read('package.json'))
  const entries = JSON.stringify([exports, bin]).matchAll(/dist\/esm\/([^"]+)\.js"/g)
  const whole = new Set([...entries].map(([, entry]) => `${entry}.ts`))
  for (const { imports } of sources) {
    for (const one of imports) {
      for (const name of one.names) names.add(`${one.target} ${name}`)
      if (one.isLazy || one.names.length === 0) whole.add(one.target)
    }
  }
  for (const file of filesBelow('scripts', /\.(ts|mjs)$/)) {
    for (const [, list = '', target = ''] of read(file).matchAll(
      /import \{([^}]*)\} from '(?:\.\.\/)+src\/([^']+)'/g,
    )) {
      for (const name of list.split(',')) names.add(`${target} ${name.replace('type', '').trim()}`)
    }
  }
  return { names, whole }
}

/** These are exported for tests alone, or for nobody. */
const UNUSED_MAX = 21

t.test('what is exported is used', async t => {
  const { names, whole } = usesOf()
  const unused = sources
    .filter(({ file }) => !whole.has(file))
    .flatMap(({ file, exports }) =>
      exports.filter(({ isType }) => !isType).map(({ name }) => `${file} ${name}`),
    )
    .filter(one => !names.has(one))
  atMost(t, unused.length, UNUSED_MAX, 'values that no other source imports')
  if (unused.length > UNUSED_MAX) t.comment(unused.join('\n'))
})

/** Names with several meanings. What runners and subcommands have in common is one meaning. */
const SAME_NAMES_MAX = 32
const ONE_MEANING: ReadonlySet<string> = new Set([
  'useRedis',
  'useReplication',
  'redisFor',
  'EXPLAIN_USAGE',
  'EXPLAIN_OPTIONS',
])

t.test('a name has one meaning', async t => {
  const files = new Map<string, string[]>()
  for (const { file, exports } of sources) {
    // What is public is what others have.
    if (file === 'index.ts') continue
    for (const { name } of exports) files.set(name, [...(files.get(name) ?? []), file])
  }
  const several = [...files].filter(([name, { length }]) => length > 1 && !ONE_MEANING.has(name))
  atMost(t, several.length, SAME_NAMES_MAX, 'names that several files export')
  if (several.length > SAME_NAMES_MAX) {
    t.comment(several.map(([name, where]) => `${name}: ${where.join(' ')}`).join('\n'))
  }
})

// ---- Comments ------------------------------------------------------------------------------------

/** Functions of C and of packages that comments speak of, and words that look like names. */
const FOREIGN: ReadonlySet<string> = new Set([
  ...[
    'strtod',
    'collectgarbage',
    'strtoul',
    'printf',
    'lrand48',
    'createClient',
    'secureConnection',
    'toPrecision',
  ],
  ...[
    'lua_State',
    'global_State',
    'Redis',
    'kB',
    'arXiv',
    'xHH',
    'noApproximativeNumericConstant',
    'noNoninteractiveTabindex',
  ],
])

t.test('comments name what there is', async t => {
  const known = new Set([...FOREIGN, ...sources.flatMap(({ identifiers }) => [...identifiers])])
  const paths = ['src', 'scripts', 'test'].flatMap(folder => filesBelow(folder, /./))
  const strangers: string[] = []
  for (const { file, comments } of sources) {
    for (const comment of comments) {
      for (const [, called, camel] of comment.matchAll(
        /\b(\w+)\(\)|\b([a-z]\w*[a-z]?[A-Z]\w*)\b/g,
      )) {
        const name = called ?? camel ?? ''
        if (!known.has(name)) strangers.push(`${file}: ${name}`)
      }
      for (const [, name = ''] of comment.matchAll(/([\w/-]+(?:\.test)?\.tsx?)\b/g)) {
        if (!paths.some(one => `/${one}`.endsWith(`/${name}`))) strangers.push(`${file}: ${name}`)
      }
    }
  }
  t.strictSame(strangers, [])
})
