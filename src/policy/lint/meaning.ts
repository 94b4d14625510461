// What rules mean: what a selector allows, whether another allows all of it, and two users as texts
// that are the same if both may do the same.

import type { CommandFacts } from '../../acl/command-facts.ts'
import { type ChannelPattern, type KeyPattern, keyRule, type Selector } from '../../acl/selector.ts'
import type { User } from '../../acl/user.ts'

/** Equal for users of equal rights: patterns and selectors that others cover do not matter. */
export function meaningOf(user: User): string {
  const { enabled, nopass, sanitizesPayload, passwordHashes, selectors } = user
  return JSON.stringify([
    [enabled, nopass, sanitizesPayload, [...passwordHashes].sort()],
    ...selectors.filter((one, i) => i === 0 || !isSpare(one, i, selectors)).map(essenceOf),
  ])
}

/** Whether a selector that is not the root allows nothing, or nothing that no other allows. */
function isSpare(one: Selector, index: number, selectors: readonly Selector[]): boolean {
  if (isEmpty(one)) return true
  return selectors.some(
    (other, i) => other !== one && isWithin(one, other) && !(i > index && isWithin(other, one)),
  )
}

function isEmpty(selector: Selector): boolean {
  const { catalog, futureCommands } = selector
  const isAnyAllowed = catalog.all.some(({ id }) => selector.hasBit(id))
  return !futureCommands && !isAnyAllowed && firstArgumentRules(selector).length === 0
}

function essenceOf(selector: Selector): unknown[] {
  const { keyPatterns, channelPatterns } = selector
  const spareKeys = new Set(covered(keyPatterns, coversKeys).map(([narrow]) => narrow))
  const spareChannels = new Set(coveredChannels(selector).map(([narrow]) => narrow))
  return stateOfSelector(
    selector,
    keyPatterns.filter(one => !spareKeys.has(one)),
    channelPatterns.filter(one => !spareChannels.has(one)),
  )
}

/** What it allows, and by which patterns. */
export function stateOfSelector(
  selector: Selector,
  keyPatterns = selector.keyPatterns,
  channelPatterns = selector.channelPatterns,
): unknown[] {
  const { catalog, futureCommands, allKeys, allChannels } = selector
  return [
    [futureCommands, allKeys, allChannels],
    catalog.all.map(({ id }) => (selector.hasBit(id) ? '1' : '0')).join(''),
    firstArgumentRules(selector),
    keyPatterns.map(keyRule).sort(),
    channelPatterns.map(({ pattern }) => pattern).sort(),
  ]
}

function firstArgumentRules({ catalog, commandRules }: Selector): string[] {
  return commandRules.filter(rule => {
    const bar = rule.indexOf('|')
    return bar > 0 && catalog.find(rule.slice(1, bar))?.subcommands === undefined
  })
}

/** Those that another makes useless, with it. */
export function coveredChannels(
  selector: Selector,
): (readonly [narrow: ChannelPattern, wide: ChannelPattern])[] {
  const { catalog, channelPatterns } = selector
  const psubscribe = catalog.find('psubscribe')
  const isPatternAllowed = psubscribe !== undefined && selector.mayRun(psubscribe, undefined)
  // PSUBSCRIBE compares patterns to the letter, so that the narrower one is not useless there.
  return covered(channelPatterns, () => true).filter(
    ([{ pattern }]) => !(isPatternAllowed && /[*?[]/.test(pattern)),
  )
}

/** Each pattern that another covers, with the first that does, which is found by its prefix. */
export function covered<T extends { readonly pattern: string }>(
  patterns: readonly T[],
  fits: (wide: T, narrow: T) => boolean,
): (readonly [narrow: T, wide: T])[] {
  const byPrefix = new Map<string, { readonly at: number; readonly wide: T }>()
  for (const [at, wide] of patterns.entries()) {
    const prefix = prefixOf(wide.pattern)
    if (prefix !== undefined && !byPrefix.has(prefix)) byPrefix.set(prefix, { at, wide })
  }
  return patterns.flatMap(narrow => {
    const found = prefixesOf(narrow.pattern)
      .flatMap(prefix => byPrefix.get(prefix) ?? [])
      .filter(({ wide }) => wide.pattern !== narrow.pattern && fits(wide, narrow))
      .sort((a, b) => a.at - b.at)
    return found[0] === undefined ? [] : [[narrow, found[0].wide] as const]
  })
}

function prefixesOf(text: string): string[] {
  return Array.from({ length: text.length + 1 }, (_, end) => text.slice(0, end))
}

type Keys = Pick<KeyPattern, 'pattern' | 'rights'>

export function coversKeys(wide: Keys, narrow: Keys): boolean {
  return (
    (wide.rights & narrow.rights) === narrow.rights && coversPattern(wide.pattern, narrow.pattern)
  )
}

/** Whether a pattern fits all that another fits; known for 'prefix*' only. */
function coversPattern(wide: string, narrow: string): boolean {
  const prefix = wide === narrow ? undefined : prefixOf(wide)
  return prefix !== undefined && narrow.startsWith(prefix)
}

/** What stands before the star that ends a pattern; undefined if it has others, or none. */
function prefixOf(pattern: string): string | undefined {
  const prefix = pattern.slice(0, -1)
  return pattern.endsWith('*') && !/[*?[\]\\]/.test(prefix) ? prefix : undefined
}

/** Whether every request that fits the narrow one fits the wide one as well. */
export function isWithin(narrow: Selector, wide: Selector): boolean {
  const mayRun = ({ id }: CommandFacts): boolean => !narrow.hasBit(id) || wide.hasBit(id)
  const wideFirst = firstArgumentRules(wide)
  return (
    narrow.catalog.all.every(mayRun) &&
    firstArgumentRules(narrow).every(rule => wideFirst.includes(rule)) &&
    (wide.allKeys || (!narrow.allKeys && narrow.keyPatterns.every(key => hasKeys(wide, key)))) &&
    (wide.allChannels ||
      (!narrow.allChannels &&
        narrow.channelPatterns.every(({ pattern }) =>
          wide.channelPatterns.some(other => other.pattern === pattern),
        )))
  )
}

function hasKeys({ keyPatterns }: Selector, key: Keys): boolean {
  return keyPatterns.some(
    wide =>
      coversKeys(wide, key) ||
      (wide.pattern === key.pattern && (wide.rights & key.rights) === key.rights),
  )
}
