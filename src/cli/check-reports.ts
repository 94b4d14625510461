// The result of `tls check` in the forms that people and CI systems read.

import type { CheckReport, Finding, ProfileResult } from '../testing/tls/check.ts'
import { annotation, escaped } from './report-forms.ts'

export const REPORT_FORMS = ['text', 'json', 'junit', 'markdown', 'github', 'html'] as const

export type ReportForm = (typeof REPORT_FORMS)[number]

export function writeReport(form: ReportForm, report: CheckReport): string {
  return FORMS[form](report)
}

const FORMS: Readonly<Record<ReportForm, (report: CheckReport) => string>> = {
  text,
  json,
  junit,
  markdown,
  github,
  html,
}

/** What is asked of a client, in the words of the matrix. */
const ASKED = {
  accept: 'work',
  refuse: 'refuse',
  fail: 'give up',
  either: 'either',
} as const

/** What a program did, where it was right and where it was not. */
const DID = {
  worked: 'worked',
  accepted: 'accepted',
  refused: 'refused',
  failed: 'gave up',
  hung: 'hung',
  plaintext: 'spoke plain text',
} as const

function verdict({ isRight, outcome, profile }: ProfileResult): string {
  if (isRight) return 'right'
  if (outcome === 'hung') return 'HUNG'
  if (outcome === 'plaintext') return 'PLAINTEXT'
  return profile.expects === 'accept' ? 'REFUSED' : 'ACCEPTED'
}

function summary({ results, findings, seconds, library }: CheckReport): string {
  const right = results.filter(({ isRight }) => isRight).length
  const client = library === undefined ? '' : `, ${library}`
  const found = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return `${right} of ${results.length} right, ${found} (${seconds.toFixed(1)} s${client})`
}

function text(report: CheckReport): string {
  const rows = report.results.map(result => [
    verdict(result),
    result.profile.name,
    ASKED[result.profile.expects],
    DID[result.outcome],
    result.lastLine === '' || result.outcome === 'worked' ? result.story : result.lastLine,
  ])
  const table = [['', 'profile', 'is to', 'did', 'what was seen'], ...rows]
  const widths = [0, 1, 2, 3].map(i => Math.max(...table.map(row => row[i]?.length ?? 0)))
  const lines = table.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const findings = report.findings.flatMap(finding => ['', ...findingLines(finding)])
  return `${[...lines, ...findings, '', summary(report)].join('\n')}\n`
}

function findingLines({ title, profiles, cure }: Finding): string[] {
  const lines = [`FINDING: ${title}`, `  seen in: ${profiles.join(' ')}`]
  if (cure !== undefined) lines.push(`  change:  ${cure}`)
  return lines
}

function json({ command, library, results, findings, seconds }: CheckReport): string {
  const rows = results.map(({ profile, ...result }) => ({
    profile: profile.name,
    expects: profile.expects,
    ...result,
  }))
  const report = { command, library: library ?? null, seconds, findings, results: rows }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

function markdown(report: CheckReport): string {
  const rows = report.results.map(result => {
    const { profile, outcome, lastLine, story } = result
    const seen = cell(lastLine === '' ? story : lastLine)
    const mark = result.isRight ? 'right' : `**${verdict(result)}**`
    return `| ${mark} | \`${profile.name}\` | ${ASKED[profile.expects]} | ${DID[outcome]} | ${seen} |`
  })
  const findings = report.findings.map(({ title, profiles, cure }) => {
    const change = cure === undefined ? '' : ` Change: \`${cure}\``
    return `- **${title}** (${profiles.join(', ')}).${change}`
  })
  const table = ['| | profile | is to | did | what was seen |', '|---|---|---|---|---|', ...rows]
  return `${[summary(report), '', ...findings, ...(findings.length > 0 ? [''] : []), ...table].join('\n')}\n`
}

function cell(line: string): string {
  return line.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

/** One annotation a finding, and the matrix for the log. */
function github(report: CheckReport): string {
  const annotations = report.findings.map(({ title, profiles, cure }) => {
    const change = cure === undefined ? '' : `\nChange: ${cure}`
    const message = `${title}, seen in ${profiles.join(', ')}.${change}`
    return annotation({ level: 'error', title: `TLS: ${title}`, message })
  })
  if (annotations.length === 0) {
    annotations.push(annotation({ level: 'notice', title: 'TLS', message: summary(report) }))
  }
  return `${annotations.join('')}${text(report)}`
}

function junit({ command, results, findings, seconds }: CheckReport): string {
  const failed = results.filter(({ isRight }) => !isRight)
  const counts =
    `tests="${results.length}" failures="${failed.length}" errors="0" skipped="0" ` +
    `time="${seconds.toFixed(3)}"`
  const cases = results.map(result => testCase(result, findings))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts.replace(' skipped="0"', '')}>`,
    `  <testsuite name="${escaped(`tls check: ${command.join(' ')}`)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(result: ProfileResult, findings: readonly Finding[]): string {
  const { profile, seconds, isRight, story, lastLine } = result
  const head =
    `    <testcase name="${escaped(profile.name)}" ` +
    `classname="tls.${escaped(profile.group.replace(' ', '-'))}" time="${seconds.toFixed(3)}"`
  if (isRight) return `${head}/>`
  const finding = findings.find(({ profiles }) => profiles.includes(profile.name))
  const title = finding?.title ?? verdict(result)
  const lines = [profile.what, story, lastLine, finding?.cure ? `Change: ${finding.cure}` : '']
  const body = escaped(lines.filter(line => line !== '').join('\n'))
  return (
    `${head}>\n      <failure message="${escaped(title)}" type="${verdict(result)}">` +
    `${body}</failure>\n    </testcase>`
  )
}

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; vertical-align: top }
  th, td { padding: .35rem .6rem; border-bottom: 1px solid #8884 }
  th { font-weight: 600 }
  code { font: 13px ui-monospace, monospace }
  .right { color: #1a7f37 } .wrong { color: #cf222e; font-weight: 600 }
  section { border-left: 4px solid #cf222e; padding: .2rem 1rem; margin: 1rem 0 }
  small { opacity: .75 }
`

function html(report: CheckReport): string {
  const rows = report.results.map(result => {
    const { profile, outcome, isRight, story, lastLine } = result
    return (
      `<tr><td class="${isRight ? 'right' : 'wrong'}">${verdict(result)}</td>` +
      `<td><code>${escaped(profile.name)}</code><br><small>${escaped(profile.what)}</small></td>` +
      `<td>${ASKED[profile.expects]}</td><td>${DID[outcome]}</td>` +
      `<td>${escaped(story)}<br><small>${escaped(lastLine)}</small></td></tr>`
    )
  })
  const findings = report.findings.map(({ title, profiles, cure }) => {
    const change = cure === undefined ? '' : `<p>Change: <code>${escaped(cure)}</code></p>`
    const list = escaped(profiles.join(', '))
    return `<section><h2>${escaped(title)}</h2><p><small>${list}</small></p>${change}</section>`
  })
  return [
    '<!doctype html>',
    '<html lang="en"><meta charset="utf-8"><title>TLS check</title>',
    `<style>${STYLE}</style>`,
    `<h1>TLS check</h1><p><code>${escaped(report.command.join(' '))}</code></p>`,
    `<p>${escaped(summary(report))}</p>`,
    ...findings,
    '<table><tr><th></th><th>profile</th><th>is to</th><th>did</th><th>what was seen</th></tr>',
    ...rows,
    '</table></html>',
    '',
  ].join('\n')
}
