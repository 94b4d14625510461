// Builds the package: dist/esm and dist/cjs, from the same sources, each with its declarations.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function compile(config, folder) {
  const args = [compiler, '-p', join(root, config), '--outDir', folder]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    process.exit(status ?? 1)
  }
}

// Built aside and put in place as a whole, so that whoever runs the old one is not disturbed.
const dist = join(root, 'dist')
const fresh = mkdtempSync(join(root, 'node_modules', '.build-'))
compile('tsconfig.build.json', join(fresh, 'esm'))
compile('tsconfig.build-cjs.json', join(fresh, 'cjs'))
// The nearest package.json decides what a .js file is.
writeFileSync(join(fresh, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
chmodSync(join(fresh, 'esm', 'cli', 'main.js'), 0o755)
chmodSync(fresh, 0o755)
rmSync(dist, { recursive: true, force: true })
renameSync(fresh, dist)
