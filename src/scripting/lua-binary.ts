// The binary of lua-redis-wasm, which is all that is used of that package. The build puts it beside
// itself with its licences, so that nobody has to install the package, which wants a newer Node
// than this one does; the sources take it from there.

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ownFile } from '../util/lazy.ts'

const NAME = 'redis_lua.wasm'

export function readLuaBinary(): Uint8Array {
  return readFileSync(binaryFor(ownFile()))
}

function binaryFor(own: string): string | URL {
  const { resolve } = createRequire(own)
  if (own.endsWith('.ts')) return join(dirname(resolve('lua-redis-wasm')), NAME)
  const beside = new URL(`../../lua/${NAME}`, own)
  if (existsSync(beside)) return beside
  // Whoever bundles this with code of his own has it somewhere else.
  return join(dirname(resolve('redis-tls-mock/package.json')), 'dist', 'lua', NAME)
}
