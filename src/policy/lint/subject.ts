// Users as lint rules look at them: each selector with its written rules, and the commands that it
// allows with the rule that let each of them in.

import { type Category, categoryBit } from '../../acl/category.ts'
import type { CommandFacts } from '../../acl/command-facts.ts'
import { decidingRule } from '../../acl/explain.ts'
import { isSelector } from '../../acl/rules.ts'
import type { Selector } from '../../acl/selector.ts'
import { DEFAULT_USER, type User } from '../../acl/user.ts'
import type { Command } from '../../table/command.ts'
import { CATALOGUE } from '../../table/redis.ts'
import { countedCommands } from '../counted.ts'
import type { Policy, PolicyUser, Rule } from '../policy.ts'
import { ruleSaying, rulesBySelector } from '../where.ts'

export interface AllowedCommand {
  readonly command: CommandFacts
  /** The rule that allows it: '+@read', '+config'. */
  readonly by: string
}

export class LintSelector {
  readonly index: number
  readonly selector: Selector
  readonly rules: readonly Rule[]
  #allowed: readonly AllowedCommand[] | undefined

  constructor(index: number, selector: Selector, rules: readonly Rule[]) {
    this.index = index
    this.selector = selector
    this.rules = rules
  }

  /** Every command and subcommand that it allows; containers, and what needs no right, left out. */
  get allowed(): readonly AllowedCommand[] {
    this.#allowed ??= countedCommands(this.selector.catalog)
      .filter(one => this.selector.mayRun(one, undefined))
      .map(command => ({ command, by: decidingRule(this.selector, command, undefined) }))
    return this.#allowed
  }

  allows(name: string): boolean {
    return this.allowed.some(({ command }) => command.name === name)
  }

  /** The names of the allowed commands that fit, by the rule that allows them. */
  grouped(fits: (command: CommandFacts, by: string) => boolean): ReadonlyMap<string, string[]> {
    const groups = new Map<string, string[]>()
    for (const { command, by } of this.allowed) {
      if (!fits(command, by)) continue
      const group = groups.get(by)
      if (group === undefined) groups.set(by, [command.name])
      else group.push(command.name)
    }
    return groups
  }

  /** The written rule that says this; undefined if nobody wrote it. */
  saying(text: string): Rule | undefined {
    return ruleSaying(this.rules, text)
  }

  /** Whether its keys are confined to patterns: it has some, and none is a mere star. */
  get isConfined(): boolean {
    const { allKeys, keyPatterns } = this.selector
    return !allKeys && keyPatterns.length > 0 && keyPatterns.every(({ pattern }) => pattern !== '*')
  }

  /** Whether nothing is denied to it that has to do with commands and keys. */
  get isUnrestricted(): boolean {
    return this.selector.allCommands && this.selector.allKeys
  }
}

export class LintUser {
  readonly name: string
  readonly written: PolicyUser
  readonly user: User
  readonly selectors: readonly LintSelector[]

  constructor(written: PolicyUser) {
    this.name = written.name
    this.written = written
    this.user = written.user
    const rules = rulesBySelector(written)
    this.selectors = written.user.selectors.map(
      (selector, i) => new LintSelector(i, selector, rules[i] ?? []),
    )
  }

  get isDefault(): boolean {
    return this.name === DEFAULT_USER
  }

  get isAdministrator(): boolean {
    return this.selectors.some(({ isUnrestricted }) => isUnrestricted)
  }

  /** Whether patterns limit its keys in every selector that has any. */
  get isConfined(): boolean {
    return (
      this.selectors.some(one => one.isConfined) &&
      this.selectors.every(one => one.isConfined || one.selector.keyPatterns.length === 0) &&
      this.selectors.every(one => !one.selector.allKeys)
    )
  }

  /** The rule with this text, in lower case, wherever it stands last. */
  lastRule(text: string): Rule | undefined {
    return ruleSaying(this.written.rules, text)
  }
}

/** The users that can be judged: of whom no selector was refused. */
export function lintUsers({ users, problems }: Policy): readonly LintUser[] {
  const broken = new Set(problems.filter(one => one.rule.startsWith('(')).map(one => one.user))
  return users
    .filter(user => !broken.has(user.name))
    .filter(({ rules, user }) => {
      const written = rulesBySelector({ rules }).length
      return written === user.selectors.length || !rules.some(rule => isSelector(rule.text))
    })
    .map(user => new LintUser(user))
}

export function isIn(category: Category, { categories }: CommandFacts): boolean {
  return (categories & categoryBit(category)) !== 0
}

/** Everything that is known of a command by its full name, 'config|set'. */
export function commandNamed(name: string): Command | undefined {
  return CATALOGUE.byFullName(name)
}

/** 'keys, scan and 4 more'. */
export function listed(names: readonly string[], most = 6): string {
  const rest = names.length - most
  if (rest > 0) return `${names.slice(0, most).join(', ')} and ${rest} more`
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
