// What `acl learn` found, for people, for programs, and as an ACL file.

import type { Learned, LearnedRule, LearnedUser } from '../tools/learn.ts'
import { quoted, toText } from '../util/bytes.ts'
import { printableByteLines } from '../util/printable.ts'
import { tableLines } from './layout.ts'
import { jsonText } from './out.ts'

export const LEARN_FORMS = ['text', 'json', 'acl'] as const

export type LearnForm = (typeof LEARN_FORMS)[number]

/** @param notes what holds of the recording as a whole */
export function writeLearned(form: LearnForm, learned: Learned, notes: readonly string[]): string {
  switch (form) {
    case 'text':
      return text(learned, notes)
    case 'json':
      return json(learned, notes)
    case 'acl':
      return aclFile(learned)
  }
}

function json(learned: Learned, notes: readonly string[]): string {
  const asText = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? toText(value) : value
  return jsonText({ ...learned, notes }, asText)
}

/** ACL files hold bytes and know no comments. Without a line the default user may do everything. */
function aclFile({ users }: Learned): string {
  const lines = users.map(({ line }) => line)
  if (!users.some(({ name }) => name === 'default')) lines.unshift('user default off')
  return `${lines.join('\n')}\n`
}

function text({ users, leftOut }: Learned, notes: readonly string[]): string {
  const parts = users.map(textOfUser)
  if (leftOut.length > 0) {
    const lines = leftOut.map(
      ({ command, reason, calls }) => `  ${counted(calls, 'call')} of ${shown(command)}: ${reason}`,
    )
    parts.push(`No rule follows from\n${lines.join('\n')}\n`)
  }
  if (notes.length > 0) parts.push(notes.map(note => `Note: ${note}\n`).join(''))
  if (users.length === 0) parts.unshift('No call was seen.\n')
  return printableByteLines(parts.join('\n'))
}

function textOfUser({ name, rules, line, calls, notes }: LearnedUser): string {
  const rows = rules.map(one => [one.rule, counted(one.calls, 'call'), evidence(one)])
  return [
    `The user '${name}': ${counted(rules.length, 'rule')} for ${counted(calls, 'call')}, all of ` +
      'which they allow. Without any one of',
    'them something that was recorded is denied.',
    '',
    ...tableLines(rows, [1]).map(row => `  ${row}`),
    '',
    line,
    ...notes.map(note => `Note: ${note}`),
    '',
  ].join('\n')
}

const SHOWN_MAX = 4

function evidence({ kind, seen, count, commands, fromScripts }: LearnedRule): string {
  const scripts = fromScripts === 0 ? '' : ` (${fromScripts} from scripts)`
  if (kind === 'command') return scripts.trim()
  const names = seen.slice(0, SHOWN_MAX).map(shown)
  const more = count > names.length ? `, ${count - names.length} more` : ''
  const by = commands.slice(0, SHOWN_MAX).map(one => one.toUpperCase().replace('|', ' '))
  const others = commands.length > by.length ? ` and ${commands.length - by.length} more` : ''
  return `${names.join(', ')}${more}; ${by.join(', ')}${others}${scripts}`
}

function shown(name: string): string {
  return /^[!-~\x80-\xff]+$/.test(name) ? name : quoted(name)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
