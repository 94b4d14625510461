// Reports of `tls check` in every form against what their readers expect, with a program that says
// the worst that a program can say.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type ReportForm, writeReport } from '../../src/cli/check-reports.ts'
import type { CheckReport, ProfileResult } from '../../src/testing/tls/check.ts'
import { PROFILES, profileNamed } from '../../src/testing/tls/profiles.ts'
import { workflowCommands } from '../helpers/workflow-commands.ts'

const NO_XMLLINT = spawnSync('xmllint', ['--version']).error === undefined ? false : 'no xmllint'
const SCHEMA = fileURLToPath(new URL('schemas/junit.xsd', import.meta.url))

/** Each tries to become something else in one of the forms. */
const HOSTILE: readonly string[] = [
  '</failure></testcase><testcase name="forged"/>',
  ']]> <!-- <![CDATA[ &lol; &#0; <?xml?>',
  '"><img src=x onerror=alert(1)><script>alert(2)</script>',
  "' onmouseover='alert(3)",
  'a\n::error::forged%0A%25 %\r::add-mask::a\r\n  ::set-output name=x::y',
  '##[error]forged ##[add-mask]a',
  '::stop-commands::word',
  'one | two \\| three \\',
  '[link](javascript:alert(4)) ![image](http://evil.example/x.png) www.evil.example `code` **bold**',
  '\x00\x07\x1b[2J\x1b]0;title\x07\x7f\x9b',
  '\ud800 half \udc00 \uffff \ufffe \u2028 \u2029 \u202e\u2066 \u{1f600} é',
]

function resultOf(name: string, text: string, isRight: boolean): ProfileResult {
  return {
    profile: profileNamed(name),
    outcome: isRight ? 'refused' : 'failed',
    isRight,
    story: `spoke without TLS: ${text}, ended with 1`,
    exitCode: 1,
    seconds: 0.25,
    lastLine: text,
    output: `${text}\n`,
    fault: undefined,
  }
}

const results = HOSTILE.flatMap((text, i) => [
  resultOf(PROFILES[2 * i]?.name ?? '', text, false),
  resultOf(PROFILES[2 * i + 1]?.name ?? '', text, true),
])
const report: CheckReport = {
  command: ['node', ...HOSTILE],
  library: 'ioredis',
  isService: false,
  isStopped: false,
  results,
  findings: [
    {
      fault: undefined,
      title: 'refuses a server: 100% right, as it seems',
      profiles: results.filter(({ isRight }) => !isRight).map(({ profile }) => profile.name),
      cure: 'tls: { ca: "a\nb" }',
    },
  ],
  seconds: 12.5,
}
const write = (form: ReportForm): string => writeReport(form, report)

t.test('JUnit, by the schema', { skip: NO_XMLLINT }, async t => {
  const file = path.join(t.testdir({}), 'report.xml')
  const validate = (text: string): string => {
    fs.writeFileSync(file, text)
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--schema', SCHEMA, file], {
      encoding: 'utf8',
    })
    return status === 0 ? '' : stderr
  }
  t.equal(validate(write('junit')), '')
  t.not(validate(write('junit').replace(' classname=', ' class=')), '', 'the schema can say no')
  const count = (xpath: string): string =>
    spawnSync('xmllint', ['--xpath', `string(${xpath})`, file], { encoding: 'utf8' }).stdout.trim()
  validate(write('junit'))
  t.equal(count('count(//testcase)'), String(results.length))
  t.equal(count('count(//failure)'), String(HOSTILE.length))
  t.equal(count('/testsuites/testsuite/@failures'), String(HOSTILE.length))
  t.ok(count('//testcase[1]/failure').includes(HOSTILE[0] ?? ''), 'the text is what was said')
})

t.test('annotations, as the runner reads them', async t => {
  const [finding] = report.findings
  t.strictSame(workflowCommands(write('github')), [
    {
      name: 'error',
      properties: { title: `TLS: ${finding?.title}` },
      message: `${finding?.title}, seen in ${finding?.profiles.join(', ')}.\nChange: ${finding?.cure}`,
    },
  ])
  const right = { ...report, results: results.filter(({ isRight }) => isRight), findings: [] }
  const commands = workflowCommands(writeReport('github', right))
  t.strictSame(
    commands.map(({ name, properties }) => [name, properties]),
    [['notice', { title: 'TLS' }]],
  )
  t.match(workflowCommands(write('text')), [{}], 'the text alone would have said more')
})

t.test('JSON, which keeps every character', async t => {
  const read = JSON.parse(write('json'))
  const how = ['command', 'library', 'isService', 'isStopped']
  t.strictSame(Object.keys(read), [...how, 'seconds', 'findings', 'results'])
  t.match(read, { command: Array, library: String, seconds: Number, findings: Array })
  for (const result of read.results) {
    t.match(result, {
      profile: String,
      expects: /^(?:accept|refuse|fail|either)$/,
      outcome: /^(?:worked|accepted|refused|failed|hung|plaintext|absent)$/,
      isRight: Boolean,
      story: String,
      exitCode: Number,
      seconds: Number,
      lastLine: String,
      output: String,
    })
  }
  t.strictSame(read.command, report.command)
  t.equal(read.results[0].lastLine, HOSTILE[0])
})

t.test('SARIF, as code scanning takes it', async t => {
  const [finding] = report.findings
  const log = JSON.parse(writeReport('sarif', report, 'src/a b.mjs'))
  const [run] = log.runs
  t.match(log, { $schema: /sarif-2\.1\.0\.json$/, version: '2.1.0' })
  t.match(run.tool.driver, { name: 'redis-tls-mock', version: /^\d/ })
  t.strictSame(run.tool.driver.rules, [
    {
      id: 'tls/other',
      shortDescription: { text: finding?.title },
      help: { text: finding?.cure },
    },
  ])
  t.strictSame(run.results, [
    {
      ruleId: 'tls/other',
      ruleIndex: 0,
      level: 'error',
      message: {
        text: `${finding?.title}, seen in ${finding?.profiles.join(', ')}.\nChange: ${finding?.cure}`,
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'src/a%20b.mjs' },
            region: { startLine: 1 },
          },
        },
      ],
    },
  ])
  t.strictSame(JSON.parse(write('sarif')).runs[0].results[0].locations, [])
})

t.test('annotations are shown at the source that is named', async t => {
  const [command] = workflowCommands(writeReport('github', report, 'app.mjs'))
  t.match(command, { name: 'error', properties: { file: 'app.mjs' } })
})

t.test('a program that works with no server is told apart', async t => {
  const stopped = { ...report, isStopped: true, results: results.slice(0, 1) }
  const text = writeReport('text', stopped)
  t.match(text, /^The program printed:\n {2}\S/m)
  t.match(text, /^Stopped: the program does not work with a server that is right\.$/m)
  t.match(writeReport('html', stopped), '<p>Stopped: ')
  t.match(JSON.parse(writeReport('json', stopped)), { isStopped: true })
})

t.test('Markdown keeps to its rows', async t => {
  const lines = write('markdown').trimEnd().split('\n')
  const rows = lines.filter(line => line.startsWith('|'))
  t.equal(rows.length, results.length + 2)
  for (const row of rows) t.equal(row.split('|').length, 7, row)
  t.notMatch(rows.join('\n'), /<|\]\(|!\[|www\.|http:/)
})

t.test('a page without anything that runs or is fetched', async t => {
  const page = write('html')
  const tags = new Set(
    [...page.matchAll(/<\/?([a-z0-9!]+)[^>]*>/g)].map(([, name = '']) => name.toLowerCase()),
  )
  const known = 'html head meta title style body main h1 h2 p code section small br'
  const parts = 'table caption thead tbody tr th td !doctype'
  t.strictSame([...tags].sort(), `${known} ${parts}`.split(' ').sort())
  t.notMatch(page, /<[^>]*\s(?:src|href|on[a-z]+)\s*=/i)
  t.notMatch(page, /url\(|@import/)
  t.match(page, "default-src 'none'")
  t.match(page, '<html lang="en">')
  t.equal(page.match(/<tr /g)?.length, results.length + 1)
  t.equal(page.match(/ scope="row"/g)?.length, results.length)
  t.equal(page.match(/ scope="col"/g)?.length, 5)
  t.equal(page.match(/<caption/g)?.length, 1)
})

t.test('nothing unprintable but in JSON, where it is escaped', async t => {
  for (const form of ['text', 'junit', 'markdown', 'github', 'html'] as const) {
    t.notMatch(
      write(form).replaceAll('\n', ''),
      /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/u,
      form,
    )
  }
  t.notMatch(write('json').replaceAll('\n', ''), /[\x00-\x1f\p{Cs}]/u)
  t.equal(write('text').split('\n').length, results.length + 9, 'a line a profile')
})
