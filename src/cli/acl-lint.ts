// `redis-tls-mock acl lint`: what is dangerous, useless or not as meant in a policy.

import { type FixedText, fixed } from '../policy/fix.ts'
import { SEVERITIES } from '../policy/lint/finding.ts'
import { type Finding, LINT_RULES, type LintOptions, lint, type Severity } from '../policy/lint.ts'
import type { Policy } from '../policy/policy.ts'
import { replaceInPlace } from '../util/files.ts'
import { systemReason } from '../util/system-error.ts'
import { readBytes } from './input.ts'
import { tableLines } from './layout.ts'
import { Baseline } from './lint-baseline.ts'
import { LINT_CONFIG, requireRule, severitiesFor } from './lint-config.ts'
import { fixText, LINT_FORMS, type LintResult, writeLint } from './lint-forms.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { print, say, sayLines } from './out.ts'
import { outputTo, readOutputs, reporterOption, writeOutputs } from './outputs.ts'
import { readFileSource, readPolicyFile } from './policy-file.ts'
import { CONNECTION_OPTIONS, readSource } from './policy-source.ts'

const LINT_IDS: readonly string[] = LINT_RULES.map(({ id }) => id)

export const LINT_OPTIONS = {
  file: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    what: 'as FILE; may be given several times',
  },
  level: {
    type: 'string',
    value: 'SEVERITY',
    words: SEVERITIES,
    what: `the least that is told: ${SEVERITIES.join(', ')} (default: warning)`,
  },
  'fail-on': {
    type: 'string',
    value: 'SEVERITY',
    words: [...SEVERITIES, 'never'],
    what: 'the least that makes it end with 1 (default: warning); never: not at all',
  },
  ignore: { type: 'string', value: 'ID,...', words: LINT_IDS, what: 'without these lint rules' },
  reporter: reporterOption(LINT_FORMS),
  fix: {
    type: 'boolean',
    what: 'take rules without effect out of the files, and nothing else: the meaning stays',
  },
  config: {
    type: 'string',
    value: 'FILE',
    what:
      `severities of lint rules in JSON, as in { "rules": { "nopass": "off" } }: off, ` +
      `${SEVERITIES.join(', ')} (default: ${LINT_CONFIG} beside each file)`,
  },
  baseline: {
    type: 'string',
    value: 'FILE',
    what: 'findings that are in it are old: do not count',
  },
  'update-baseline': { type: 'boolean', what: 'write all that is found into that file' },
  'rules-list': { type: 'boolean', what: 'every lint rule, and nothing else' },
  ...CONNECTION_OPTIONS,
  ...HELP,
} as const satisfies OptionTable

const LINT_USAGE = `Usage: redis-tls-mock acl lint [options] FILE ...     ACL files or redis.conf; - is standard input
       redis-tls-mock acl lint [options] --url URL    a running server
       redis-tls-mock acl lint --rules-list           every lint rule

${optionLines(LINT_OPTIONS)}
Ends with 1 if there is a finding as grave as --fail-on says, with 2 if a file cannot be read.
`

/** Resolves to the exit code. */
export async function aclLint(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, LINT_OPTIONS)
  if (values.help) return print(LINT_USAGE)
  if (values['rules-list']) return print(ruleList())
  const outputs = readOutputs(values.reporter, LINT_FORMS)
  const failOn = values['fail-on'] ?? 'warning'
  const gravest = failOn === 'never' ? -1 : SEVERITIES.indexOf(severity('fail-on', failOn))
  const wanted = {
    level: severity('level', values.level ?? 'warning'),
    ignore: ignored(values.ignore),
  }
  const baseline = baselineIn(values)
  const optionsFor = (file?: string): LintOptions => {
    return { ...wanted, severities: severitiesFor(file, values.config) }
  }
  const files = [...(values.file ?? []), ...rest]
  if (values.url !== undefined && files.length > 0) throw new UsageError('Either files or --url')
  if (values.url === undefined && files.length === 0) {
    throw new UsageError('Which file? Or --url URL')
  }
  if (values.fix && (values.url !== undefined || files.includes('-'))) {
    throw new UsageError('--fix is for files')
  }
  let results: readonly LintResult[]
  if (values.url === undefined) {
    // All are read before any is written.
    const options = files.map(file => optionsFor(file === '-' ? undefined : file))
    const texts = values.fix ? files.map((file, i) => fixedFile(file, options[i] ?? {})) : []
    for (const fix of texts) fix.write()
    results = files.map((file, i) => {
      const { policy } = readFileSource(file)
      return resultOf(file, file !== '-', policy, options[i] ?? {}, texts[i]?.removed)
    })
  } else {
    const { name, policy } = await readSource({ ...values, file: undefined })
    results = [resultOf(name, false, policy, optionsFor())]
  }
  if (values['update-baseline'] && baseline !== undefined) {
    say(`${values.baseline}: findings that are old from now on: ${baseline.write(results)}`)
    return 0
  }
  const found = baseline === undefined ? results : results.map(one => baseline.newIn(one))
  if (outputs.every(({ form }) => form !== 'text')) sayLines(fixText(found))
  writeOutputs(outputs, form => writeLint(form, found))
  const fails = ({ severity }: Finding): boolean => SEVERITIES.indexOf(severity) <= gravest
  return found.some(({ findings }) => findings.some(fails)) ? 1 : 0
}

function resultOf(
  name: string,
  isFile: boolean,
  policy: Policy,
  options: LintOptions,
  removed: readonly Finding[] = [],
): LintResult {
  return { name, isFile, findings: lint(policy, options), removed, old: 0 }
}

interface FixedFile extends FixedText {
  write(): void
}

function fixedFile(file: string, options: LintOptions): FixedFile {
  const before = readBytes(file)
  const fix = fixed(before, text => readPolicyFile(file, text), options)
  const write = (): void => {
    if (fix.text === before) return
    try {
      replaceInPlace(file, fix.text)
    } catch (error) {
      throw new UsageError(`Cannot write ${file}: ${systemReason(error)}`)
    }
  }
  return { ...fix, write }
}

function baselineIn(values: {
  readonly baseline?: string | undefined
  readonly 'update-baseline'?: boolean | undefined
}): Baseline | undefined {
  const { baseline: file, 'update-baseline': isUpdated } = values
  if (file === undefined) {
    if (isUpdated) throw new UsageError('Which one is updated? --baseline FILE')
    return undefined
  }
  return isUpdated ? new Baseline(outputTo('baseline', file).file ?? file) : Baseline.read(file)
}

function severity(option: string, name: string): Severity {
  const found = SEVERITIES.find(known => known === name)
  if (found === undefined) throw new UsageError(`--${option} is one of ${SEVERITIES.join(', ')}`)
  return found
}

function ignored(list: string | undefined): readonly string[] {
  const ids = list === undefined ? [] : list.split(',')
  for (const id of ids) requireRule(id)
  return ids
}

function ruleList(): string {
  const rows = LINT_RULES.map(({ id, severity, title }) => [severity, id, title])
  return `${tableLines(rows).join('\n')}\n`
}
