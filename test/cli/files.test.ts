// Files are named the same way everywhere, and reports have their folder before the work is done.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { startRunner } from '../helpers/cli.ts'

t.setTimeout(120_000)

const { run, stop } = startRunner()
t.teardown(stop)

async function said(...words: readonly string[]): Promise<readonly [number, string]> {
  const ended = await run(...words)
  return [ended.code, String(ended.said)]
}

const folder = t.testdir({ 'a.acl': 'user app on nopass ~app:* +get\nuser default off\n' })
const file = path.join(folder, 'a.acl')

t.test('a FILE may stand alone, or behind --file', async t => {
  const question = ['--user', 'app', '--', 'GET', 'app:1']
  const explained = await said('acl', 'explain', '--file', file, ...question)
  t.match(explained, [0, /^ALLOWED/])
  t.strictSame(await said('acl', 'explain', file, ...question), explained)
  t.strictSame(await said('acl', 'explain', file, '--user', 'app', 'GET', 'app:1'), explained)
  t.match(await said('acl', 'explain', 'b.acl', '--file', file, ...question), [2, /'b\.acl'/])
  for (const words of [
    ['acl', 'lint'],
    ['acl', 'matrix'],
    ['acl', 'diff', file],
  ]) {
    t.strictSame(await said(...words, '--file', file), await said(...words, file))
  }
  t.match(await said('acl', 'matrix', file, '--file', file), [2, /One file only/])
})

t.test('acl test: the policy may stand before the tables, or behind --file', async t => {
  const table = path.join(folder, 'table')
  fs.writeFileSync(table, 'app allow GET app:1\napp deny GET other\n')
  const tested = await said('acl', 'test', '--file', file, table)
  t.match(tested, [0, /2 of 2 passed/])
  t.strictSame(await said('acl', 'test', file, table), tested)
  const both = await said('acl', 'test', file, table, table)
  t.match(both, [0, /4 of 4 passed/])
  t.match(await said('acl', 'test', file, '--file', file, table), [2, /One policy only/])
  t.match(await said('acl', 'test', file, file, table), [2, /One policy only/])
  t.match(await said('acl', 'test', file), [2, /Which table of tests/])
  t.match(await said('acl', 'test', table), [2, /no policy is named; or use FILE, --file or --url/])
})

t.test('what is not there is told in words', async t => {
  const missing = path.join(folder, 'none.acl')
  for (const words of [
    ['acl', 'lint', missing],
    ['acl', 'diff', file, missing],
    ['acl', 'repl', missing],
    ['lab', missing],
    ['acl', 'test', missing, 'table'],
    ['tls', 'explain', 'rediss://127.0.0.1:1', '--cacert', missing],
  ]) {
    const [code, text] = await said(...words)
    t.match([code, text], [2, `Cannot read ${missing}: No such file or directory`])
  }
})

t.test('the folder of a report is made; where it cannot be, nothing is run', async t => {
  const report = path.join(folder, 'deep', 'down', 'lint.xml')
  await said('acl', 'lint', file, '--reporter', `junit=${report}`)
  t.match(fs.readFileSync(report, 'utf8'), '<testsuites')
  const below = path.join(file, 'x.xml')
  const refused = await said('acl', 'lint', file, '--reporter', `junit=${below}`)
  t.match(refused, [2, /Cannot write .*x\.xml: /])
  t.match(await said('acl', 'lint', file, '--reporter', `junit=${folder}`), [2, /it is no file/])
})

t.test('acl learn ends with 2 where there was nothing to learn', async t => {
  t.equal((await run('acl', 'learn', '--', 'true')).code, 2)
})
