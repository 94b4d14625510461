// The result of `tls check` in the forms that people and CI systems read.

import type { CheckReport, Finding } from '../testing/tls/check.ts'
import { github, junit } from './check-ci.ts'
import { html } from './check-page.ts'
import { ASKED, DID, inPrint, summary, verdict } from './check-words.ts'
import { tableLines } from './layout.ts'
import { jsonText } from './out.ts'

export const REPORT_FORMS = ['text', 'json', 'junit', 'markdown', 'github', 'html'] as const

export type ReportForm = (typeof REPORT_FORMS)[number]

export function writeReport(form: ReportForm, report: CheckReport): string {
  // JSON has an escape for every character, and keeps what was said.
  return FORMS[form](form === 'json' ? report : inPrint(report))
}

const FORMS: Readonly<Record<ReportForm, (report: CheckReport) => string>> = {
  text,
  json,
  junit,
  markdown,
  github: report => github(report, text(report)),
  html,
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
  const findings = report.findings.flatMap(finding => ['', ...findingLines(finding)])
  return `${[...tableLines(table), ...findings, '', summary(report)].join('\n')}\n`
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
  return jsonText(report)
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

// As entities, which are text wherever they stand: no link, no image, no tag, no other cell.
function cell(line: string): string {
  return line.replaceAll(
    /[^\p{L}\p{N} .,;'"()-]|(?<=www)\./giu,
    sign => `&#${sign.codePointAt(0)};`,
  )
}
