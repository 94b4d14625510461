// What COMMAND DOCS says of a command.

import type { ReplyWriter } from '../resp3/writer.ts'
import type { Command } from '../table/command.ts'
import type { Argument } from '../table/docs/arguments.ts'
import * as docs from '../table/docs/docs.ts'
import { lazy } from '../util/lazy.ts'

/** Loaded by the first question. */
const book = lazy(() => ({ docOf: docs.docOf, argumentsOf: docs.argumentsOf }))

/** A field of a map: its name, and who writes its value. */
type Field = readonly [name: string, write: (reply: ReplyWriter) => void]

export function documentation(reply: ReplyWriter, command: Command): void {
  const doc = book().docOf(command.name)
  const words = book().argumentsOf(command.name)
  const subcommands = [...(command.subcommands?.values() ?? [])]
  const [deprecatedSince, ...replacedBy] = doc?.deprecated?.split(' ') ?? []
  const flags = [...(deprecatedSince === undefined ? [] : ['deprecated']), ...(doc?.flags ?? [])]
  writeFields(reply, [
    ...text('summary', doc?.summary),
    ...text('since', command.since),
    ...text('group', command.group),
    ...text('complexity', doc?.complexity),
    ...(flags.length === 0 ? [] : [flagSet('doc_flags', flags)]),
    ...text('deprecated_since', deprecatedSince),
    ...text('replaced_by', deprecatedSince && replacedBy.join(' ')),
    ...list('history', doc?.history, writeHistory),
    ...list('arguments', words, writeArguments),
    ...list('subcommands', subcommands, writeSubcommands),
  ])
}

function writeFields(reply: ReplyWriter, fields: readonly Field[]): void {
  reply.map(fields.length)
  for (const [name, write] of fields) {
    reply.bulk(name)
    write(reply)
  }
}

function text(name: string, value: string | undefined): Field[] {
  return value === undefined ? [] : [[name, reply => reply.bulk(value)]]
}

function list<T>(
  name: string,
  values: readonly T[] = [],
  write: (reply: ReplyWriter, values: readonly T[]) => void,
): Field[] {
  return values.length === 0 ? [] : [[name, reply => write(reply, values)]]
}

function flagSet(name: string, flags: readonly string[]): Field {
  return [
    name,
    reply => {
      reply.set(flags.length)
      for (const flag of flags) reply.simple(flag)
    },
  ]
}

function writeHistory(reply: ReplyWriter, history: readonly string[]): void {
  reply.set(history.length)
  for (const change of history) {
    const [since = '', ...words] = change.split(' ')
    reply.bulks([since, words.join(' ')])
  }
}

function writeArguments(reply: ReplyWriter, words: readonly Argument[]): void {
  reply.array(words.length)
  for (const word of words) {
    writeFields(reply, [
      ...text('name', word.name),
      ...text('type', word.type),
      ...text('display_text', word.displayText),
      ...keySpec(word),
      ...text('token', word.token),
      ...text('since', word.since),
      ...text('deprecated_since', word.deprecatedSince),
      ...(word.flags.length === 0 ? [] : [flagSet('flags', word.flags)]),
      ...list('arguments', word.arguments, writeArguments),
    ])
  }
}

function keySpec({ keySpec: index }: Argument): Field[] {
  return index === undefined ? [] : [['key_spec_index', reply => reply.integer(index)]]
}

function writeSubcommands(reply: ReplyWriter, subcommands: readonly Command[]): void {
  reply.map(subcommands.length)
  for (const subcommand of subcommands) {
    reply.bulk(subcommand.name)
    documentation(reply, subcommand)
  }
}
