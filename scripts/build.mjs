// Builds the package: dist/esm and dist/cjs, from the same sources, each with its declarations, and
// dist/lab, the page of the lab, as one file of each kind.
//
// The modules of dist/esm are bundled into few files, since finding, reading and compiling two
// hundred small ones takes longer than all the rest of a start. What is imported late stays apart.
// Names stay as they are, and source maps lead back to the sources' lines.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildPage } from './page.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function compile(config, folder, ...more) {
  const args = [compiler, '-p', join(root, config), '--outDir', folder, ...more]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    process.exit(status ?? 1)
  }
}

/** Files that are started by their names, as threads are. */
const STARTED = ['testing/thread/serve']

/** What package.json names is what users can import or run. */
function entryPoints() {
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const named = JSON.stringify([exports, bin]).matchAll(/dist\/esm\/([^"]+)\.js"/g)
  const entries = [...Array.from(named, ([, entry]) => entry), ...STARTED]
  return entries.map(entry => join(root, 'src', `${entry}.ts`))
}

function bundle(folder) {
  return build({
    entryPoints: entryPoints(),
    outbase: join(root, 'src'),
    outdir: folder,
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
  })
}

// Built aside and put in place as a whole, so that whoever runs the old one is not disturbed.
const dist = join(root, 'dist')
const fresh = mkdtempSync(join(root, 'node_modules', '.build-'))
compile('tsconfig.build.json', join(fresh, 'esm'), '--emitDeclarationOnly')
await bundle(join(fresh, 'esm'))
compile('tsconfig.build-cjs.json', join(fresh, 'cjs'))
await buildPage(join(fresh, 'lab'))
// The nearest package.json decides what a .js file is.
writeFileSync(join(fresh, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
chmodSync(join(fresh, 'esm', 'cli', 'main.js'), 0o755)
chmodSync(fresh, 0o755)
const old = `${fresh}-old`
if (existsSync(dist)) renameSync(dist, old)
renameSync(fresh, dist)
rmSync(old, { recursive: true, force: true })
