// The result of `tls check` in the forms that people and CI systems read.

import type { CheckReport, Finding } from '../testing/tls/check.ts'
import { github, junit, sarif } from './check-ci.ts'
import { html } from './check-page.ts'
import {
  ASKED,
  changeIn,
  DID,
  inPrint,
  lastLinesOf,
  remarks,
  summary,
  verdict,
} from './check-words.ts'
import { tableLines } from './layout.ts'
import { jsonText } from './out.ts'
import { markdownText } from './report-forms.ts'

export const REPORT_FORMS = [
  'text',
  'json',
  'junit',
  'markdown',
  'github',
  'html',
  'sarif',
] as const

export type ReportForm = (typeof REPORT_FORMS)[number]

/** @param file the source that findings are shown at, where the form has places */
export function writeReport(form: ReportForm, report: CheckReport, file?: string): string {
  // JSON has an escape for every character, and keeps what was said.
  return FORMS[form](form === 'json' ? report : inPrint(report), file)
}

const FORMS: Readonly<
  Record<ReportForm, (report: CheckReport, file: string | undefined) => string>
> = {
  text,
  json,
  junit,
  markdown,
  github: (report, file) => github(report, text(report), file),
  html,
  sarif: (report, file) => jsonText(sarif(report, file)),
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
  const findings = report.findings.flatMap(finding => ['', ...findingLines(finding, report)])
  const lines = [...tableLines(table), ...findings, ...printed(report), '']
  return `${[...lines, ...remarks(report), summary(report)].join('\n')}\n`
}

function findingLines(finding: Finding, report: CheckReport): string[] {
  const change = changeIn(finding, report)
  const lines = [`FINDING: ${finding.title}`, `  seen in: ${finding.profiles.join(' ')}`]
  return change === undefined ? lines : [...lines, `  change:  ${change}`]
}

/** What a program said that does not work at all. */
function printed({ isStopped, results: [first] }: CheckReport): string[] {
  if (!isStopped || first === undefined) return []
  const lines = lastLinesOf(first.output)
  if (lines.length === 0) return ['', 'The program printed nothing.']
  return ['', 'The program printed:', ...lines.map(line => `  ${line}`)]
}

function json(report: CheckReport): string {
  const { command, library, results, findings, seconds, isService, isStopped } = report
  const rows = results.map(({ profile, ...result }) => ({
    profile: profile.name,
    expects: profile.expects,
    ...result,
  }))
  const how = { command, library: library ?? null, isService, isStopped }
  return jsonText({ ...how, seconds, findings, results: rows })
}

function markdown(report: CheckReport): string {
  const rows = report.results.map(result => {
    const { profile, outcome, lastLine, story } = result
    const seen = markdownText(lastLine === '' ? story : lastLine)
    const mark = result.isRight ? 'right' : `**${verdict(result)}**`
    return `| ${mark} | \`${profile.name}\` | ${ASKED[profile.expects]} | ${DID[outcome]} | ${seen} |`
  })
  const findings = report.findings.map(finding => {
    const cure = changeIn(finding, report)
    const change = cure === undefined ? '' : ` Change: \`${cure}\``
    return `- **${finding.title}** (${finding.profiles.join(', ')}).${change}`
  })
  const table = ['| | profile | is to | did | what was seen |', '|---|---|---|---|---|', ...rows]
  return `${[summary(report), '', ...findings, ...(findings.length > 0 ? [''] : []), ...table].join('\n')}\n`
}
