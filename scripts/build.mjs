// Builds the package: dist/esm and dist/cjs, from the same sources, each with its declarations.

import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function compile(config) {
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, config)], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

rmSync(join(root, 'dist'), { recursive: true, force: true })
compile('tsconfig.build.json')
compile('tsconfig.build-cjs.json')
// The nearest package.json decides what a .js file is.
writeFileSync(join(root, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
chmodSync(join(root, 'dist', 'esm', 'cli', 'main.js'), 0o755)
