// Lint rules about rules without effect. Each rule is left out, and the rights compared: where they
// are the same, the rule does nothing. Then another rule is looked for that makes it so: the one
// without which leaving the first out would be felt.

import { applySelectorRule, isSelector, type RuleContext } from '../../acl/rules.ts'
import { keyRule, Selector } from '../../acl/selector.ts'
import { User } from '../../acl/user.ts'
import { lowerCase } from '../../util/bytes.ts'
import { obtain } from '../../util/lazy.ts'
import type { Policy, Rule } from '../policy.ts'
import { atRule, type LintRule, type Spot, type Useless } from './finding.ts'
import { covered, coveredChannels, coversKeys, isWithin, stateOfSelector } from './meaning.ts'
import { RelatedRules } from './related.ts'
import type { LintUser } from './subject.ts'

export const USELESS_RULES: readonly LintRule[] = [
  {
    id: 'undone-rule',
    severity: 'warning',
    title: 'A rule that a later one undoes',
    why: 'Rules are applied from left to right: what comes later takes this one back, so that it has no effect.',
    cure: 'Put the rules in order, resets first, or remove the one that is not meant.',
    find: subject =>
      subject
        .useless()
        .filter(({ kind }) => kind === 'undone')
        .map(toSpot),
  },
  {
    id: 'useless-rule',
    severity: 'warning',
    title: 'A rule that adds nothing',
    why: 'Another rule gives all of it already: the user has more than the list of rules seems to say.',
    cure: 'Remove this rule, or the wider one if that is not meant.',
    find: subject => [
      ...subject
        .useless()
        .filter(({ kind }) => kind === 'given')
        .map(toSpot),
      ...subject.users.flatMap(coveredPatterns),
    ],
  },
  {
    id: 'nothing-removed',
    severity: 'note',
    title: 'A rule that takes nothing away',
    why: 'What it forbids was not allowed.',
    cure: 'Remove it, or look whether the rule that was to allow it is missing.',
    find: subject =>
      subject
        .useless()
        .filter(({ kind }) => kind === 'nothing')
        .map(toSpot),
  },
  {
    id: 'useless-selector',
    severity: 'warning',
    title: 'A selector that allows nothing more',
    why: 'Every request that fits it fits another selector as well, or it allows no command at all.',
    cure: 'Remove it, or give it what the others have not.',
    find: ({ users }) => users.flatMap(uselessSelectors),
  },
]

function toSpot({ user, rule, kind, because }: Useless): Spot {
  // A password is named by its sign alone.
  const name = (one: Rule): string => (/^[><#!]/.test(one.text) ? `${one.text[0]}…` : one.text)
  const place = because === undefined ? '' : ` (column ${because.column})`
  const cause = because === undefined ? 'another rule' : `${name(because)}${place}`
  switch (kind) {
    case 'undone':
      return atRule(user, rule, `${name(rule)} is undone by ${cause}`)
    case 'given':
      return atRule(user, rule, `${name(rule)} is given by ${cause} already`)
    case 'nothing':
      return atRule(user, rule, `${name(rule)} takes nothing away`)
  }
}

/** Said for clarity, and in every line of ACL LIST. */
const STATED: ReadonlySet<string> = new Set([
  'on',
  'off',
  'sanitize-payload',
  'reset',
  'resetpass',
  'resetkeys',
  'resetchannels',
  'clearselectors',
  '-@all',
  'nocommands',
])

const TAKES_AWAY: ReadonlySet<string> = new Set([...STATED, 'skip-sanitize-payload'])

type Rebuild = (rules: readonly Rule[]) => string | undefined

/** Every rule that could be left out. */
export function uselessRules(
  users: readonly LintUser[],
  { context }: Pick<Policy, 'context'>,
): readonly Useless[] {
  const [ofUsers, ofSelectors]: [Verdicts, Verdicts] = [new Map(), new Map()]
  return users.flatMap(user => {
    const { rules } = user.written
    const found = uselessIn(rules, kept => userState(kept, context), user, ofUsers)
    for (const rule of rules) {
      if (!isSelector(rule.text)) continue
      const inner = uselessIn(rule.inner, kept => selectorState(kept, context), user, ofSelectors)
      for (const one of inner) found.push(one)
    }
    return found
  })
}

function uselessIn(
  rules: readonly Rule[],
  stateOf: Rebuild,
  user: LintUser,
  verdicts: Verdicts,
): Useless[] {
  if (stateOf(rules) === undefined) return []
  const related = new RelatedRules(rules)
  const found: Useless[] = []
  for (const rule of rules) {
    if (isSelector(rule.text)) continue
    const some = related.to(rule)
    const isFirst = related.isFirst(rule)
    // Many users have the same commands, and each is judged once.
    const key = [some.indexOf(rule), isFirst, ...some.map(({ text }) => text)].join('\0')
    const judged = obtain(verdicts, key, () => judge(some, rule, isFirst, stateOf))
    if (judged.kind === undefined) continue
    found.push({ user, rule, kind: judged.kind, because: some[judged.because] })
  }
  return found
}

interface Verdict {
  readonly kind: Useless['kind'] | undefined
  /** Which of the related rules makes it so; -1 for none. */
  readonly because: number
}

type Verdicts = Map<string, Verdict>

function judge(rules: readonly Rule[], rule: Rule, isFirst: boolean, stateOf: Rebuild): Verdict {
  const all = stateOf(rules) ?? ''
  if (stateOf(without(rules, rule)) !== all) return { kind: undefined, because: -1 }
  const because = isFirst
    ? undefined
    : (causeOf(rules, rule, stateOf) ?? orderCause(rules, rule, stateOf, all))
  const at = because === undefined ? -1 : rules.indexOf(because)
  return { kind: kindOf(rules, rule, because), because: at }
}

function without(rules: readonly Rule[], ...left: readonly Rule[]): Rule[] {
  return rules.filter(rule => !left.includes(rule))
}

function causeOf(rules: readonly Rule[], rule: Rule, stateOf: Rebuild): Rule | undefined {
  return rules.findLast(
    other =>
      other !== rule && stateOf(without(rules, other)) !== stateOf(without(rules, other, rule)),
  )
}

/** `-get +@read`: what forbids would have an effect if it stood after the rule that is found. */
function orderCause(
  rules: readonly Rule[],
  rule: Rule,
  stateOf: Rebuild,
  all: string,
): Rule | undefined {
  if (!rule.text.startsWith('-') || STATED.has(lowerCase(rule.text))) return undefined
  const index = rules.indexOf(rule)
  return rules.find((_, i) => {
    if (i <= index) return false
    const moved = [...without(rules.slice(0, i + 1), rule), rule, ...rules.slice(i + 1)]
    return stateOf(moved) !== all
  })
}

function kindOf(
  rules: readonly Rule[],
  rule: Rule,
  because: Rule | undefined,
): Useless['kind'] | undefined {
  const isLater = because !== undefined && rules.indexOf(because) > rules.indexOf(rule)
  const isUndone = isLater && isOpposite(rule.text, because.text)
  if (STATED.has(lowerCase(rule.text))) return isUndone ? 'undone' : undefined
  if (isUndone) return 'undone'
  return takesAway(rule.text) ? 'nothing' : 'given'
}

function takesAway(text: string): boolean {
  return /^[-<!]/.test(text) || TAKES_AWAY.has(lowerCase(text))
}

function isOpposite(rule: string, later: string): boolean {
  const isPassword = (text: string): boolean => /^[>#]/.test(text)
  const isNopass = (text: string): boolean => lowerCase(text) === 'nopass'
  if (isNopass(later) && isPassword(rule)) return true
  if (isNopass(rule) && isPassword(later)) return true
  const isOn = (text: string): boolean => lowerCase(text) === 'on'
  if (isOn(rule) || isOn(later)) return lowerCase(later) === 'off'
  return takesAway(rule) !== takesAway(later)
}

/** Everything that a user may do, as one text to compare; undefined if a rule is refused. */
function userState(rules: readonly Rule[], context: RuleContext): string | undefined {
  const user = new User('', context)
  for (const { text } of rules) {
    if (user.apply(text, context) !== undefined) return undefined
  }
  const { enabled, nopass, sanitizesPayload, passwordHashes } = user
  return JSON.stringify([
    [enabled, nopass, sanitizesPayload, [...passwordHashes].sort()],
    ...user.selectors.map(one => stateOfSelector(one)),
  ])
}

function selectorState(rules: readonly Rule[], context: RuleContext): string | undefined {
  const selector = new Selector(context.catalog, context.allChannelsByDefault)
  for (const { text } of rules) {
    if (applySelectorRule(selector, text) !== undefined) return undefined
  }
  return JSON.stringify(stateOfSelector(selector))
}

/** `~app:users:*` beside `~app:*`. */
function coveredPatterns(user: LintUser): Spot[] {
  return user.selectors.flatMap(one => {
    const { keyPatterns } = one.selector
    const keys = covered(keyPatterns, coversKeys).map(
      ([narrow, wide]) => [keyRule(narrow), keyRule(wide)] as const,
    )
    const channels = coveredChannels(one.selector).map(
      ([narrow, wide]) => [`&${narrow.pattern}`, `&${wide.pattern}`] as const,
    )
    return [...keys, ...channels].map(([narrow, wide]) =>
      atRule(user, one.saying(narrow), `${narrow} is given by ${wide} already`),
    )
  })
}

function uselessSelectors(user: LintUser): Spot[] {
  const { selectors, written } = user
  const words = written.rules.filter(rule => isSelector(rule.text)).slice(1 - selectors.length)
  return selectors.flatMap(one => {
    if (one.index === 0) return []
    const rule = words[one.index - 1]
    if (one.allowed.length === 0 && one.selector.commandRules.length === 0) {
      return [atRule(user, rule, 'It allows no command')]
    }
    const wider = selectors.find(
      other =>
        other !== one &&
        isWithin(one.selector, other.selector) &&
        !(other.index > one.index && isWithin(other.selector, one.selector)),
    )
    if (wider === undefined) return []
    const name = wider.index === 0 ? 'the root' : `selector ${wider.index}`
    return [atRule(user, rule, `All that it allows is allowed by ${name} already`)]
  })
}
