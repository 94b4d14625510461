// `redis-tls-mock acl diff`: what each user gained and lost between two policies.

import { shownRule } from '../acl/rules.ts'
import { diff, type RightsChange, type SelectorDiff, type UserDiff } from '../policy/diff.ts'
import type { Policy } from '../policy/policy.ts'
import { catalogOf, VERSIONS, type Version } from '../policy/versions.ts'
import { toText } from '../util/bytes.ts'
import { printableBytes } from '../util/printable.ts'
import { wrappedLines } from './layout.ts'
import { readOptions, UsageError } from './options.ts'
import { print, printJson, say } from './out.ts'
import { readPolicyFile } from './policy-file.ts'
import { CONNECTION_OPTIONS, CONNECTION_USAGE, readSource } from './policy-source.ts'

const DIFF_USAGE = `Usage: redis-tls-mock acl diff [options] BEFORE AFTER   two ACL files or redis.conf
       redis-tls-mock acl diff [options] FILE --url URL   a file, and a server that runs
       redis-tls-mock acl diff [options] FILE --from 7.0  one file, read by two versions of Redis

Tells for each user what it gained (+) and lost (-): logins, commands, keys to read and to write,
channels, by selector.

  --file FILE          as BEFORE, or AFTER the second time
  --from VERSION       the version that reads the first: ${VERSIONS.join(', ')} (default: 7.4)
  --to VERSION         the version that reads the second (default: 7.4)
  --json               for programs
${CONNECTION_USAGE}
Ends with 0 if nothing differs, with 1 if something does, with 2 if a file cannot be read.
`

/** Resolves to the exit code. */
export async function aclDiff(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, {
    ...CONNECTION_OPTIONS,
    file: { type: 'string', multiple: true },
    from: { type: 'string' },
    to: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(DIFF_USAGE)
  const files = [...(values.file ?? []), ...rest]
  const [from, to] = [versionNamed(values.from), versionNamed(values.to)]
  const [first, second = from === to ? undefined : first] = files
  const isSecondServer = values.url !== undefined
  if (first === undefined || files.length > 2 || (isSecondServer ? files[1] : !second)) {
    throw new UsageError('Which two? BEFORE AFTER, or FILE --url URL, or FILE --from VERSION')
  }
  const before = readAs(first, from)
  const after =
    second === undefined || isSecondServer
      ? (await readSource({ ...values, file: undefined })).policy
      : readAs(second, to)
  const found = diff(before, after)
  if (values.json) printJson(found.map(user => asText(user, toText)))
  else print(text(found.map(user => asText(user, printableBytes))))
  return found.length === 0 ? 0 : 1
}

function versionNamed(name = '7.4'): Version {
  const version = VERSIONS.find(known => known === name)
  if (version === undefined) throw new UsageError(`Versions are ${VERSIONS.join(' and ')}`)
  return version
}

/** What a version refuses is left out, and told beside the result. */
function readAs(file: string, version: Version): Policy {
  const policy = readPolicyFile(file, undefined, catalogOf(version))
  for (const { file: other, line, column, rule, message } of policy.problems) {
    const refused = printableBytes(`refuses ${shownRule(rule)}: ${message}`)
    say(
      `${other === undefined ? file : printableBytes(other)}:${line}:${column}: Redis ${version} ${refused}`,
    )
  }
  return policy
}

function asText(user: UserDiff, read: (bytes: string) => string): UserDiff {
  const readable = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? read(value) : value
  return JSON.parse(JSON.stringify(user, readable)) as UserDiff
}

function text(users: readonly UserDiff[]): string {
  if (users.length === 0) return 'No difference.\n'
  const lines = users.flatMap(({ user, kind, login, selectors }) => [
    `${user}: ${kind}`,
    ...changeLines('login', login, ''),
    ...selectors.flatMap(selectorLines),
  ])
  return `${lines.join('\n')}\n`
}

const PARTS = [
  ['commands', 'command'],
  ['future', 'command'],
  ['reads', 'read key'],
  ['writes', 'write key'],
  ['channels', 'channel'],
] as const

function selectorLines(selector: SelectorDiff): string[] {
  const { index, kind } = selector
  const note = kind === 'changed' ? '' : `, ${kind}`
  const place = index === 0 ? '' : `  (selector ${index}${note})`
  return PARTS.flatMap(([part, name]) => changeLines(name, selector[part], place))
}

function changeLines(name: string, { gained, lost }: RightsChange, place: string): string[] {
  const lines = (sign: string, what: readonly string[]): string[] =>
    what.length === 0 ? [] : [`  ${sign} ${name.padEnd(10)} ${belowFirst(what)}${place}`]
  return [...lines('+', gained), ...lines('-', lost)]
}

const COLUMNS = 84

/** As many a line as fit, and the next line below the first word. */
function belowFirst(words: readonly string[]): string {
  return wrappedLines(words, COLUMNS).join(`\n${' '.repeat(15)}`)
}
