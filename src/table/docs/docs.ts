// The documentation of all commands, and what follows from it: how a command is typed, and which
// words it knows. Everybody imports this file as a whole, so that it is loaded when somebody asks.

import { lazy, obtain, warmingUp } from '../../util/lazy.ts'
import { type Argument, readArguments } from './arguments.ts'
import { CLUSTER_DOCS } from './cluster.ts'
import { CONNECTION_DOCS } from './connection.ts'
import type { CommandDocs, Doc } from './doc.ts'
import { GENERIC_DOCS } from './generic.ts'
import { HASH_DOCS } from './hash.ts'
import { LIST_DOCS } from './list.ts'
import { OBSERVE_DOCS } from './observe.ts'
import { SCRIPTING_DOCS } from './scripting.ts'
import { SERVER_DOCS } from './server.ts'
import { SET_DOCS } from './set.ts'
import { SORTED_SET_DOCS } from './sorted-set.ts'
import { STREAM_DOCS } from './stream.ts'
import { STRING_DOCS } from './string.ts'

const ALL: CommandDocs = {
  ...CLUSTER_DOCS,
  ...CONNECTION_DOCS,
  ...GENERIC_DOCS,
  ...HASH_DOCS,
  ...LIST_DOCS,
  ...OBSERVE_DOCS,
  ...SCRIPTING_DOCS,
  ...SERVER_DOCS,
  ...SET_DOCS,
  ...SORTED_SET_DOCS,
  ...STREAM_DOCS,
  ...STRING_DOCS,
}

const read = lazy(() => new Map<string, readonly Argument[]>())

/** By the full name of a command; undefined if nobody has written of it. */
export function docOf(name: string): Doc | undefined {
  return Object.hasOwn(ALL, name) ? ALL[name] : undefined
}

/** The words after a command's name; a container's are those of its subcommands. */
export function argumentsOf(name: string): readonly Argument[] {
  return obtain(read(), name, () => warmingUp(() => readArguments(docOf(name)?.arguments ?? '')))
}

/** How a command is typed: 'GETEX key [EX seconds | PX milliseconds | … | PERSIST]'. */
export function usageOf(name: string): string {
  const words = name.toUpperCase().replace('|', ' ')
  return [words, ...argumentsOf(name).map(usage)].join(' ')
}

/** The words that a command knows, in capitals, each once: 'EX', 'NX'. */
export function tokensOf(name: string): readonly string[] {
  const found = new Set<string>()
  const collect = ({ token, arguments: inner }: Argument): void => {
    if (token !== undefined && /^[A-Z]/.test(token)) found.add(token)
    inner.forEach(collect)
  }
  argumentsOf(name).forEach(collect)
  return [...found]
}

function usage(argument: Argument): string {
  const { flags, token } = argument
  const value = valueUsage(argument)
  const whole = [...(token === undefined ? [] : [shownToken(token)]), ...value].join(' ')
  const again = flags.includes('multiple_token') ? whole : value.join(' ')
  const all = flags.includes('multiple') ? `${whole} [${again} ...]` : whole
  return flags.includes('optional') ? `[${all}]` : all
}

function valueUsage({ type, arguments: inner, displayText, flags, token }: Argument): string[] {
  if (type === 'pure-token') return []
  if (type === 'block') return inner.map(usage)
  if (type !== 'oneof') return [displayText ?? '']
  const choices = inner.map(usage).join(' | ')
  const isBracketed = token === undefined && flags.join() === 'optional'
  return [isBracketed ? choices : `<${choices}>`]
}

/** An empty word is typed as two quotes. */
function shownToken(token: string): string {
  return token === '' ? '""' : token
}
