// The rule language of ACL SETUSER, selector part: one word to one change, or a precise problem.
//
// Rules stand in order and each changes what is there, so some problems depend on the state (a
// pattern after ~*) and win over the syntax of the word; reading and applying are one step.
// Redis reads words as C strings except for patterns and passwords: what follows a NUL is not seen.

import { splitWords } from '../resp3/words.ts'
import { lowerCase, upToNul } from '../util/bytes.ts'
import { categoryBit } from './category.ts'
import { type CommandCatalog, type CommandFacts, READ, WRITE } from './command-facts.ts'
import { Selector } from './selector.ts'

export type RuleProblem =
  | 'unknown'
  | 'syntax'
  | 'after all keys'
  | 'after all channels'
  | 'no such password'
  | 'bad hash'
  | 'first argument of a subcommand'

export const RULE_MESSAGES: Readonly<Record<RuleProblem, string>> = {
  unknown: 'Unknown command or category name in ACL',
  syntax: 'Syntax error',
  'after all keys':
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have " +
    "any effect. Try 'resetkeys' to start with an empty list of patterns",
  'after all channels':
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not " +
    "have any effect. Try 'resetchannels' to start with an empty list of channels",
  'no such password': 'The password you are trying to remove from the user does not exist',
  'bad hash':
    'The password hash must be exactly 64 characters and contain only lowercase hexadecimal ' +
    'characters',
  'first argument of a subcommand': 'Allowing first-arg of a subcommand is not supported',
}

/** Why a list of rules was refused; nothing of it was applied. */
export interface RuleFailure {
  /** The rule at fault, selectors put together again. */
  readonly word: string
  /** The reason alone. */
  readonly message: string
  /** The whole sentence of ACL SETUSER, without the code word. */
  readonly text: string
}

export function ruleFailure(word: string, problem: RuleProblem): RuleFailure {
  const message = RULE_MESSAGES[problem]
  const shown = upToNul(word)
  return { word, message, text: `Error in ACL SETUSER modifier '${shown}': ${message}` }
}

export function unmatchedParenthesis(word: string): RuleFailure {
  const text = `Unmatched parenthesis in acl selector starting at '${upToNul(word)}'.`
  return { word, message: text, text }
}

/**
 * The rule as messages may show it: never a password, nor a word that may be the rest of one, as it
 * stands behind a password and is no rule itself.
 */
export function shownRule(rule: string, before = ''): string {
  // There are no passwords in selectors, but people may try.
  if (rule.startsWith('(')) return rule.replace(/([( ][><#!])[^ )]+/g, '$1(password)')
  if (/^[><#!]/.test(rule)) return `${rule[0]}(password)`
  return /^[><]/.test(before) && !LOOKS_LIKE_A_RULE.test(rule) ? '(password)' : rule
}

const PLAIN = 'on|off|nopass|reset\\w*|(?:all|no)(?:keys|commands|channels)|clearselectors'
const LOOKS_LIKE_A_RULE = new RegExp(`^(?:[+~&%-].*|${PLAIN}|[\\w-]+-payload)$`, 'is')

/** What a rule may depend on besides the user it changes. */
export interface RuleContext {
  readonly catalog: CommandCatalog
  /** acl-pubsub-default: whether new users and selectors start with all channels. */
  readonly allChannelsByDefault: boolean
}

/** The rules of one text, as people type them: blanks may be several. */
export function splitRules(text: string): string[] {
  return text.split(' ').filter(rule => rule !== '')
}

const SPACES = /[\t-\r \0]/
const SPACES_OR_QUOTES = /[\t-\r \0"']/

/** Names and patterns with blanks or NULs could not be written down in the rule language. */
export function hasSpaces(text: string): boolean {
  return SPACES.test(text)
}

/** Rule words with their selectors in one piece, and at which of the old words each begins. */
interface Merged {
  readonly starts: readonly number[]
}

export type MergedWords =
  | (Merged & { readonly words: readonly string[]; readonly unmatched: undefined })
  | (Merged & {
      readonly words: undefined
      /** The word that opens a selector without an end; rules may stand before it. */
      readonly unmatched: string
      readonly before: readonly string[]
    })

/** Puts selectors that were spread over several words, as in '(~a' '+get)', together again. */
export function mergeSelectors(words: readonly string[]): MergedWords {
  const merged: string[] = []
  const starts: number[] = []
  let selector: string | undefined
  let opened = 0
  for (const [i, word] of words.entries()) {
    if (selector !== undefined) {
      selector += ` ${upToNul(word)}`
      if (!word.endsWith(')')) continue
      merged.push(selector)
      starts.push(opened)
      selector = undefined
    } else if (word.startsWith('(') && !word.endsWith(')')) {
      selector = word
      opened = i
    } else {
      merged.push(word)
      starts.push(i)
    }
  }
  if (selector === undefined) return { words: merged, starts, unmatched: undefined }
  return {
    words: undefined,
    before: merged,
    starts: [...starts, opened],
    unmatched: words[opened] ?? '',
  }
}

export function isSelector(word: string): boolean {
  return word.length > 1 && word.startsWith('(') && word.endsWith(')')
}

/** The selector that a word in parentheses describes. */
export function readSelector(word: string, context: RuleContext): Selector | RuleProblem {
  const selector = new Selector(context.catalog, context.allChannelsByDefault)
  // Unbalanced quotes leave no words, and so a selector that allows nothing.
  const rules = splitWords(upToNul(word.slice(1, -1))) ?? []
  for (const rule of rules) {
    const problem = applySelectorRule(selector, rule)
    if (problem !== undefined) return problem
  }
  return selector
}

const PLAIN_RULES: ReadonlyMap<string, (selector: Selector) => void> = new Map([
  ['allkeys', s => s.allowAllKeys()],
  ['~*', s => s.allowAllKeys()],
  ['resetkeys', s => s.resetKeys()],
  ['allchannels', s => s.allowAllChannels()],
  ['&*', s => s.allowAllChannels()],
  ['resetchannels', s => s.resetChannels()],
  ['allcommands', s => s.allowAllCommands()],
  ['+@all', s => s.allowAllCommands()],
  ['nocommands', s => s.denyAllCommands()],
  ['-@all', s => s.denyAllCommands()],
])

/** Applies one rule about commands, keys or channels. */
export function applySelectorRule(selector: Selector, word: string): RuleProblem | undefined {
  const text = upToNul(word)
  const plain = PLAIN_RULES.get(lowerCase(text))
  if (plain !== undefined) {
    plain(selector)
    return undefined
  }
  switch (text[0]) {
    case '~':
    case '%':
      return addKeyPattern(selector, word)
    case '&':
      return addChannelPattern(selector, word)
    case '+':
      if (text[1] === '@') return setCategory(selector, text)
      return text.includes('|') ? allowPart(selector, text) : setCommand(selector, text)
    case '-':
      return text[1] === '@' ? setCategory(selector, text) : setCommand(selector, text)
    default:
      return 'syntax'
  }
}

// ~pattern, %R~pattern, %W~pattern, %RW~pattern. Old versions wrote %RW without ~ for the empty
// pattern, which is still read; no letter at all would be a pattern without rights.
const KEY_RULE = /^(?:~|%(?:([Rr][Ww]?|[Ww][Rr]?)(?:~|$)))/

function addKeyPattern(selector: Selector, word: string): RuleProblem | undefined {
  if (selector.allKeys) return 'after all keys'
  const match = KEY_RULE.exec(word)
  if (match === null) return 'syntax'
  const pattern = word.slice(match[0].length)
  if (hasSpaces(pattern)) return 'syntax'
  const letters = lowerCase(match[1] ?? 'rw')
  const rights = (letters.includes('r') ? READ : 0) | (letters.includes('w') ? WRITE : 0)
  selector.addKeyPattern(pattern, rights)
  return undefined
}

function addChannelPattern(selector: Selector, word: string): RuleProblem | undefined {
  if (selector.allChannels) return 'after all channels'
  const pattern = word.slice(1)
  if (hasSpaces(pattern)) return 'syntax'
  selector.addChannelPattern(pattern)
  return undefined
}

function setCategory(selector: Selector, text: string): RuleProblem | undefined {
  const name = text.slice(2)
  const bit = categoryBit(name)
  if (bit === 0) return 'unknown'
  selector.setCategory(name, bit, text.startsWith('+'))
  return undefined
}

function setCommand(selector: Selector, text: string): RuleProblem | undefined {
  const command = findCommand(selector.catalog, text.slice(1))
  if (command === undefined) return 'unknown'
  selector.setCommand(command, text.startsWith('+'))
  return undefined
}

// +container|subcommand, or the older +command|first-argument for commands without subcommands.
function allowPart(selector: Selector, text: string): RuleProblem | undefined {
  const bar = text.lastIndexOf('|')
  const whole = findCommand(selector.catalog, text.slice(1, bar))
  const part = text.slice(bar + 1)
  if (whole === undefined) return 'unknown'
  if (whole.parent !== undefined) return 'first argument of a subcommand'
  if (part === '') return 'syntax'
  if (whole.subcommands !== undefined) return setCommand(selector, text)
  // Redis takes these and then stops with a failed assertion when it writes the rule down again.
  if (SPACES_OR_QUOTES.test(part)) return 'syntax'
  selector.allowFirstArg(whole, part)
  return undefined
}

/** 'get' or 'config|set', in any case. */
function findCommand(catalog: CommandCatalog, name: string): CommandFacts | undefined {
  const bar = name.indexOf('|')
  if (bar < 0) return catalog.find(name)
  return catalog.find(name.slice(0, bar))?.subcommands?.get(lowerCase(name.slice(bar + 1)))
}
