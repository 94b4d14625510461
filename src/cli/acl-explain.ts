// `redis-tls-mock acl explain`: may this user run that command, and why.

import { READ, WRITE } from '../acl/command-facts.ts'
import type { ChannelTrace, KeyTrace, SelectorTrace } from '../acl/explain.ts'
import { PolicyError, QuestionError } from '../policy/errors.ts'
import { type Explanation, explainVerdict } from '../policy/explain.ts'
import type { PolicyUser, Rule } from '../policy/policy.ts'
import { ruleSaying, rulesBySelector } from '../policy/where.ts'
import { fromText, quoted, toText } from '../util/bytes.ts'
import { printableBytes } from '../util/printable.ts'
import { tableLines } from './layout.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { jsonText, print } from './out.ts'
import { CONNECTION_OPTIONS, readSource } from './policy-source.ts'

export const EXPLAIN_OPTIONS = {
  user: { type: 'string', value: 'NAME', what: 'whose rules (default: default)' },
  file: {
    type: 'string',
    value: 'FILE',
    what: 'an ACL file or redis.conf, which may also stand alone; - is standard input',
  },
  rules: { type: 'string', value: 'RULES', what: "the user's rules, as ACL SETUSER takes them" },
  ...CONNECTION_OPTIONS,
  json: { type: 'boolean', what: 'for programs' },
  ...HELP,
} as const satisfies OptionTable

const EXPLAIN_USAGE = `Usage: redis-tls-mock acl explain [options] --user NAME -- COMMAND [ARGUMENT ...]

Says whether the user may run the command, by which rule of which selector, for each key and each
channel, and the smallest change of the rules that would allow it.

${optionLines(EXPLAIN_OPTIONS)}
Ends with 0 if the command is allowed, with 1 if it is denied, with 2 if that could not be said.
`

/** Resolves to the exit code. */
export async function aclExplain(words: readonly string[]): Promise<number> {
  const { values, rest, command: behind } = readOptions(words, EXPLAIN_OPTIONS)
  if (values.help) return print(EXPLAIN_USAGE)
  const [file, command] = fileAndCommand(rest, behind, [values.file, values.url, values.rules])
  if (command.length === 0) throw new UsageError('Which command? Name it after --')
  const { name, policy } = await readSource({ ...values, file }, values.user)
  const user = fromText(values.user ?? 'default')
  const explanation = readErrors(() => explainVerdict({ policy, user }, command.map(fromText)))
  const written = policy.users.find(one => one.name === user)
  const shown = new ShownExplanation(explanation, name, written)
  print(values.json ? shown.json() : shown.text())
  return explanation.allowed ? 0 : 1
}

/** The words before `--` are a file; without `--` the first is, if nothing else names the rules. */
function fileAndCommand(
  rest: readonly string[],
  behind: readonly string[] | undefined,
  [file, ...others]: readonly (string | undefined)[],
): [file: string | undefined, command: readonly string[]] {
  const isNamed = [file, ...others].some(value => value !== undefined)
  const before = behind === undefined ? Number(!isNamed) : rest.length - behind.length
  const files = rest.slice(0, before)
  if (files.length > 1 || (isNamed && files.length > 0)) {
    throw new UsageError(`What is '${files.at(-1)}'? The command stands after --`)
  }
  return [files[0] ?? file, rest.slice(before)]
}

/** What people and files get wrong reads better without the class of the error. */
function readErrors<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof QuestionError)) throw error
    throw new UsageError(printableBytes(error.message))
  }
}

/** One explanation, with the places of the rules that it names. */
export class ShownExplanation {
  readonly #explanation: Explanation
  readonly #source: string
  readonly #written: PolicyUser | undefined
  readonly #rules: readonly Rule[][]

  constructor(explanation: Explanation, source: string, written: PolicyUser | undefined) {
    this.#explanation = explanation
    this.#source = written?.file ?? fromText(source)
    this.#written = written
    this.#rules = written === undefined ? [] : rulesBySelector(written)
  }

  text(): string {
    const { allowed, user, command, dryrun, reply, selectors, notes } = this.#explanation
    const lines = [`${allowed ? 'ALLOWED' : 'DENIED'}  '${command}' for the user '${user}'`]
    if (this.#written !== undefined) {
      lines.push(`         ${this.#source}:${this.#written.line}:${this.#written.column}`)
    }
    if (!allowed) lines.push('', `  ACL DRYRUN says   ${dryrun}`, `  the client gets   ${reply}`)
    for (const selector of selectors) lines.push('', ...this.#selectorLines(selector))
    lines.push(...this.#changeLines())
    if (notes.length > 0) lines.push('', ...notes.map(note => `Note: ${note}`))
    return `${lines.map(printableBytes).join('\n')}\n`
  }

  #selectorLines(selector: SelectorTrace): string[] {
    const { index, allowed, rules, command, keys, channels } = selector
    const { selectors, decisive } = this.#explanation
    const mark = selectors.length > 1 && index === decisive ? ', which decides' : ''
    const verdict = allowed ? 'allows it' : 'does not'
    const commandWhy =
      command.rule === undefined ? 'no rule can forbid it' : this.#by(index, command.rule)
    const parts: Part[] = [
      [command.allowed, 'command', this.#explanation.command, commandWhy],
      ...keys.map((key): Part => [key.allowed, 'key', key.name, this.#keyReason(index, key)]),
      ...channels.map(
        (one): Part => [one.allowed, 'channel', one.name, this.#channelReason(index, one)],
      ),
    ]
    const rows = parts.map(([isAllowed, ...rest]) => [isAllowed ? 'yes' : 'NO ', ...rest])
    return [
      `${selectorName(index)} ${verdict}${mark}: ${rules}`,
      ...tableLines(rows).map(row => `  ${row}`),
    ]
  }

  #keyReason(index: number, { rule, needs, tooWeak }: KeyTrace): string {
    if (rule !== undefined) return this.#by(index, rule)
    const need = NEEDS[needs]
    if (tooWeak.length === 0) return `needs ${need}; no key pattern fits`
    return `needs ${need}; too little ${tooWeak.map(weak => this.#by(index, weak)).join(', ')}`
  }

  #channelReason(index: number, { rule, isPattern }: ChannelTrace): string {
    if (rule !== undefined) return this.#by(index, rule)
    return isPattern
      ? 'no channel pattern is the same, letter by letter'
      : 'no channel pattern fits'
  }

  /** `by '+get' (users.acl:1:20)`. */
  #by(index: number, rule: string): string {
    const place = this.#placeOf(index, rule)
    return place === undefined ? `by ${rule}` : `by ${rule} (${place})`
  }

  #placeOf(index: number, rule: string): string | undefined {
    const found = ruleSaying(this.#rules[index] ?? [], rule)
    return found && `${this.#source}:${found.line}:${found.column}`
  }

  #changeLines(): string[] {
    const { change, user } = this.#explanation
    if (change === undefined) return []
    const setuser = (words: readonly string[]): string =>
      `ACL SETUSER ${[user, ...words].map(typed).join(' ')}`
    return [
      '',
      `Smallest change (to ${selectorName(change.selector).toLowerCase()}): ${change.add.join(' ')}`,
      `  ${setuser(change.words)}`,
      'Or a selector that allows this and nothing else:',
      `  ${setuser([change.alone])}`,
    ]
  }

  json(): string {
    const places = this.#explanation.selectors.map(({ index, command, keys, channels }) => ({
      selector: index,
      rules: [command, ...keys, ...channels].flatMap(({ rule }) => {
        const found = rule && ruleSaying(this.#rules[index] ?? [], rule)
        return found ? [{ rule, line: found.line, column: found.column }] : []
      }),
    }))
    const { line, column } = this.#written ?? {}
    const shown = { source: this.#source, line, column, ...this.#explanation, places }
    const asText = (_: string, value: unknown): unknown =>
      typeof value === 'string' ? toText(value) : value
    return jsonText(shown, asText)
  }
}

const NEEDS: Readonly<Record<number, string>> = {
  0: 'any right',
  [READ]: 'the right to read',
  [WRITE]: 'the right to write',
  [READ | WRITE]: 'the rights to read and write, from one pattern',
}

function selectorName(index: number): string {
  return index === 0 ? 'The root selector' : `Selector ${index}`
}

/** Whether it is allowed, what it is, its name, and why. */
type Part = readonly [boolean, string, string, string]

/** As redis-cli reads it. */
function typed(word: string): string {
  return /^[!-~]+$/.test(word) && !/["']/.test(word) ? word : quoted(word)
}
