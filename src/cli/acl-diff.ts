// `redis-tls-mock acl diff`: what each user gained and lost between two policies.

import { shownRule } from '../acl/rules.ts'
import { diff } from '../policy/diff.ts'
import { catalogOf, VERSIONS, type Version } from '../policy/versions.ts'
import { fromText } from '../util/bytes.ts'
import { printableBytes } from '../util/printable.ts'
import { DIFF_FORMS, type ShownDiff, writeDiff } from './diff-forms.ts'
import type { Source } from './input.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { print, say } from './out.ts'
import { outputTo, readOutputs, reporterOption, writeOutputs } from './outputs.ts'
import { readPolicyFile } from './policy-file.ts'
import { CONNECTION_OPTIONS, readSource } from './policy-source.ts'

export const DIFF_OPTIONS = {
  file: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    what: 'as BEFORE, or AFTER the second time',
  },
  from: {
    type: 'string',
    value: 'VERSION',
    words: VERSIONS,
    what: `the version that reads the first: ${VERSIONS.join(', ')} (default: 7.4)`,
  },
  to: {
    type: 'string',
    value: 'VERSION',
    words: VERSIONS,
    what: 'the version that reads the second (default: 7.4)',
  },
  verbose: { type: 'boolean', what: 'every command by name' },
  reporter: reporterOption(DIFF_FORMS),
  json: { type: 'boolean', what: 'as --reporter json, which always has every command' },
  ...CONNECTION_OPTIONS,
  ...HELP,
} as const satisfies OptionTable

const DIFF_USAGE = `Usage: redis-tls-mock acl diff [options] BEFORE AFTER   two ACL files or redis.conf
       redis-tls-mock acl diff [options] FILE --url URL   a file, and a server that runs
       redis-tls-mock acl diff [options] FILE --from 7.0  one file, read by two versions of Redis

Tells for each user what it gained (+) and lost (-): logins, commands, keys to read and to write,
channels, by selector. Commands are told by whole categories where that is shorter.

${optionLines(DIFF_OPTIONS)}
Ends with 0 if nothing differs, with 1 if something does, with 2 if a file cannot be read.
`

/** Resolves to the exit code. */
export async function aclDiff(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, DIFF_OPTIONS)
  if (values.help) return print(DIFF_USAGE)
  const files = [...(values.file ?? []), ...rest]
  const [from, to] = [versionNamed(values.from), versionNamed(values.to)]
  const [first, second = from === to ? undefined : first] = files
  const isSecondServer = values.url !== undefined
  if (first === undefined || files.length > 2 || (isSecondServer ? files[1] : !second)) {
    throw new UsageError('Which two? BEFORE AFTER, or FILE --url URL, or FILE --from VERSION')
  }
  const json = values.json ? [outputTo('json', undefined)] : []
  const outputs =
    values.reporter === undefined && values.json
      ? json
      : [...readOutputs(values.reporter, DIFF_FORMS), ...json]
  const before = readAs(first, from)
  const after =
    second === undefined || isSecondServer
      ? await readSource({ ...values, file: undefined })
      : readAs(second, to)
  const users = diff(before.policy, after.policy)
  const shown: ShownDiff = {
    users,
    before: before.policy.context.catalog,
    after: after.policy.context.catalog,
    isVerbose: values.verbose === true,
    placeOf: user => (isSecondServer ? undefined : placeIn([after, before], user)),
  }
  writeOutputs(outputs, form => writeDiff(form, shown))
  return users.length === 0 ? 0 : 1
}

function placeIn(sources: readonly Source[], name: string): ReturnType<ShownDiff['placeOf']> {
  for (const source of sources) {
    const user = source.policy.users.find(one => one.name === name)
    if (user !== undefined) return { ...user, file: user.file ?? fromText(source.name) }
  }
  return undefined
}

function versionNamed(name = '7.4'): Version {
  const version = VERSIONS.find(known => known === name)
  if (version === undefined) throw new UsageError(`Versions are ${VERSIONS.join(' and ')}`)
  return version
}

/** What a version refuses is left out, and told beside the result. */
function readAs(file: string, version: Version): Source {
  const policy = readPolicyFile(file, undefined, catalogOf(version))
  for (const { file: other, line, column, rule, message } of policy.problems) {
    const refused = printableBytes(`refuses ${shownRule(rule)}: ${message}`)
    say(
      `${other === undefined ? file : printableBytes(other)}:${line}:${column}: Redis ${version} ${refused}`,
    )
  }
  return { name: file, policy }
}
