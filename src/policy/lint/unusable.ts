// Lint rules about what nobody can use: commands whose keys or channels no pattern allows, whether
// they were named or came with a category, and patterns that no allowed command needs.

import type { KeyPattern, Selector } from '../../acl/selector.ts'
import { lowerCase } from '../../util/bytes.ts'
import { atRule, type LintRule, type LintSubject, type Spot } from './finding.ts'
import { commandNamed, type LintSelector, type LintUser, listed } from './subject.ts'

const EACH_COUNTS =
  'Selectors never add up: keys and channels count only beside the commands of the same selector, ' +
  'and since Redis 7 a user starts without any channel.'

export const UNUSABLE_RULES: readonly LintRule[] = [
  {
    id: 'unusable-command',
    severity: 'warning',
    title: 'A command that always fails',
    why: 'The rule allows the command, but no pattern of the same selector gives the rights that its keys or channels need.',
    cure: 'Add a pattern with these rights to the same selector, or remove the command.',
    find: inSelectors(unusableCommands),
  },
  {
    id: 'unusable-category',
    severity: 'warning',
    title: 'A category whose commands always fail',
    why: EACH_COUNTS,
    cure: 'Add the patterns that they need to the same selector, &app:* or ~app:*, or remove the category.',
    find: inSelectors((selector, user) => unusableInCategories(selector, user, true)),
  },
  {
    id: 'unusable-in-category',
    severity: 'note',
    title: 'Commands of a category that always fail',
    why: EACH_COUNTS,
    cure: 'Add the patterns that they need, if they are meant to be used.',
    find: inSelectors((selector, user) => unusableInCategories(selector, user, false)),
  },
  {
    id: 'unusable-pattern',
    severity: 'warning',
    title: 'A pattern that no command can use',
    why: 'Selectors never add up: a pattern counts only for commands of the same selector, and none of these needs such a key or channel, or all need other rights.',
    cure: 'Add the commands to the same selector, or correct the rights.',
    find: inSelectors(unusablePatterns),
  },
]

function inSelectors(find: (selector: LintSelector, user: LintUser) => Spot[]): LintRule['find'] {
  return ({ users }: LintSubject) =>
    users.flatMap(user => user.selectors.flatMap(selector => find(selector, user)))
}

export function usesChannels(one: LintSelector): boolean {
  return one.allowed.some(({ command }) => commandNamed(command.name)?.channels !== undefined)
}

/** The rights that each key of a command needs, as far as its specs can say; none: no keys. */
function needsOf(name: string): readonly number[] {
  const command = commandNamed(name)
  if (command === undefined) return []
  return command.keySpecs
    .filter(({ isKey }) => isKey)
    .map(({ needs, flags }) => (flags.includes('variable_flags') ? 0 : needs))
}

type Lack = 'no key pattern gives what it needs' | 'no channel is allowed'

/** Why it always fails; undefined if it may succeed. */
function lackOf(name: string, selector: Selector): Lack | undefined {
  const command = commandNamed(name)
  if (command === undefined || command.has('no_mandatory_keys')) return undefined
  if (needsOf(name).some(needs => !hasPattern(selector, needs))) {
    return 'no key pattern gives what it needs'
  }
  const { allChannels, channelPatterns } = selector
  const isMute = command.channels !== undefined && !allChannels && channelPatterns.length === 0
  return isMute ? 'no channel is allowed' : undefined
}

function hasPattern({ allKeys, keyPatterns }: Selector, needs: number): boolean {
  return allKeys || keyPatterns.some(({ rights }) => (rights & needs) === needs)
}

/** Those that were named. */
function unusableCommands({ selector, rules }: LintSelector, user: LintUser): Spot[] {
  return rules.flatMap(rule => {
    const name = /^\+([^@].*)$/s.exec(lowerCase(rule.text))?.[1]
    const command = name === undefined ? undefined : commandNamed(name)
    if (command === undefined || !selector.mayRun(command, undefined)) return []
    const lack = lackOf(command.name, selector)
    return lack === undefined ? [] : [atRule(user, rule, `${rule.text}: ${lack}`)]
  })
}

/**
 * One finding for each category that brings some. `isMost`: those of which all fail that have keys
 * or channels at all, if these are what the category is about.
 */
function unusableInCategories(one: LintSelector, user: LintUser, isMost: boolean): Spot[] {
  const { selector } = one
  const spots: Spot[] = []
  for (const [by, brought] of one.grouped((_, by) => by.startsWith('+@'))) {
    const about = brought.filter(usesData)
    const lacks = new Map<Lack, string[]>()
    for (const name of about) {
      const lack = lackOf(name, selector)
      if (lack !== undefined) lacks.set(lack, [...(lacks.get(lack) ?? []), name])
    }
    const count = [...lacks.values()].reduce((sum, names) => sum + names.length, 0)
    const isAll = count === about.length && count * 4 >= brought.length
    // Who may do everything but hear or send a message seldom means it.
    const isMute = by === '+@all' && selector.allKeys
    if (count === 0 || (isAll || isMute) !== isMost) continue
    for (const [lack, names] of lacks) {
      const detail = `${by} lets in ${listed(names)}: ${lack.replace('it needs', 'they need')}`
      spots.push(atRule(user, one.saying(by), detail))
    }
  }
  return spots
}

function usesData(name: string): boolean {
  const command = commandNamed(name)
  if (command === undefined || command.has('no_mandatory_keys')) return false
  return command.channels !== undefined || command.keySpecs.some(({ isKey }) => isKey)
}

function unusablePatterns(one: LintSelector, user: LintUser): Spot[] {
  const { selector } = one
  const hasCommands = one.allowed.length > 0
  if (!hasCommands || selector.allCommands) return []
  const needs = one.allowed.flatMap(({ command }) => needsOf(command.name))
  const isUsable = ({ rights }: KeyPattern): boolean => needs.some(need => (rights & need) === need)
  const keys = selector.keyPatterns
    .filter(pattern => !isUsable(pattern))
    .map(({ pattern }) => one.saying(`~${pattern}`))
  const channels = usesChannels(one)
    ? []
    : selector.channelPatterns.map(({ pattern }) => one.saying(`&${pattern}`))
  return [...keys, ...channels]
    .filter(rule => rule !== undefined)
    .map(rule => atRule(user, rule, `${rule.text}: no command of this selector can use it`))
}
