// Runs modules of src/ from what pack.mjs has made of them. Each is a module of its own, of its own
// file's name, so that a stack, and what a module knows of its own place, are those of the source.

import { readFileSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { packSources, SRC } from './pack.mjs'

export const folder = await packSources()
const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
const code = readFileSync(join(folder, 'code.js'))
const loaded = new Map()

// The maps lead back to the lines.
process.setSourceMapsEnabled(true)

/** What a module of src/ exports; it is run, if it was not yet. */
export function load(file) {
  const module = loaded.get(file) ?? run(file)
  return module.exports
}

function run(file) {
  const place = index[relative(SRC, file).replaceAll(sep, '/')]
  if (place === undefined) throw new Error(`${file} is no module of src/, or cannot be compiled`)
  const module = new Module(file)
  const require = createRequire(file)
  module.filename = file
  module.find = name => (name.startsWith('.') ? load(resolve(dirname(file), name)) : require(name))
  loaded.set(file, module)
  try {
    module._compile(code.toString('utf8', place.start, place.end), file)
  } catch (error) {
    loaded.delete(file)
    throw error
  }
  module.loaded = true
  return module
}
