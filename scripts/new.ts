// `npm run new -- command NAME --family hash [--arity=-2] [--flags 'write fast'] [--keys 'RW access 1']
// [--since 8.0.0]`: the places of a new command, each in its order: a row, a function that is still to
// be written, a transcript with the first error, and the README's list. What a subcommand is called
// is said with its container: 'client|nickname'. What is later than the version that servers are of
// stays unknown to them; its transcript says which version it is of.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isLater, REDIS_7_4 } from '../src/table/row.ts'

const ROOT = new URL('..', import.meta.url)

interface NewCommand {
  /** Lower case: 'hgetdel', 'client|nickname'. */
  readonly name: string
  readonly family: string
  readonly arity: number
  readonly flags: string
  readonly keys: string | undefined
  readonly since: string
}

/** Adds a command to the sources below a folder; returns the files that it changed. */
export function addCommand(root: URL, command: NewCommand): string[] {
  const { name, family } = command
  const constant = family.replaceAll('-', '_').toUpperCase()
  const handler = handlerName(name)
  const tables = new URL('src/table/families/', root)
  const table = fs
    .readdirSync(tables)
    .map(file => new URL(file, tables))
    .find(file => read(file).includes(`export const ${constant} = family(`))
  if (table === undefined) throw new Error(`There is no family ${family}`)
  const code = new URL(`src/commands/${family}.ts`, root)
  const test = new URL(`test/commands/${family}.test.ts`, root)
  edit(table, text => withRow(text, constant, command))
  edit(code, text => withHandler(text, constant, name, handler))
  edit(test, text => withTranscript(text, command))
  return [table, code, test].map(file => fileURLToPath(file))
}

/** 'client|no-touch' is clientNoTouch. */
function handlerName(name: string): string {
  return name.replace(/[|-](\w)/g, (_, letter: string) => letter.toUpperCase())
}

function rowOf({ arity, flags, keys, since }: NewCommand, name: string): string {
  const fields = [
    `arity: ${arity}`,
    ...(flags === '' ? [] : [`flags: '${flags}'`]),
    ...(keys === undefined ? [] : [`keys: '${keys}'`]),
    `since: '${since}'`,
  ]
  return `${quoted(name)}: { ${fields.join(', ')} },`
}

function withRow(text: string, constant: string, command: NewCommand): string {
  const [container = '', sub] = command.name.split('|')
  const start = text.indexOf(`export const ${constant} = family(`)
  if (sub === undefined) return insert(text, start, '  ', container, rowOf(command, container))
  const at = text.indexOf(`\n  ${container}: {`, start)
  if (at < 0) throw new Error(`There is no container ${container}`)
  const row = rowOf(command, sub)
  return insert(text, text.indexOf('subcommands: {', at), '      ', sub, row)
}

function withHandler(text: string, constant: string, name: string, handler: string): string {
  const start = text.search(new RegExp(`handlers\\(\\s*${constant}, \\{`))
  const entry = name === handler ? `${name},` : `${quoted(name)}: ${handler},`
  const indent = text.slice(start).startsWith('handlers(\n') ? '    ' : '  '
  const body = `
function ${handler}({ db }: Client, args: Args, reply: ReplyWriter): void {
  throw new Error('to be written')
}
`
  return `${insert(text, start, indent, name, entry).trimEnd()}\n${body}`
}

function withTranscript(text: string, { name, since }: NewCommand): string {
  const shown = name.replace('|', ' ').toUpperCase()
  const error = `"-ERR wrong number of arguments for '${name}' command"`
  const [major, minor] = since.split('.')
  const version = isLater(since, REDIS_7_4.version) ? `, { since: [${major}, ${minor}] }` : ''
  const rows = `[\n  ['${shown}', ${error}],\n]`
  return `${text.trimEnd()}\n\ntranscript(t, '${shown}', ${rows}${version})\n`
}

/** Puts an entry before the first one behind the place whose name is greater. */
function insert(text: string, place: number, indent: string, name: string, entry: string): string {
  if (place < 0) throw new Error(`No place for ${name}`)
  const names = new RegExp(`^${indent}(?:'([^']+)'|([a-z_]+))(?::|,)|^${indent.slice(2)}\\}`, 'gm')
  names.lastIndex = place
  for (let match = names.exec(text); match !== null; match = names.exec(text)) {
    const found = match[1] ?? match[2]
    if (found !== undefined && found < name) continue
    return `${text.slice(0, match.index)}${indent}${entry}\n${text.slice(match.index)}`
  }
  throw new Error(`No place for ${name}`)
}

function quoted(name: string): string {
  return /^[a-z_]+$/.test(name) ? name : `'${name}'`
}

function read(file: URL): string {
  return fs.readFileSync(file, 'utf8')
}

function edit(file: URL, change: (text: string) => string): void {
  fs.writeFileSync(file, change(read(file)))
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      family: { type: 'string' },
      arity: { type: 'string', default: '-2' },
      flags: { type: 'string', default: '' },
      keys: { type: 'string' },
      since: { type: 'string', default: '7.4.0' },
    },
  })
  const [kind, name] = positionals
  const { family, arity, flags, keys, since } = values
  if (kind !== 'command' || name === undefined || family === undefined) {
    throw new Error("npm run new -- command NAME --family FAMILY [--arity=-2] [--flags '...'] ...")
  }
  const command = { name: name.toLowerCase(), family, arity: Number(arity), flags, keys, since }
  const files = addCommand(ROOT, command)
  const run = (file: string, ...args: string[]): void => {
    execFileSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' })
  }
  run('node_modules/@biomejs/biome/bin/biome', 'format', '--write', ...files)
  run('--import=tsx', 'scripts/readme.ts')
  for (const file of files) process.stdout.write(`${file}\n`)
}

if (process.argv[1]?.endsWith('new.ts')) main()
