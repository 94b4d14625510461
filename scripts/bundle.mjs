// Bundles the modules of the package into few files, since finding, reading and compiling two hundred
// small ones takes longer than all the rest of a start. Names stay as they are, and source maps lead
// back to the sources' lines.
//
// The bundler cuts what several entries share into as many files as there are different sets of
// entries that share something: a server was in seventeen of them, and each costs about as much as
// compiling 50 kB. So what starts a server is kept together, and so is what the library adds to it:
// each entry that needs a part of either imports all of it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Files that are started by their names, as threads are. */
const STARTED = ['testing/thread/serve']

/** What is kept together, the smaller one first. */
const SERVER = 'src/testing/start.ts'
const LIBRARY = 'src/index.ts'
/** With fewer modules of the server than these an entry is better off alone. */
const FEW = 10

/** What package.json names is what users can import or run. */
function entryPoints(root) {
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const named = JSON.stringify([exports, bin]).matchAll(/dist\/esm\/([^"]+)\.js"/g)
  const entries = [...Array.from(named, ([, entry]) => entry), ...STARTED]
  return entries.map(entry => `src/${entry}.ts`)
}

/** Writes the ES modules, and the same files as CommonJS. */
export async function bundle(root, esm, cjs) {
  const settings = {
    entryPoints: entryPoints(root),
    absWorkingDir: root,
    outbase: join(root, 'src'),
    outdir: esm,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    metafile: true,
  }
  const { metafile } = await build({ ...settings, write: false })
  const plugins = [keepTogether(root, additions(metafile.inputs, settings.entryPoints))]
  const { metafile: made } = await build({ ...settings, plugins })
  await build({
    ...settings,
    entryPoints: Object.keys(made.outputs).filter(file => file.endsWith('.js')),
    outbase: esm,
    outdir: cjs,
    bundle: false,
    splitting: false,
    packages: undefined,
    format: 'cjs',
    supported: { 'dynamic-import': false },
  })
}

/** By each entry that needs a part of the server or of the library: which of them it imports. */
function additions(modules, entries) {
  const server = reach(modules, SERVER)
  const library = reach(modules, LIBRARY).filter(module => !server.includes(module))
  const added = new Map()
  for (const entry of new Set([...entries, ...importedLate(modules)])) {
    const needed = reach(modules, entry)
    if (needed.some(module => library.includes(module))) added.set(entry, LIBRARY)
    else if (needed.filter(module => server.includes(module)).length >= FEW) {
      added.set(entry, SERVER)
    }
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

function keepTogether(root, added) {
  return {
    name: 'keep together',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const entry = [...added.keys()].find(module => join(root, module) === path)
        const addition = added.get(entry)
        if (addition === undefined || addition === entry) return undefined
        const code = readFileSync(path, 'utf8')
        return {
          contents: `${code}\nimport ${JSON.stringify(join(root, addition))}\n`,
          loader: 'ts',
        }
      })
    },
  }
}
