// Which words of a request are secret. The command's row says it in one text, and everybody who
// shows requests asks here: MONITOR, SLOWLOG, recorded calls, reports. It is worked out from the
// words alone, when somebody looks, so that it holds as well for a request that was refused, that
// failed halfway, or that was only asked about (ACL DRYRUN), and costs nothing where nobody looks.
//
// It fails closed: what cannot be read as the row says (an unknown command, a wrong number of
// words, an option that does not exist) is hidden from there to its end, because a password may
// stand at any place behind a slip.

import { Args } from '../resp3/args.ts'
import { lacksSubcommand } from '../table/catalogue.ts'
import { type Command, hasArity, type OptionWords, type Secrets } from '../table/command.ts'
import { REDACTED } from '../util/secret-text.ts'
import { isSensitive } from './config/config.ts'

/** Whether word i may not be shown. */
export type Hidden = (i: number) => boolean

/** Where commands are looked up. */
interface Commands {
  find(args: Args): Command | undefined
}

const NOTHING: Hidden = () => false

/** Which words of a request are hidden, counted from its first. */
export function hiddenWords(commands: Commands, args: Args): Hidden {
  // A request may be about a request, which may be about another: one round for each.
  for (let at = 0; at < args.count; ) {
    const request = at === 0 ? args : requestAt(args, at)
    const { command, length } = commandOf(commands, request)
    if (command === undefined) return from(at + length)
    const { secrets } = command
    if (secrets === undefined) return NOTHING
    if (!hasArity(command, request)) return from(at + length)
    if (secrets.kind !== 'request') return inWords(secrets, request, at)
    at += secrets.first
  }
  return NOTHING
}

/** Of what was said to a request, that which quotes one of its hidden words. */
export function withoutSecrets(text: string, commands: Commands, args: Args): string {
  const isHidden = hiddenWords(commands, args)
  const hidden: string[] = []
  for (let i = 1; i < args.count; i++) if (isHidden(i)) hidden.push(args.text(i))
  if (hidden.length === 0) return text
  // Several words may be quoted as one, and a word be cut short.
  return text.replace(/'.*'/s, span => {
    const parts = span.slice(1, -1).split(/\s+/)
    const isQuoted = parts.some(part => part !== '' && hidden.some(word => word.includes(part)))
    return isQuoted ? `'${REDACTED}'` : span
  })
}

/** Without copying anything: of use as long as the whole request is. */
function requestAt(args: Args, at: number): Args {
  const view = new Args()
  view.bytes = args.bytes
  view.marks = args.marks.subarray(at * 2)
  view.count = args.count - at
  return view
}

const NAME_MAX = 64

/** The command, undefined if there is none, and how many words its name takes. */
function commandOf(
  commands: Commands,
  args: Args,
): { readonly command: Command | undefined; readonly length: number } {
  const command = commands.find(args)
  if (command === undefined) return { command, length: 1 }
  if (lacksSubcommand(command, args)) return { command: undefined, length: 2 }
  return { command, length: command.parent === undefined ? 1 : 2 }
}

function inWords(
  secrets: Exclude<Secrets, { readonly kind: 'request' }>,
  args: Args,
  at: number,
): Hidden {
  switch (secrets.kind) {
    case 'words':
      return from(at + secrets.first)
    case 'options':
      return inOptions(secrets.options, secrets.first, args, at)
    case 'settings':
      return inSettings(secrets.first, args, at)
  }
}

function inOptions(options: OptionWords, first: number, args: Args, at: number): Hidden {
  const hidden = new Set<number>()
  for (let i = first; i < args.count; ) {
    const following = optionAt(options, args, i)
    if (following === undefined) return from(at + i, hidden)
    if (following === 'rest') break
    if (i + following.length >= args.count) return from(at + i + 1, hidden)
    for (const [j, isSecret] of following.entries()) if (isSecret) hidden.add(at + i + 1 + j)
    i += following.length + 1
  }
  return i => hidden.has(i)
}

function optionAt(options: OptionWords, args: Args, i: number) {
  for (const [name, following] of options) if (args.is(i, name)) return following
  return undefined
}

function inSettings(first: number, args: Args, at: number): Hidden {
  const hidden = new Set<number>()
  for (let i = first; i < args.count; i += 2) {
    const sensitive = args.length(i) > NAME_MAX ? undefined : isSensitive(args.text(i))
    if (sensitive === undefined || i + 1 === args.count) return from(at + i, hidden)
    if (sensitive) hidden.add(at + i + 1)
  }
  return i => hidden.has(i)
}

function from(first: number, others?: ReadonlySet<number>): Hidden {
  return i => i >= first || (others?.has(i) ?? false)
}
