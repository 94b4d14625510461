// Bundles the modules of the package into few files, since finding, reading and compiling several
// hundred small ones takes longer than all the rest of a start. Names stay as they are, and source
// maps lead back to the sources' lines.
//
// What a module imports as a whole (`import * as geo from './geo.ts'`) is loaded when a name of it
// is first used, and is a file of its own with all that only it needs. So nobody waits for what he
// does not use. That is possible at once, in the middle of a command, in CommonJS alone: so all
// code is CommonJS, once, and what is imported as an ES module hands on what that exports.
//
// The bundler cuts what several entries share into as many files as there are different sets of
// entries that share something: a server was in seventeen of them, and each costs about as much as
// compiling 50 kB. So what starts a server is kept together, and so is what the library adds to it,
// what reads and writes snapshots, and what replicates: each entry that needs some of one of them
// imports all of it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { init } from 'es-module-lexer'
import { build } from 'esbuild'
import { LATE, onCommonJs, toCommonJs } from './commonjs.mjs'

/** Files that are started by their names, as threads are. */
const STARTED = ['testing/thread/serve']

/**
 * What is kept together: all that a module needs, but for what is in those before it. With fewer of
 * these than `few` an entry is better off alone.
 */
const KEPT_TOGETHER = [
  { module: 'src/testing/start.ts', few: 10 },
  { module: 'src/index.ts', few: 1 },
  { module: 'src/persistence/loading.ts', few: 3 },
  { module: 'src/replication/replication.ts', few: 1 },
]

const LINE_LENGTH = 120

/** The page of the lab is built for browsers, as one file. */
const PAGE = join('lab', 'page')

/** What package.json names is what users can import or run; some of it only as an ES module. */
function entryPoints(root) {
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const named = JSON.stringify([exports, bin]).matchAll(/dist\/(esm|cjs)\/([^"]+)\.js"/g)
  const found = Array.from(named, ([, folder, entry]) => [folder, `src/${entry}.ts`])
  const of = folder => new Set(found.filter(([one]) => one === folder).map(([, entry]) => entry))
  return { modules: of('esm'), common: of('cjs') }
}

/** Writes the files into one folder, and into the other those that users import as ES modules. */
export async function bundle(root, esm, cjs) {
  await init
  const { modules, common } = entryPoints(root)
  const settings = {
    entryPoints: [...modules, ...STARTED.map(entry => `src/${entry}.ts`), ...lateModules(root)],
    absWorkingDir: root,
    outbase: join(root, 'src'),
    outdir: cjs,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    // Node prints the whole line that an error comes from.
    lineLimit: LINE_LENGTH,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    metafile: true,
    write: false,
  }
  const first = await build({ ...settings, plugins: [arranged(root, new Map())] })
  const plugins = [arranged(root, additions(first.metafile.inputs, settings.entryPoints))]
  const { outputFiles, metafile } = await build({ ...settings, plugins })
  const outputs = new Map()
  for (const [file, { entryPoint, exports }] of Object.entries(metafile.outputs)) {
    if (entryPoint !== undefined) outputs.set(entryPoint, { file: join(root, file), exports })
  }
  const written = new Map(outputFiles.map(({ path, text }) => [path, text]))
  for (const [file, code] of written) {
    if (!file.endsWith('.js')) continue
    const made = toCommonJs(code, written.get(`${file}.map`), name => {
      const { file: late, exports: names } = outputs.get(name.slice(LATE.length))
      const from = relative(dirname(file), late)
      return { file: from.startsWith('.') ? from : `./${from}`, names }
    })
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, made.code)
    writeFileSync(
      `${file}.map`,
      movedMap(made.map, file, join(root, 'dist', 'cjs', relative(cjs, file))),
    )
  }
  for (const entry of modules) {
    const { file, exports } = outputs.get(entry)
    const module = join(esm, relative(cjs, file))
    const folder = relative(dirname(module), dirname(file))
    const isOnlyModule = !common.has(entry) && exports.length > 0
    const code = isOnlyModule ? onCommonJs(written.get(file), folder) : door(file, folder, exports)
    mkdirSync(dirname(module), { recursive: true })
    writeFileSync(module, code)
    if (isOnlyModule) rmSync(file)
    else checkExports(file, exports)
  }
}

/** A source map whose sources are found from where the file will be put in place. */
function movedMap(text, file, place) {
  const map = JSON.parse(text)
  const moved = source => relative(dirname(place), resolve(dirname(file), source))
  return JSON.stringify({ ...map, sources: map.sources.map(moved) })
}

/** The ES module of an entry: it exports what the CommonJS one does. */
function door(file, folder, exports) {
  const target = JSON.stringify(`${folder}/${basename(file)}`)
  const [first] = /^(?:#!.*\n)?/.exec(readFileSync(file, 'utf8'))
  if (exports.length === 0) return `${first}import ${target}\n`
  return `${first}import all from ${target}\nexport const {\n${exports.join(',\n')}\n} = all\n`
}

/** Two files that import each other would be seen here. */
function checkExports(file, exports) {
  const missing = exports.filter(name => createRequire(file)(file)[name] === undefined)
  if (missing.length > 0) throw new Error(`${file} does not export ${missing.join(', ')}`)
}

/** Modules that another one imports as a whole, which are entries of their own. */
function lateModules(root) {
  const found = new Set()
  for (const module of sources(root)) {
    const code = readFileSync(join(root, module), 'utf8')
    for (const [, , specifier] of code.matchAll(WHOLE)) found.add(target(module, specifier))
  }
  return found
}

function sources(root) {
  return readdirSync(join(root, 'src'), { recursive: true })
    .filter(file => file.endsWith('.ts') && !file.startsWith(PAGE))
    .map(file => join('src', file))
}

/** `import * as name from './module.ts'` */
const WHOLE = /^(import \* as \w+ from )'(\.[^']+)'/gm

function target(module, specifier) {
  return join(dirname(module), specifier)
}

/** By each entry, what of that which is kept together it imports as well. */
function additions(modules, entries) {
  const taken = new Set()
  const groups = KEPT_TOGETHER.map(({ module, few }) => {
    const own = reach(modules, module).filter(one => !taken.has(one))
    for (const one of own) taken.add(one)
    return { module, few, own: new Set(own) }
  })
  const added = new Map()
  for (const entry of new Set([...entries, ...importedLate(modules)])) {
    const needed = reach(modules, entry)
    const wanted = groups.filter(
      ({ few, own }) => needed.filter(module => own.has(module)).length >= few,
    )
    added.set(
      entry,
      wanted.map(({ module }) => module).filter(module => module !== entry),
    )
  }
  return added
}

/** What is loaded with a module. */
function reach(modules, from) {
  const found = new Set([from])
  for (const module of found) {
    for (const { path, kind, external } of modules[module].imports) {
      if (kind === 'import-statement' && !external) found.add(path)
    }
  }
  return [...found]
}

function importedLate(modules) {
  return Object.values(modules).flatMap(({ imports }) =>
    imports
      .filter(({ kind, external }) => kind === 'dynamic-import' && !external)
      .map(({ path }) => path),
  )
}

/** Marks what is imported late, and adds to entries what they are to import. */
function arranged(root, added) {
  return {
    name: 'arranged',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^late:/ }, ({ path }) => ({ path, external: true }))
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const module = relative(root, path)
        const code = readFileSync(path, 'utf8').replace(
          WHOLE,
          (_, start, specifier) => `${start}'${LATE}${target(module, specifier)}'`,
        )
        const more = (added.get(module) ?? []).map(
          one => `\nimport ${JSON.stringify(join(root, one))}\n`,
        )
        return { contents: code + more.join(''), loader: 'ts' }
      })
    },
  }
}
