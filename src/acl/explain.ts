// Verdicts in words. First the sentences clients see: the same facts read differently at the top
// level, in EXEC, in scripts and in ACL DRYRUN; only DRYRUN, which asks about another user, names
// the key or channel. Then the whole reasoning behind one verdict, for people: what each selector
// made of the command, of every key and of every channel, and by which rule.
//
// The verdict is check()'s, which the server asks for every command; this file only adds why.

import { equalsIgnoringCase } from '../util/bytes.ts'
import { categoryBit } from './category.ts'
import { type Denial, denialOf, obstacleIn } from './check.ts'
import type { ChannelUse, CommandFacts, KeyUse } from './command-facts.ts'
import type { Request } from './request.ts'
import { coversChannel, keyRule, type Selector } from './selector.ts'
import type { User } from './user.ts'

/** A refused command, without the code word: the client sees it after NOPERM. */
function denialText(userName: string, { reason, object }: Denial): string {
  switch (reason) {
    case 'command':
      return `User ${userName} has no permissions to run the '${object}' command`
    case 'key':
      return 'No permissions to access a key'
    case 'channel':
      return 'No permissions to access a channel'
  }
}

export function noPermission(userName: string, denial: Denial): string {
  return `NOPERM ${denialText(userName, denial)}`
}

/** ACL DRYRUN answers with this as a plain string, not as an error. */
export function dryrunText(userName: string, denial: Denial): string {
  if (denial.reason === 'command') return denialText(userName, denial)
  return `User ${userName} has no permissions to access the '${denial.object}' ${denial.reason}`
}

const EXEC_REASONS: Readonly<Record<Denial['reason'], string>> = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments',
}

/** A queued command that was allowed once and no longer is. */
export function execText({ reason }: Denial): string {
  return (
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
    `call. This command is no longer allowed for the following reason: ${EXEC_REASONS[reason]}`
  )
}

/** A command that a script called, without the code word. */
export function scriptText(userName: string, denial: Denial): string {
  return `ACL failure in script: ${denialText(userName, denial)}`
}

/** What one selector says of the command itself. */
export interface CommandTrace {
  readonly allowed: boolean
  /** The last rule that speaks of the command; undefined for commands that no rule can forbid. */
  readonly rule: string | undefined
}

/** What one selector says of one key. */
export interface KeyTrace extends KeyUse {
  readonly allowed: boolean
  /** The first rule that allows it: '~*', '%R~app:*'; undefined if none does. */
  readonly rule: string | undefined
  /** Rules whose pattern fits, but which give too few rights. */
  readonly tooWeak: readonly string[]
}

/** What one selector says of one channel. */
export interface ChannelTrace extends ChannelUse {
  readonly allowed: boolean
  readonly rule: string | undefined
}

export interface SelectorTrace {
  /** The selector's place: 0 is the user's root. */
  readonly index: number
  /** Its rules, as ACL LIST shows them. */
  readonly rules: string
  readonly allowed: boolean
  readonly command: CommandTrace
  readonly keys: readonly KeyTrace[]
  readonly channels: readonly ChannelTrace[]
}

/** A verdict, and what each selector of the user had to say. */
export interface Trace {
  readonly allowed: boolean
  /** What the server reports; undefined if the request is allowed. */
  readonly denial: Denial | undefined
  /** The index of the selector that allows the request, or else came furthest. */
  readonly decisive: number
  readonly selectors: readonly SelectorTrace[]
}

/** The same verdict as check(), with everything that led to it. */
export function trace(user: User, request: Request): Trace {
  const obstacles = user.selectors.map(selector => obstacleIn(selector, request))
  const selectors = user.selectors.map((selector, index) => ({
    index,
    allowed: obstacles[index] === 0,
    ...traceSelector(selector, request),
  }))
  const allows = obstacles.indexOf(0)
  if (allows >= 0) return { allowed: true, denial: undefined, decisive: allows, selectors }
  let furthest = 0
  for (const obstacle of obstacles) furthest = Math.max(furthest, obstacle)
  const decisive = obstacles.indexOf(furthest)
  return { allowed: false, denial: denialOf(request, furthest), decisive, selectors }
}

function traceSelector(
  selector: Selector,
  request: Request,
): Pick<SelectorTrace, 'rules' | 'command' | 'keys' | 'channels'> {
  const { command } = request
  const firstArg = request.firstArg()
  return {
    rules: selector.text,
    command: {
      allowed: selector.mayRun(command, undefined) || selector.mayRun(command, firstArg),
      rule: command.needsNoAuth ? undefined : decidingRule(selector, command, firstArg),
    },
    keys: request.keys().map(key => traceKey(selector, key)),
    channels: request.channels().map(channel => traceChannel(selector, channel)),
  }
}

/** The rule that allows or forbids the command: the last one that speaks of it. */
export function decidingRule(
  selector: Selector,
  command: CommandFacts,
  firstArg: string | undefined,
): string {
  let rule = selector.futureCommands ? '+@all' : '-@all'
  for (const candidate of selector.commandRules) {
    const isAboutIt =
      speaksOf(candidate.slice(1), command) || isFirstArgRule(candidate, command, firstArg)
    if (isAboutIt) rule = candidate
  }
  return rule
}

/**
 * Whether a rule, without its sign, is about the command: by name, by its container or category.
 */
function speaksOf(subject: string, command: CommandFacts): boolean {
  const { parent } = command
  if (!subject.startsWith('@')) return subject === command.name || subject === parent?.name
  const bit = categoryBit(subject.slice(1))
  return ((command.categories | (parent?.categories ?? 0)) & bit) !== 0
}

function isFirstArgRule(rule: string, { name }: CommandFacts, firstArg?: string): boolean {
  return firstArg !== undefined && equalsIgnoringCase(rule, `+${name}|${firstArg}`)
}

function traceKey(selector: Selector, key: KeyUse): KeyTrace {
  if (selector.allKeys) return { ...key, allowed: true, rule: '~*', tooWeak: [] }
  const fitting = selector.keyPatterns.filter(({ matches }) => matches(key.name))
  const enough = fitting.find(({ rights }) => (rights & key.needs) === key.needs)
  return {
    ...key,
    allowed: selector.mayAccessKey(key.name, key.needs),
    rule: enough && keyRule(enough),
    tooWeak: enough === undefined ? fitting.map(keyRule) : [],
  }
}

function traceChannel(selector: Selector, channel: ChannelUse): ChannelTrace {
  const { name, isPattern } = channel
  const allowed = selector.mayAccessChannel(name, isPattern)
  const pattern = selector.channelPatterns.find(one => coversChannel([one], name, isPattern))
  const rule = selector.allChannels ? '&*' : pattern && `&${pattern.pattern}`
  return { ...channel, allowed, rule }
}
