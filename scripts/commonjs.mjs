// Turns a bundled ES module into CommonJS, which can be loaded in the middle of a command.
//
// What esbuild itself would write reads every imported name through two getters, at each use. Here
// an import is a constant of its own file, so that it costs what any other does: no module exports
// what it assigns later, none calls a constant `module` or `require`, and no two files import each
// other.

import remapping from '@jridgewell/remapping'
import { parse } from 'es-module-lexer'
import MagicString from 'magic-string'

/** How an import that waits for its first use is written in the bundle. */
export const LATE = 'late:'

/**
 * @param code one file of the bundle
 * @param map its source map, as JSON
 * @param late says of a specifier that begins with LATE what file it is and what that exports
 * @returns the same as CommonJS, and its source map
 */
export function toCommonJs(code, map, late) {
  const [imports, exports] = parse(code)
  const edited = new MagicString(code)
  let lates = 0
  for (const { type, specifier, importStart, importEnd } of imports) {
    const statement = code.slice(importStart, importEnd)
    if (type === 'dynamic') {
      if (specifier === undefined) throw new Error(`Of a name that is not known: ${statement}`)
      edited.overwrite(importStart, importEnd, `Promise.resolve().then(()=>${required(specifier)})`)
    } else if (type !== 'static') {
      throw new Error(`There is no such thing in CommonJS: ${statement}`)
    } else if (specifier.startsWith(LATE)) {
      const made = lateObject(statement, late(specifier), `late$${lates++}`)
      edited.overwrite(importStart, importEnd, made)
    } else {
      edited.overwrite(importStart, importEnd, constants(statement, specifier))
    }
  }
  if (exports.length > 0) exportAll(code, exports, edited)
  edited.prependLeft(/^(?:#!.*\n)?/.exec(code)[0].length, '"use strict";')
  return { code: edited.toString(), map: composed(edited, map) }
}

/**
 * @param code an entry of the bundle that has to stay an ES module, since it imports one
 * @param place the path from its folder to that of its CommonJS twin
 * @returns the same on top of the CommonJS files
 */
export function onCommonJs(code, place) {
  const edited = new MagicString(code)
  let files = 0
  for (const { specifier, importStart, importEnd } of parse(code)[0]) {
    if (!specifier.startsWith('.')) continue
    const name = `file$${files++}`
    const [, names] = /\{(.*)\}/s.exec(code.slice(importStart, importEnd)) ?? []
    const whole = `import ${name} from ${JSON.stringify(`${place}/${specifier}`)}`
    const parts = names === undefined ? '' : `;const ${constantsOf(`{${names}}`)}=${name}`
    edited.overwrite(importStart, importEnd, whole + parts)
  }
  return edited.toString()
}

/** `{a as b,c}` of an import as `{a:b,c}`. */
function constantsOf(names) {
  return byLines(names.replace(/([\w$]+)\s+as\s+/g, '$1:'))
}

/** One name a line, since a line that an error comes from is printed whole. */
function byLines(names) {
  return names.replace(/,\s*/g, ',\n')
}

function required(name) {
  return `require(${JSON.stringify(name)})`
}

/** `import a,{b as c}from"x"` as constants. */
function constants(statement, name) {
  const request = required(name)
  const clause = /^import\s*([^"']*?)\s*from\s*["'][^"']*["']$/.exec(statement)?.[1]
  if (clause === undefined) return request
  const [, whole] = /^\*\s*as\s+([\w$]+)$/.exec(clause) ?? []
  if (whole !== undefined) return `const ${whole}=${request}`
  const [, first, names] = /^([\w$]+)?\s*,?\s*(\{.*\})?$/s.exec(clause) ?? []
  // Packages that are imported so are Node's own: they are their own default.
  const parts = [first, names && constantsOf(names)].filter(Boolean)
  if (parts.length === 0) throw new Error(`An import of a form that is not known: ${statement}`)
  return parts.map(part => `const ${part}=${request}`).join(';')
}

/** `import*as x from"late:y"` as an object that loads the file when one of its names is read. */
function lateObject(statement, { file, names }, loaded) {
  const [, name] = /^import\s*\*\s*as\s+([\w$]+)\s*from/.exec(statement) ?? []
  if (name === undefined) throw new Error(`Only "import * as" can wait: ${statement}`)
  const request = `(${loaded}??=${required(file)})`
  const members = names.map(member => `get ${member}(){return ${request}.${member}}`)
  return `let ${loaded};const ${name}={${members.join(',\n')}}`
}

/** The one statement `export{a as b,c}`, which stands at the end. */
function exportAll(code, [first], edited) {
  const start = first.exportStart
  const [statement, names] = /^export\s*\{([^}]*)\}/.exec(code.slice(start)) ?? []
  if (statement === undefined) throw new Error('Exports are not in one statement')
  const members = names.replace(/([\w$]+)\s+as\s+([\w$]+)/g, '$2:$1')
  edited.overwrite(start, start + statement.length, `module.exports={${byLines(members)}}`)
}

function composed(edited, map) {
  const own = edited.generateMap({ hires: 'boundary' })
  return remapping([own, map], () => null, { excludeContent: true }).toString()
}
