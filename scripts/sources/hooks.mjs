// Hooks of Node's loader: who imports a module of src/ from outside gets the one of loader.mjs.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SRC } from './pack.mjs'

const SOURCES = pathToFileURL(SRC).href
const LOADER = new URL('loader.mjs', import.meta.url).href
/** Packages that every test loads, and sooner so: Node need not ask for each of their files. */
const AT_ONCE = new Set(['tap'])
const PACKAGE = 'package:'

let index = {}

export function initialize(folder) {
  index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
}

export function resolve(specifier, context, next) {
  if (AT_ONCE.has(specifier)) return found(`${PACKAGE}${specifier}?${context.parentURL}`)
  if (!/^(\.|\/|file:)/.test(specifier)) return next(specifier, context)
  const url = new URL(specifier, context.parentURL).href
  return moduleOf(url) === undefined ? next(specifier, context) : found(url)
}

function found(url) {
  return { url, format: 'module', shortCircuit: true }
}

/** What the index knows of it. */
function moduleOf(url) {
  return url.startsWith(SOURCES) ? index[url.slice(SOURCES.length)] : undefined
}

export function load(url, context, next) {
  const module = moduleOf(url)
  if (module !== undefined) return facade(fileURLToPath(url), module.names)
  if (url.startsWith(PACKAGE)) return packageFacade(url.slice(PACKAGE.length))
  return next(url, context)
}

function facade(file, names) {
  const constants = names.map((name, at) => `${JSON.stringify(name)}: $${at}`)
  const exports = names.map((name, at) => `$${at} as ${name}`)
  const source = `import { load } from ${JSON.stringify(LOADER)}
const {${constants}} = load(${JSON.stringify(file)})
export {${exports}}`
  return { format: 'module', source, shortCircuit: true }
}

function packageFacade(text) {
  const [name, parent] = text.split(/\?(.*)/)
  const source = `import { createRequire } from 'node:module'
const { default: it } = createRequire(${JSON.stringify(parent)})(${JSON.stringify(name)})
export default it`
  return { format: 'module', source, shortCircuit: true }
}
