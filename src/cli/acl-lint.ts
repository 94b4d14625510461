// `redis-tls-mock acl lint`: what is dangerous, useless or not as meant in a policy.

import { SEVERITIES } from '../policy/lint/finding.ts'
import { type Finding, LINT_RULES, lint, type Severity } from '../policy/lint.ts'
import { toText } from '../util/bytes.ts'
import { printable, printableBytes } from '../util/printable.ts'
import type { Source } from './input.ts'
import { tableLines } from './layout.ts'
import { readOptions, UsageError } from './options.ts'
import { jsonText, print } from './out.ts'
import { readOutputs, writeOutputs } from './outputs.ts'
import { readFileSource } from './policy-file.ts'
import {
  CONNECTION_OPTIONS,
  CONNECTION_USAGE,
  type ConnectionValues,
  readSource,
} from './policy-source.ts'
import { annotation, junit } from './report-forms.ts'

const FORMS = ['text', 'json', 'github', 'junit'] as const
type Form = (typeof FORMS)[number]

const LINT_USAGE = `Usage: redis-tls-mock acl lint [options] FILE ...     ACL files or redis.conf; - is standard input
       redis-tls-mock acl lint [options] --url URL    a running server
       redis-tls-mock acl lint --rules-list           every lint rule

  --file FILE          as FILE; may be given several times
  --level SEVERITY     the least that is told: ${SEVERITIES.join(', ')} (default: warning)
  --fail-on SEVERITY   the least that makes it end with 1 (default: warning); never: not at all
  --ignore ID,...      without these lint rules
  --reporter FORM      ${FORMS.join(', ')} (default: text);
                       FORM=FILE writes it to a file; may be given several times
${CONNECTION_USAGE}
Ends with 1 if there is a finding as grave as --fail-on says, with 2 if a file cannot be read.
`

/** Resolves to the exit code. */
export async function aclLint(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, {
    ...CONNECTION_OPTIONS,
    file: { type: 'string', multiple: true },
    level: { type: 'string' },
    'fail-on': { type: 'string' },
    ignore: { type: 'string' },
    reporter: { type: 'string', multiple: true },
    'rules-list': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(LINT_USAGE)
  if (values['rules-list']) return print(ruleList())
  const outputs = readOutputs(values.reporter, FORMS)
  const failOn = values['fail-on'] ?? 'warning'
  const gravest = failOn === 'never' ? -1 : SEVERITIES.indexOf(severity('fail-on', failOn))
  const options = {
    level: severity('level', values.level ?? 'warning'),
    ignore: ignored(values.ignore),
  }
  const results = (await sources([...(values.file ?? []), ...rest], values)).map(source => ({
    name: source.name,
    findings: lint(source.policy, options),
  }))
  writeOutputs(outputs, form => report(form, results))
  const fails = ({ severity }: Finding): boolean => SEVERITIES.indexOf(severity) <= gravest
  return results.some(({ findings }) => findings.some(fails)) ? 1 : 0
}

async function sources(files: readonly string[], values: ConnectionValues): Promise<Source[]> {
  if (values.url !== undefined) {
    if (files.length > 0) throw new UsageError('Either files or --url')
    return [await readSource({ ...values, file: undefined })]
  }
  if (files.length === 0) throw new UsageError('Which file? Or --url URL')
  return files.map(readFileSource)
}

function severity(option: string, name: string): Severity {
  const found = SEVERITIES.find(known => known === name)
  if (found === undefined) throw new UsageError(`--${option} is one of ${SEVERITIES.join(', ')}`)
  return found
}

function ignored(list: string | undefined): readonly string[] {
  const ids = list === undefined ? [] : list.split(',')
  const unknown = ids.find(id => !LINT_RULES.some(rule => rule.id === id))
  if (unknown !== undefined) throw new UsageError(`There is no lint rule '${unknown}'`)
  return ids
}

function ruleList(): string {
  const rows = LINT_RULES.map(({ id, severity, title }) => [severity, id, title])
  return `${tableLines(rows).join('\n')}\n`
}

interface Result {
  readonly name: string
  readonly findings: readonly Finding[]
}

/** Names and patterns are bytes; people read them as UTF-8. */
function asText(finding: Finding, read: (bytes: string) => string): Finding {
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
function report(form: Form, results: readonly Result[]): string {
  if (form === 'json') {
    return jsonText(
      results.flatMap(({ name, findings }) =>
        findings.map(one => ({ file: name, ...asText(one, toText) })),
      ),
    )
  }
  const shown = results.map(({ name, findings }) => ({
    name: printable(name),
    findings: findings.map(one => asText(one, printableBytes)),
  }))
  return REPORTS[form](shown)
}

const REPORTS: Readonly<Record<Exclude<Form, 'json'>, (results: readonly Result[]) => string>> = {
  text,
  github: results => `${results.map(annotations).join('')}${summary(results)}\n`,
  junit: results => junit(results.map(suite)),
}

function text(results: readonly Result[]): string {
  const lines = results.flatMap(({ name, findings }) =>
    findings.flatMap(({ file, line, column, severity, id, detail, why, cure }) => [
      `${file ?? name}:${line}:${column}: ${severity}: ${detail} [${id}]`,
      `    why   ${why}`,
      `    cure  ${cure}`,
    ]),
  )
  return `${[...lines, summary(results)].join('\n')}\n`
}

function summary(results: readonly Result[]): string {
  const all = results.flatMap(({ findings }) => findings)
  if (all.length === 0) return 'Nothing found.'
  const counts = SEVERITIES.map(severity => {
    const count = all.filter(one => one.severity === severity).length
    return count === 0 ? '' : `${count} ${severity}${count === 1 ? '' : 's'}`
  })
  return `${counts.filter(count => count !== '').join(', ')}.`
}

const LEVELS = { error: 'error', warning: 'warning', note: 'notice' } as const

function annotations({ name, findings }: Result): string {
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
function suite({ name, findings }: Result): Parameters<typeof junit>[0][number] {
  return {
    name: `acl lint ${name}`,
    cases: LINT_RULES.map(({ id, title, why, cure, severity }) => {
      const found = findings.filter(one => one.id === id)
      const places = found.map(
        ({ file, line, column, detail }) => `${file ?? name}:${line}:${column} ${detail}`,
      )
      if (places.length === 0) return { name: id, group: 'acl.lint' }
      const body = [...places, why, cure].join('\n')
      return { name: id, group: 'acl.lint', failure: { title, type: severity, body } }
    }),
  }
}
