// What users gained and lost in the forms that people and CI systems read.

import type { CommandCatalog } from '../acl/command-facts.ts'
import { type CommandGroup, groupCommands } from '../policy/command-groups.ts'
import type { RightsChange, SelectorDiff, UserDiff } from '../policy/diff.ts'
import type { Place } from '../policy/policy.ts'
import { toText } from '../util/bytes.ts'
import { printableBytes } from '../util/printable.ts'
import { wrappedLines } from './layout.ts'
import { jsonText } from './out.ts'
import { annotation, markdownText } from './report-forms.ts'

export const DIFF_FORMS = ['text', 'json', 'markdown', 'github'] as const

export type DiffForm = (typeof DIFF_FORMS)[number]

export interface ShownDiff {
  readonly users: readonly UserDiff[]
  /** The commands that the older and the newer policy know. */
  readonly before: CommandCatalog
  readonly after: CommandCatalog
  /** Every command by name. */
  readonly isVerbose: boolean
  /** Where a user stands in the newer policy, or in the older if it is gone; if in a file. */
  readonly placeOf: (user: string) => (Place & { readonly file: string }) | undefined
}

export function writeDiff(form: DiffForm, shown: ShownDiff): string {
  return FORMS[form](shown)
}

const FORMS: Readonly<Record<DiffForm, (shown: ShownDiff) => string>> = {
  text: shown => (shown.users.length === 0 ? NOTHING : shown.users.map(textOf(shown)).join('')),
  json: ({ users }) =>
    jsonText(users, (_, value) => (typeof value === 'string' ? toText(value) : value)),
  markdown,
  github,
}

const NOTHING = 'No difference.\n'

/** One line of what was gained or lost. */
interface Change {
  readonly sign: '+' | '-'
  /** `command`, `read key`, `login`. */
  readonly what: string
  /** Ready to be shown. */
  readonly names: readonly string[]
  /** Where it is not the root: `selector 1, added`. */
  readonly place: string
}

const PARTS = [
  ['commands', 'command'],
  ['future', 'command'],
  ['reads', 'read key'],
  ['writes', 'write key'],
  ['channels', 'channel'],
] as const

function changesOf({ login, selectors }: UserDiff, shown: ShownDiff): Change[] {
  return [
    ...changesIn('login', login, '', named),
    ...selectors.flatMap(selector =>
      PARTS.flatMap(([part, what]) =>
        changesIn(
          what,
          selector[part],
          placeIn(selector),
          part === 'commands' ? grouped(shown) : named,
        ),
      ),
    ),
  ]
}

function placeIn({ index, kind }: SelectorDiff): string {
  return index === 0 ? '' : `selector ${index}${kind === 'changed' ? '' : `, ${kind}`}`
}

type Naming = (names: readonly string[], sign: Change['sign']) => readonly string[]

function changesIn(
  what: string,
  { gained, lost }: RightsChange,
  place: string,
  shownNames: Naming,
): Change[] {
  return (
    [
      ['+', gained],
      ['-', lost],
    ] as const
  )
    .filter(([, names]) => names.length > 0)
    .map(([sign, names]) => {
      return { sign, what, names: shownNames(names, sign), place }
    })
}

const named: Naming = names => names.map(printableBytes)

function grouped({ before, after, isVerbose }: ShownDiff): Naming {
  if (isVerbose) return named
  return (names, sign) => {
    const { groups, commands } = groupCommands(names, sign === '+' ? after : before)
    return [...groups.map(groupText), ...named(commands, sign)]
  }
}

/** 'every command (360)', '@read but keys (90)'. */
function groupText({ name = 'every command', except, count }: CommandGroup): string {
  const but = except.length === 0 ? '' : ` but ${except.join(' ')}`
  return `${name}${but} (${count})`
}

const COLUMNS = 84

function textOf(shown: ShownDiff): (user: UserDiff) => string {
  return user => {
    const lines = changesOf(user, shown).map(({ sign, what, names, place }) => {
      // As many a line as fit, and the next line below the first word.
      const wrapped = wrappedLines(names, COLUMNS).join(`\n${' '.repeat(15)}`)
      return `  ${sign} ${what.padEnd(10)} ${wrapped}${place === '' ? '' : `  (${place})`}`
    })
    return `${[`${printableBytes(user.user)}: ${user.kind}`, ...lines].join('\n')}\n`
  }
}

/** A table for a pull request: a row for each thing that was gained or lost. */
function markdown(shown: ShownDiff): string {
  const { users } = shown
  if (users.length === 0) return NOTHING
  const rows = users.flatMap(user =>
    changesOf(user, shown).map(({ sign, what, names, place }) => {
      const where = place === '' ? '' : ` (${place})`
      const cells = [
        `${markdownText(printableBytes(user.user))}, ${user.kind}`,
        sign === '+' ? '**gained**' : 'lost',
        `${what}${where}`,
        names.map(markdownText).join('<br>'),
      ]
      return `| ${cells.join(' | ')} |`
    }),
  )
  const head = ['| user | | what | which |', '|---|---|---|---|']
  return `${[summary(users), '', ...head, ...rows].join('\n')}\n`
}

function summary(users: readonly UserDiff[]): string {
  const count = (wanted: UserDiff['kind']): string => {
    const many = users.filter(({ kind }) => kind === wanted).length
    return many === 0 ? '' : `${many} ${wanted}`
  }
  const counts = [count('added'), count('removed'), count('changed')].filter(one => one !== '')
  return `Users: ${counts.join(', ')}.`
}

/** One annotation a user, at its line: a warning where it gained something. */
function github(shown: ShownDiff): string {
  if (shown.users.length === 0) return NOTHING
  const annotations = shown.users.map(user => {
    const changes = changesOf(user, shown)
    const { file, line, column } = shown.placeOf(user.user) ?? {}
    const lines = changes.map(({ sign, what, names, place }) => {
      return `${sign} ${what}: ${names.join(', ')}${place === '' ? '' : ` (${place})`}`
    })
    return annotation({
      level: changes.some(({ sign }) => sign === '+') ? 'warning' : 'notice',
      file: file === undefined ? undefined : printableBytes(file),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
      title: `ACL: ${printableBytes(user.user)} ${user.kind}`,
      message: lines.length === 0 ? user.kind : lines.join('\n'),
    })
  })
  return `${annotations.join('')}${summary(shown.users)}\n`
}
