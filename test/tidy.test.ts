// Rules of the house that a formatter does not know.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))

// Imports point from a later row to an earlier one; names in one row do not know each other.
const LAYERS: readonly (readonly string[])[] = [
  ['util'],
  ['resp3'],
  ['store', 'acl', 'transport'],
  ['table'],
  ['host'],
  ['engine', 'policy'],
  ['scripting', 'persistence'],
  ['replication'],
  ['cluster'],
  ['commands'],
  ['redis.ts'],
  ['testing', 'practice'],
  ['tools'],
  ['lab'],
  ['index.ts'],
  ['cli'],
]

/** Commands run synchronously from chunk to reply: nothing on the way may wait. */
const SYNCHRONOUS = ['util', 'resp3', 'store', 'acl', 'table', 'commands']
/** Where the lab's page begins: it is not imported but bundled. */
const PAGE = path.join('lab', 'page')
/** The one file outside of the page that the page may import. */
const PROTOCOL = path.join('lab', 'protocol.ts')
const COLUMNS_MAX = 100

interface Source {
  /** Relative to src/. */
  readonly file: string
  readonly text: string
}

const sources: readonly Source[] = fs
  .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => /\.tsx?$/.test(file))
  .map(file => ({ file, text: fs.readFileSync(path.join(root, 'src', file), 'utf8') }))

function importsOf({ file, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import\() ?'(\.{1,2}\/[^']+)'/g)].map(([, target = '']) =>
    path.join(path.dirname(file), target),
  )
}

function layerOf(file: string): number {
  const [folder = ''] = file.split(path.sep)
  return LAYERS.findIndex(row => row.includes(folder))
}

function folderOf(file: string): string {
  return file.split(path.sep)[0] ?? ''
}

t.test('every source belongs to a layer', async t => {
  const strays = sources.filter(({ file }) => layerOf(file) < 0 && !file.startsWith('version'))
  t.strictSame(
    strays.map(({ file }) => file),
    [],
  )
})

t.test('imports point downwards', async t => {
  const upwards: string[] = []
  for (const source of sources) {
    for (const target of importsOf(source)) {
      if (folderOf(target) === folderOf(source.file) || folderOf(target).startsWith('version'))
        continue
      if (layerOf(target) >= layerOf(source.file)) upwards.push(`${source.file} -> ${target}`)
    }
  }
  t.strictSame(upwards, [])
})

/** What knows the settings: a front or a Sentinel has these too, and no data. */
const CONFIGURATION: readonly string[] = [
  'config/conf-text',
  'config/config',
  'config/event-classes',
  'config/list-parameter',
  'config/parameter',
  'config/parameters',
  'config/process-title',
  'log',
].map(name => path.join('host', `${name}.ts`))

t.test('the configuration knows no client and no data, not even their types', async t => {
  const reached = new Set(CONFIGURATION)
  for (const file of reached) {
    const source = sources.find(one => one.file === file)
    for (const target of source === undefined ? [] : importsOf(source)) reached.add(target)
  }
  t.ok(CONFIGURATION.every(file => sources.some(one => one.file === file)))
  t.strictSame(
    [...reached].filter(
      file =>
        (['host', 'engine'].includes(folderOf(file)) && !CONFIGURATION.includes(file)) ||
        folderOf(file) === 'store',
    ),
    [],
  )
})

t.test('the page of the lab runs in a browser: it knows nothing of the server', async t => {
  const pageFiles = sources.filter(({ file }) => file.startsWith(PAGE))
  const strangers = pageFiles
    .flatMap(importsOf)
    .filter(target => !target.startsWith(PAGE) && target !== PROTOCOL)
  t.ok(pageFiles.length > 0)
  t.strictSame(strangers, [])
})

t.test('every source is imported, but for the entry points', async t => {
  const imported = new Set(sources.flatMap(importsOf))
  const { exports, bin } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const entries = new Set(
    [...JSON.stringify([exports, bin]).matchAll(/dist\/esm\/([^"]+)\.js"/g)].map(
      ([, entry]) => `${entry}.ts`,
    ),
  )
  entries.add(path.join(PAGE, 'main.tsx'))
  const dead = sources.filter(({ file }) => !imported.has(file) && !entries.has(file))
  t.strictSame(
    dead.map(({ file }) => file),
    [],
  )
})

t.test('the path of a command never waits', async t => {
  const waiting = sources.filter(
    ({ file, text }) =>
      SYNCHRONOUS.includes(folderOf(file)) && /^[^/]*\b(async|await) /m.test(text),
  )
  t.strictSame(
    waiting.map(({ file }) => file),
    [],
  )
})

t.test('lines fit and nothing is left for later', async t => {
  const faults: string[] = []
  for (const { file, text } of sources) {
    for (const [i, line] of text.split('\n').entries()) {
      const isLong = line.length > COLUMNS_MAX && !/['"`]/.test(line)
      if (isLong || /\b(TODO|FIXME|XXX)\b/.test(line))
        faults.push(`${file}:${i + 1} ${line.trim()}`)
    }
  }
  t.strictSame(faults, [])
})

t.test('every file says what it is', async t => {
  const silent = sources.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(text))
  t.strictSame(
    silent.map(({ file }) => file),
    [],
  )
})

t.test('nothing of the build needs import.meta, which CommonJS has not', async t => {
  const users = sources.filter(({ text }) => /import\.meta/.test(text))
  t.strictSame(
    users.map(({ file }) => file),
    [],
  )
})
