// `redis-tls-mock acl test`: runs tables of what users may and may not do against their policies.

import path from 'node:path'
import { hiddenWords } from '../host/secrets.ts'
import { refuseProblems } from '../policy/explain.ts'
import type { Policy } from '../policy/policy.ts'
import {
  type PolicyTest,
  PolicyTestError,
  type PolicyTestResult,
  readPolicyTests,
  runPolicyTest,
} from '../policy/policy-test.ts'
import { Args } from '../resp3/args.ts'
import { CommandTable } from '../table/catalogue.ts'
import { CATALOGUE } from '../table/redis.ts'
import { toText } from '../util/bytes.ts'
import { printable, printableBytes } from '../util/printable.ts'
import { REDACTED } from '../util/secret-text.ts'
import { ShownExplanation } from './acl-explain.ts'
import { readBytes, type Source } from './input.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { jsonText, print } from './out.ts'
import { readOutputs, reporterOption, writeOutputs } from './outputs.ts'
import { readFileSource } from './policy-file.ts'
import { isPolicyName } from './policy-kind.ts'
import { CONNECTION_OPTIONS, readSource } from './policy-source.ts'
import { annotation, junit, type TestSuite, tap } from './report-forms.ts'

const FORMS = ['text', 'tap', 'json', 'github', 'junit'] as const
type Form = (typeof FORMS)[number]

export const TEST_OPTIONS = {
  file: { type: 'string', value: 'FILE', what: 'as FILE: the policy, whatever the tables name' },
  reporter: reporterOption(FORMS),
  ...CONNECTION_OPTIONS,
  ...HELP,
} as const satisfies OptionTable

const TEST_USAGE = `Usage: redis-tls-mock acl test [options] TABLE ...          policies that the tables name
       redis-tls-mock acl test [options] FILE TABLE ...     an ACL file or redis.conf, and tables
       redis-tls-mock acl test [options] --url URL TABLE ...  a running server

Runs policy tests. A line of TABLE is a user, a verdict and a command; a denial may name its reason:

  # who    verdict   command
  policy users.acl
  reader   allow     GET app:1
  reader   deny      SET app:1 "a value"
  reader   deny:key  GET session:1

\`policy\` names the ACL file or redis.conf that is tested, seen from the folder of TABLE; deny:command,
deny:key and deny:channel want this reason and no other. Words are quoted as in redis.conf.
TABLE may be - for standard input. FILE is known by its name: *.acl or redis*.conf; or use --file.

${optionLines(TEST_OPTIONS)}
Ends with 1 if a test fails, with 2 if a file cannot be read.
`

/** Resolves to the exit code. */
export async function aclTest(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, TEST_OPTIONS)
  if (values.help) return print(TEST_USAGE)
  const [policies, files] = [rest.filter(isPolicyName), rest.filter(word => !isPolicyName(word))]
  const [file, ...others] = values.file === undefined ? policies : [values.file, ...policies]
  if (others.length > 0) throw new UsageError(`One policy only: what is '${others[0]}'?`)
  if (files.length === 0) throw new UsageError('Which table of tests?')
  const outputs = readOutputs(values.reporter, FORMS)
  const isNamed = file !== undefined || values.url !== undefined
  const sources = new Sources(isNamed ? await readSource({ ...values, file }) : undefined)
  const tables = files.map(file => runTable(file, sources))
  writeOutputs(outputs, form => REPORTS[form](tables))
  return tables.every(({ results }) => results.every(({ passed }) => passed)) ? 0 : 1
}

interface Table {
  readonly file: string
  readonly results: readonly TableResult[]
}

interface TableResult extends PolicyTestResult {
  readonly source: Source
}

/** Policies that tables name, each read once. */
class Sources {
  readonly #only: Source | undefined
  readonly #read = new Map<string, Source>()

  constructor(only: Source | undefined) {
    this.#only = only
    if (only !== undefined) refuse(only)
  }

  of(test: PolicyTest, file: string): Source {
    if (this.#only !== undefined) return this.#only
    if (test.policy === undefined) {
      throw new UsageError(`${file}:${test.line}: no policy is named; or use FILE, --file or --url`)
    }
    const name = path.join(path.dirname(file), toText(test.policy))
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const source = readFileSource(name)
    refuse(source)
    this.#read.set(name, source)
    return source
  }
}

/** Nothing can be said of a policy that Redis refuses. */
function refuse({ name, policy }: { readonly name: string; readonly policy: Policy }): void {
  try {
    refuseProblems(policy)
  } catch (error) {
    throw new UsageError(`${name}:${printableBytes(error instanceof Error ? error.message : '')}`)
  }
}

function runTable(file: string, sources: Sources): Table {
  const results = testsOf(file).map(test => {
    const source = sources.of(test, file)
    return { ...runPolicyTest(test, source.policy), source }
  })
  return { file, results }
}

function testsOf(file: string): readonly PolicyTest[] {
  try {
    return readPolicyTests(readBytes(file === '-' ? 0 : file))
  } catch (error) {
    if (!(error instanceof PolicyTestError)) throw error
    throw new UsageError(`${file}:${error.line}: ${printableBytes(error.message)}`)
  }
}

function nameOf({ user, expects, reason, words }: PolicyTest): string {
  const verdict = reason === undefined ? expects : `${expects}:${reason}`
  return printableBytes(`${user} ${verdict} ${shownWords(words).join(' ')}`)
}

const COMMANDS = new CommandTable(CATALOGUE)

/** A table may ask about a login. */
function shownWords(words: readonly string[]): readonly string[] {
  const isHidden = hiddenWords(COMMANDS, Args.of(words))
  return words.map((word, i) => (isHidden(i) ? REDACTED : word))
}

/** In one line, what is instead of what was expected. */
function titleOf({ explanation, error, test }: TableResult): string {
  if (explanation === undefined) return printableBytes(error ?? '')
  const { allowed, denial, dryrun } = explanation
  if (allowed) return 'allowed'
  const because = test.reason === undefined ? '' : `denied by the ${denial?.reason}: `
  return printableBytes(`${because}${dryrun}`)
}

function bodyOf({ explanation, error, source, test }: TableResult): string {
  if (explanation === undefined) return printableBytes(error ?? '')
  const written = source.policy.users.find(({ name }) => name === test.user)
  return new ShownExplanation(explanation, source.name, written).text().trimEnd()
}

const REPORTS: Readonly<Record<Form, (tables: readonly Table[]) => string>> = {
  text,
  tap: tables => tap(suites(tables)),
  json,
  github,
  junit: tables => junit(suites(tables)),
}

function text(tables: readonly Table[]): string {
  const lines = tables.flatMap(({ file, results }) =>
    results.flatMap(result => {
      const head = `${result.passed ? 'ok  ' : 'FAIL'}  ${nameOf(result.test)}`
      if (result.passed) return [head]
      const body = bodyOf(result).split('\n')
      return [
        `${head}`,
        `      ${printable(file)}:${result.test.line}: ${titleOf(result)}`,
        ...body.map(line => (line === '' ? '' : `      ${line}`)),
      ]
    }),
  )
  return `${[...lines, summary(tables)].join('\n')}\n`
}

function summary(tables: readonly Table[]): string {
  const results = tables.flatMap(table => table.results)
  const failed = results.filter(({ passed }) => !passed).length
  return `${results.length - failed} of ${results.length} passed.`
}

function json(tables: readonly Table[]): string {
  const rows = tables.flatMap(({ file, results }) =>
    results.map(result => ({
      file,
      line: result.test.line,
      user: toText(result.test.user),
      expects: result.test.expects,
      reason: result.test.reason ?? null,
      command: shownWords(result.test.words).map(toText),
      passed: result.passed,
      found: titleOf(result),
    })),
  )
  return jsonText(rows)
}

function github(tables: readonly Table[]): string {
  const annotations = tables.flatMap(({ file, results }) =>
    results
      .filter(({ passed }) => !passed)
      .map(result =>
        annotation({
          level: 'error',
          file: printable(file),
          line: result.test.line,
          title: `ACL: ${nameOf(result.test)}`,
          message: bodyOf(result),
        }),
      ),
  )
  return `${annotations.join('')}${summary(tables)}\n`
}

function suites(tables: readonly Table[]): TestSuite[] {
  return tables.map(({ file, results }) => ({
    name: `acl test ${printable(file)}`,
    cases: results.map(result => {
      const name = nameOf(result.test)
      const group = `acl.test.${printableBytes(result.test.user)}`
      if (result.passed) return { name, group }
      const type = result.test.expects === 'allow' ? 'denied' : 'allowed'
      return { name, group, failure: { title: titleOf(result), type, body: bodyOf(result) } }
    }),
  }))
}
