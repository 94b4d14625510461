// The modules of src/, compiled once for every process that runs them: what starts from the sources
// is ready some seconds earlier than by compiling and finding several hundred files again. They lie
// as one text in node_modules/.cache, by a key of the files that it was made of, so that who changes
// a file runs what it says now.

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const SRC = join(root, 'src') + sep
const CACHE = join(root, 'node_modules', '.cache', 'redis-tls-mock')

/** It is built for browsers. */
const PAGE = join('lab', 'page') + sep

/** What is made of other sources than now is kept for so long: somebody may be about to read it. */
const KEPT_MS = 3_600_000

const SETTINGS = {
  loader: 'ts',
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  sourcesContent: false,
  // A module that is imported later comes from here as well.
  supported: { 'dynamic-import': false },
  // See loader.mjs, which gives each module what finds the others.
  banner: '"use strict";var require=module.find;',
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
}

/** Names that esbuild says a CommonJS module exports. */
const EXPORTED = /\n0 && \(module\.exports = \{\n([^}]*)\}\);/

/**
 * @returns the folder of the compiled sources: `index.json` has, by a module's path below src/, the
 * names that it exports, and where its code begins and ends in `code.js`, in bytes
 */
export async function packSources() {
  const files = sourceFiles()
  const folder = join(CACHE, `sources-${keyOf(files)}`)
  if (existsSync(folder)) return folder
  mkdirSync(CACHE, { recursive: true })
  removeOld()
  const fresh = mkdtempSync(join(CACHE, 'sources-fresh-'))
  const { index, code } = await compile(files)
  writeFileSync(join(fresh, 'code.js'), code)
  writeFileSync(join(fresh, 'index.json'), JSON.stringify(index))
  try {
    renameSync(fresh, folder)
  } catch (error) {
    // Another process was quicker, and made the same.
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

function sourceFiles() {
  return readdirSync(SRC, { recursive: true })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith(PAGE))
    .sort()
}

function keyOf(files) {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)))
  for (const file of files) {
    const { mtimeMs, size } = statSync(SRC + file)
    hash.update(`${file}\0${mtimeMs}\0${size}\0`)
  }
  return hash.digest('hex').slice(0, 20)
}

function removeOld() {
  for (const name of readdirSync(CACHE)) {
    const folder = join(CACHE, name)
    const stats = statSync(folder, { throwIfNoEntry: false })
    if (stats !== undefined && Date.now() - stats.mtimeMs > KEPT_MS) {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A file that cannot be compiled is left out, and says why where it is imported by itself. */
async function compile(files) {
  const { transform } = await import('esbuild')
  const made = await Promise.all(
    files.map(async file => {
      const sourcefile = SRC + file
      const text = readFileSync(sourcefile, 'utf8')
      const result = await transform(text, { ...SETTINGS, sourcefile, logLevel: 'silent' }).catch(
        () => undefined,
      )
      return [file.replaceAll(sep, '/'), result?.code]
    }),
  )
  const index = {}
  const parts = []
  let end = 0
  for (const [file, text] of made) {
    if (text === undefined) continue
    const part = Buffer.from(text)
    const [, names = ''] = EXPORTED.exec(text) ?? []
    index[file] = { names: names.match(/[\w$]+/g) ?? [], start: end, end: end + part.length }
    end += part.length
    parts.push(part)
  }
  return { index, code: Buffer.concat(parts) }
}
