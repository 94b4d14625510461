// Builds the package: dist/esm and dist/cjs, from the same sources, each with its declarations, and
// dist/lab, the page of the lab, as one file of each kind, and dist/lua, the binary that runs
// scripts, with its licences. With --if-changed only if it was made of other files than there are.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'
import { buildPage } from './page.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function compileTypes(folder) {
  const config = join(root, 'tsconfig.build.json')
  const args = [compiler, '-p', config, '--outDir', folder, '--emitDeclarationOnly']
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    process.exit(status ?? 1)
  }
}

/** Projects without esModuleInterop cannot import what has no default, even as a type. */
function nameWholeModules(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    const named = text.replace(
      /^import (?:type )?(\w+) from ('node:)/gm,
      'import type * as $1 from $2',
    )
    if (named !== text) writeFileSync(file, named)
  }
}

/** What src/scripting/lua-binary.ts reads, whose package nobody else has to install. */
const LUA = ['dist/redis_lua.wasm', 'LICENSE', 'THIRD_PARTY_NOTICES.md']

function copyLua(folder) {
  mkdirSync(folder)
  for (const file of LUA) {
    copyFileSync(join(root, 'node_modules', 'lua-redis-wasm', file), join(folder, basename(file)))
  }
}

/** What the package is made of, in short. */
function sourcesKey() {
  const hash = createHash('sha256').update(process.version)
  for (const place of ['src', 'scripts', '.']) {
    const files = readdirSync(join(root, place), { recursive: place === 'src' })
    for (const file of files.filter(name => /\.(tsx?|mjs|css|html|json|svg)$/.test(name)).sort()) {
      hash.update(`${place}/${file}\0`).update(readFileSync(join(root, place, file)))
    }
  }
  return hash.digest('hex')
}

const key = sourcesKey()
const cache = join(root, 'node_modules', '.cache', 'redis-tls-mock')
const stamp = join(cache, 'built-of')
const last = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (process.argv.includes('--if-changed') && existsSync(join(root, 'dist')) && last === key) {
  process.exit()
}

// Built aside and put in place as a whole, so that whoever runs the old one is not disturbed.
const dist = join(root, 'dist')
const fresh = mkdtempSync(join(root, 'node_modules', '.build-'))
compileTypes(join(fresh, 'esm'))
nameWholeModules(join(fresh, 'esm'))
cpSync(join(fresh, 'esm'), join(fresh, 'cjs'), { recursive: true })
await bundle(root, join(fresh, 'esm'), join(fresh, 'cjs'))
await buildPage(join(fresh, 'lab'))
copyLua(join(fresh, 'lua'))
// The nearest package.json decides what a .js file is.
writeFileSync(join(fresh, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
chmodSync(join(fresh, 'esm', 'cli', 'main.js'), 0o755)
chmodSync(fresh, 0o755)
const old = `${fresh}-old`
if (existsSync(dist)) renameSync(dist, old)
renameSync(fresh, dist)
rmSync(old, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })
writeFileSync(stamp, key)
