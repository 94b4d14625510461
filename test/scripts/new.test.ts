// `npm run new -- command NAME`: what it writes, and where.

import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { addCommand } from '../../scripts/new.ts'

const root = path.join(import.meta.dirname, '..', '..')

/** A folder with copies of what a command of a family touches. */
function copyOf(family: string, table: string): URL {
  const folder = t.testdir({
    src: { table: { families: {} }, commands: {} },
    test: { commands: {} },
  })
  for (const file of [
    `src/table/families/${table}.ts`,
    `src/commands/${family}.ts`,
    `test/commands/${family}.test.ts`,
  ]) {
    fs.copyFileSync(path.join(root, file), path.join(folder, file))
  }
  return pathToFileURL(`${folder}/`)
}

/** The lines that are in a file and were not there before. */
function added(folder: URL, file: string): string[] {
  const before = new Set(fs.readFileSync(path.join(root, file), 'utf8').split('\n'))
  const now = fs.readFileSync(new URL(file, folder), 'utf8').split('\n')
  return now.filter(line => !before.has(line))
}

// Its name is none that Redis may give a command one day.
t.test('a command gets a row, a function and a transcript, each in its place', async t => {
  const folder = copyOf('hash', 'hash')
  const keys = 'RW access delete 1'
  const command = { name: 'hlentil', family: 'hash', arity: -5, flags: 'write fast', keys }
  t.equal(addCommand(folder, { ...command, since: '8.0.0' }).length, 3)
  t.strictSame(added(folder, 'src/table/families/hash.ts'), [
    "  hlentil: { arity: -5, flags: 'write fast', keys: 'RW access delete 1', since: '8.0.0' },",
  ])
  const table = fs.readFileSync(new URL('src/table/families/hash.ts', folder), 'utf8')
  t.match(table, /\n {2}hlen: [\s\S]*\n {2}hlentil: [\s\S]*\n {2}hmget: /)
  const code = fs.readFileSync(new URL('src/commands/hash.ts', folder), 'utf8')
  t.match(code, /\n {2}hlen,\n {2}hlentil,\n {2}hmget,/)
  t.match(code, /function hlentil\(\{ db \}: Client, args: Args, reply: ReplyWriter\): void \{/)
  const test = fs.readFileSync(new URL('test/commands/hash.test.ts', folder), 'utf8')
  t.match(test, /transcript\(t, 'HLENTIL', \[\n[^\n]*\n\], \{ since: \[8, 0\] \}\)\n$/)
})

t.test('what servers know as they are says no version', async t => {
  const folder = copyOf('hash', 'hash')
  const command = { name: 'hlentil', family: 'hash', arity: 2, flags: '', keys: undefined }
  addCommand(folder, { ...command, since: '7.4.0' })
  const test = fs.readFileSync(new URL('test/commands/hash.test.ts', folder), 'utf8')
  t.match(test, /transcript\(t, 'HLENTIL', \[\n[^\n]*\n\]\)\n$/)
})

t.test('a subcommand goes into its container', async t => {
  const folder = copyOf('client', 'connection')
  const command = { name: 'client|nickname', family: 'client', arity: 3, flags: '' }
  addCommand(folder, { ...command, keys: undefined, since: '8.0.0' })
  const table = fs.readFileSync(new URL('src/table/families/connection.ts', folder), 'utf8')
  t.match(
    table,
    /\n {6}list: [\s\S]*\n {6}nickname: \{ arity: 3, since: '8.0.0' \},\n {6}'no-evict'/,
  )
  const code = fs.readFileSync(new URL('src/commands/client.ts', folder), 'utf8')
  t.match(code, /'client\|list': \w+,\n {2}'client\|nickname': clientNickname,\n/)
})

t.test('a family that is not there is an error', async t => {
  const folder = copyOf('hash', 'hash')
  const command = {
    name: 'x',
    family: 'none',
    arity: 1,
    flags: '',
    keys: undefined,
    since: '8.0.0',
  }
  t.throws(() => addCommand(folder, command), { message: 'There is no family none' })
})
