// What lint found in the forms that people and CI systems read.

import path from 'node:path'
import { SEVERITIES } from '../policy/lint/finding.ts'
import { type Finding, LINT_RULES } from '../policy/lint.ts'
import { toText } from '../util/bytes.ts'
import { printable, printableBytes } from '../util/printable.ts'
import { jsonText } from './out.ts'
import { annotation, junit } from './report-forms.ts'
import { sarifLog } from './sarif.ts'

export const LINT_FORMS = ['text', 'json', 'github', 'junit', 'sarif'] as const

export type LintForm = (typeof LINT_FORMS)[number]

export interface LintResult {
  readonly name: string
  /** Not standard input, and no server. */
  readonly isFile: boolean
  readonly findings: readonly Finding[]
  /** What was taken out of the file. */
  readonly removed: readonly Finding[]
  /** How many findings are left out because the baseline has them. */
  readonly old: number
}

/** Names and patterns are bytes; people read them as UTF-8. */
export function asText(finding: Finding, read: (bytes: string) => string): Finding {
  const { file, user, rule, detail } = finding
  return {
    ...finding,
    ...(file !== undefined && { file: read(file) }),
    user: user === undefined ? undefined : read(user),
    rule: read(rule),
    detail: read(detail),
  }
}

/** JSON holds what was found; the other forms show it. */
export function writeLint(form: LintForm, results: readonly LintResult[]): string {
  if (form === 'json') {
    return jsonText(
      results.flatMap(({ name, findings }) =>
        findings.map(one => ({ file: name, ...asText(one, toText) })),
      ),
    )
  }
  return REPORTS[form](results.map(shownResult))
}

function shownResult({ name, findings, removed, ...others }: LintResult): LintResult {
  return {
    ...others,
    name: printable(name),
    findings: findings.map(one => asText(one, printableBytes)),
    removed: removed.map(one => asText(one, printableBytes)),
  }
}

const REPORTS: Readonly<
  Record<Exclude<LintForm, 'json'>, (results: readonly LintResult[]) => string>
> = {
  text,
  github: results => `${results.map(annotations).join('')}${summary(results)}\n`,
  junit: results => junit(results.map(suite)),
  sarif: results => jsonText(sarif(results)),
}

function text(results: readonly LintResult[]): string {
  const lines = results.flatMap(({ name, findings }) =>
    findings.flatMap(({ file, line, column, severity, id, detail, why, cure }) => [
      `${file ?? name}:${line}:${column}: ${severity}: ${detail} [${id}]`,
      `    why   ${why}`,
      `    cure  ${cure}`,
    ]),
  )
  return `${[...fixLines(results), ...lines, summary(results)].join('\n')}\n`
}

/** What --fix did. */
function fixLines(results: readonly LintResult[]): string[] {
  return results.flatMap(({ name, removed }) =>
    removed.map(({ line, rule, detail, id }) => {
      return `${name}:${line}: removed ${rule}: ${detail} [${id}]`
    }),
  )
}

/** The same for whoever gets another form. */
export function fixText(results: readonly LintResult[]): string {
  return fixLines(results.map(shownResult))
    .map(line => `${line}\n`)
    .join('')
}

function summary(results: readonly LintResult[]): string {
  const all = results.flatMap(({ findings }) => findings)
  const old = results.reduce((sum, one) => sum + one.old, 0)
  const known = old === 0 ? '' : ` Old ones in the baseline: ${old}.`
  if (all.length === 0) return `${old === 0 ? 'Nothing found.' : 'Nothing new found.'}${known}`
  const counts = SEVERITIES.map(severity => {
    const count = all.filter(one => one.severity === severity).length
    return count === 0 ? '' : `${count} ${severity}${count === 1 ? '' : 's'}`
  })
  return `${counts.filter(count => count !== '').join(', ')}.${known}`
}

const LEVELS = { error: 'error', warning: 'warning', note: 'notice' } as const

function annotations({ name, findings }: LintResult): string {
  return findings
    .map(({ severity, file, line, column, title, detail, why, cure }) =>
      annotation({
        level: LEVELS[severity],
        file: file ?? name,
        line,
        column,
        title: `ACL: ${title}`,
        message: `${detail}\n${why}\n${cure}`,
      }),
    )
    .join('')
}

/** One case a lint rule, so that the number of tests does not depend on what is found. */
function suite({ name, findings }: LintResult): Parameters<typeof junit>[0][number] {
  return {
    name: `acl lint ${name}`,
    cases: LINT_RULES.map(({ id, title, why, cure, severity }) => {
      const found = findings.filter(one => one.id === id)
      const places = found.map(
        ({ file, line, column, detail }) => `${file ?? name}:${line}:${column} ${detail}`,
      )
      if (places.length === 0) return { name: id, group: 'acl.lint' }
      const body = [...places, why, cure].join('\n')
      return {
        name: id,
        group: 'acl.lint',
        failure: { title, type: found[0]?.severity ?? severity, body },
      }
    }),
  }
}

/** Every lint rule, and a result for each finding. */
function sarif(results: readonly LintResult[]): object {
  return sarifLog({
    rules: LINT_RULES.map(({ id, title, why, cure }) => ({ id, title, help: `${why} ${cure}` })),
    results: results.flatMap(({ name, isFile, findings }) =>
      findings.map(({ id, severity, file, line, column, detail, why, cure }) => ({
        ruleId: id,
        level: severity,
        message: `${detail}. ${why} ${cure}`,
        file: isFile ? (file ?? fromHere(name)) : undefined,
        line,
        column,
      })),
    ),
  })
}

/** Code scanning knows files by their places in the repository. */
function fromHere(file: string): string {
  const relative = path.relative('', file)
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}
