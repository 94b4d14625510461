// The result of `tls check` for CI systems: JUnit, SARIF, and annotations of GitHub Actions.

import { randomBytes } from 'node:crypto'
import type { CheckReport, Finding, ProfileResult } from '../testing/tls/check.ts'
import { changeIn, summary, verdict } from './check-words.ts'
import { annotation, escaped } from './report-forms.ts'
import { sarifLog } from './sarif.ts'

/** One test case a profile. */
export function junit({ command, results, findings, seconds }: CheckReport): string {
  const failed = results.filter(({ isRight }) => !isRight)
  const counts = `tests="${results.length}" failures="${failed.length}" errors="0"`
  const time = `time="${seconds.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts} ${time}>`,
    `  <testsuite name="${escaped(`tls check: ${command.join(' ')}`)}" ${counts} skipped="0" ${time}>`,
    ...results.map(result => testCase(result, findings)),
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

const TOKEN_BYTES = 16

/** One annotation a finding, and the matrix for the log, in which no line is a command. */
export function github(report: CheckReport, matrix: string, file: string | undefined): string {
  const annotations = report.findings.map(finding => {
    const title = `TLS: ${finding.title}`
    return annotation({ level: 'error', file, title, message: messageOf(finding, report) })
  })
  if (annotations.length === 0) {
    annotations.push(annotation({ level: 'notice', title: 'TLS', message: summary(report) }))
  }
  // The matrix quotes the program, which does not know this word.
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  return `${annotations.join('')}::stop-commands::${token}\n${matrix}::${token}::\n`
}

function messageOf(finding: Finding, report: CheckReport): string {
  const cure = changeIn(finding, report)
  const change = cure === undefined ? '' : `\nChange: ${cure}`
  return `${finding.title}, seen in ${finding.profiles.join(', ')}.${change}`
}

/** A rule for each fault that was found, and a result each. */
export function sarif(report: CheckReport, file: string | undefined): object {
  const idOf = ({ fault }: Finding): string => `tls/${fault ?? 'other'}`
  return sarifLog({
    rules: report.findings.map(finding => ({
      id: idOf(finding),
      title: finding.title,
      help: changeIn(finding, report),
    })),
    results: report.findings.map(finding => ({
      ruleId: idOf(finding),
      level: 'error',
      message: messageOf(finding, report),
      file,
    })),
  })
}
