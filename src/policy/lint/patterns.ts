// Lint rules about keys and channels: patterns that fit more or less than meant.

import { placeOf, type Rule, settingOf } from '../policy.ts'
import { atRule, type LintRule, type LintSubject } from './finding.ts'
import type { LintUser } from './subject.ts'
import { usesChannels } from './unusable.ts'

interface WrittenPattern {
  readonly user: LintUser
  readonly rule: Rule
  readonly pattern: string
  readonly isKey: boolean
}

const PATTERN_RULE = /^(?:%[rw]+~|[~&])(.*)$/is

function patternsOf({ users }: LintSubject): WrittenPattern[] {
  return users.flatMap(user =>
    user.selectors.flatMap(({ rules }) =>
      rules.flatMap(rule => {
        const pattern = PATTERN_RULE.exec(rule.text)?.[1]
        if (pattern === undefined) return []
        return [{ user, rule, pattern, isKey: !rule.text.startsWith('&') }]
      }),
    ),
  )
}

function wherePattern(
  fits: (pattern: string, written: WrittenPattern) => boolean,
  tell: (pattern: string) => string,
): LintRule['find'] {
  return subject =>
    patternsOf(subject)
      .filter(one => fits(one.pattern, one))
      .map(({ user, rule, pattern }) => atRule(user, rule, tell(pattern)))
}

export const PATTERN_RULES: readonly LintRule[] = [
  {
    id: 'missing-separator',
    severity: 'warning',
    title: 'A prefix without a separator',
    why: 'The star fits whatever follows: the names of others may begin with the same letters.',
    cure: 'End the prefix with the separator: ~cache:* instead of ~cache*.',
    find: wherePattern(
      pattern => /[A-Za-z0-9]\*$/.test(pattern),
      pattern => `${pattern} also fits ${pattern.slice(0, -1)}x and ${pattern.slice(0, -1)}2:y`,
    ),
  },
  {
    id: 'leading-star',
    severity: 'warning',
    title: 'A pattern that begins with a star',
    why: 'It fits names under every prefix, also those of applications to come.',
    cure: 'Begin with the prefix of the application.',
    find: wherePattern(
      pattern => /^[*?]/.test(pattern) && pattern !== '*',
      pattern => `${pattern} fits under any prefix`,
    ),
  },
  {
    id: 'bare-prefix',
    severity: 'warning',
    title: 'A prefix without a star',
    why: 'Without a star the pattern fits one name only, to the letter.',
    cure: 'Add the star: ~app:* instead of ~app:.',
    find: wherePattern(
      pattern => /[:/|]$/.test(pattern),
      pattern => `${pattern} fits nothing but a name that ends there`,
    ),
  },
  {
    id: 'no-regular-expression',
    severity: 'warning',
    title: 'A regular expression where a glob is read',
    why: 'In globs only * ? [ ] and \\ have a meaning; everything else stands for itself.',
    cure: 'Write a glob: ~app:* for ^app:.*',
    find: wherePattern(
      pattern =>
        /^\^|\$$|\\[dwsDWS]|(^|[:/_-])\.[*+]/.test(pattern) || /\([^)]*\|[^)]*\)/.test(pattern),
      pattern => `${pattern} is read letter by letter`,
    ),
  },
  {
    id: 'unclosed-bracket',
    severity: 'warning',
    title: 'A [ without its ]',
    why: 'Redis then takes all that follows for the letters to choose from.',
    cure: 'Close the bracket, or write \\[ for a bracket.',
    find: wherePattern(hasOpenBracket, pattern => `${pattern} ends within [`),
  },
  {
    id: 'pattern-list',
    severity: 'warning',
    title: 'Several patterns in one rule',
    why: 'A comma and braces are letters like others: the rule fits names that contain them.',
    cure: 'Write one rule for each pattern: ~a:* ~b:*',
    find: wherePattern(
      pattern => /,[~&%]?\w+[:*]/.test(pattern) || /\{[^}]*,[^}]*\}/.test(pattern),
      pattern => `${pattern} is one pattern`,
    ),
  },
  {
    id: 'quoted-pattern',
    severity: 'warning',
    title: 'Quotes in an ACL file',
    why: 'ACL files know no quotes: they become part of the pattern.',
    cure: 'Leave the quotes out.',
    find: subject =>
      subject.policy.kind === 'acl' || subject.policy.isAclFileRead
        ? wherePattern(
            pattern => /^(["']).*\1$/s.test(pattern),
            pattern => `${pattern} fits names with quotes`,
          )(subject)
        : [],
  },
  {
    id: 'all-keys',
    severity: 'note',
    title: 'All keys',
    why: 'Every key of every application can be reached with the commands of this selector.',
    cure: 'Name the prefixes: ~app:*',
    find: ({ users }) =>
      users.flatMap(user =>
        user.selectors
          .filter(({ selector, isUnrestricted }) => selector.allKeys && !isUnrestricted)
          .map(one => atRule(user, one.saying('~*'), 'Keys of every name')),
      ),
  },
  {
    id: 'channels-open',
    severity: 'warning',
    title: 'All channels, though keys are limited',
    why: 'The user hears and sends messages of every application, which often hold more than its keys.',
    cure: 'Write resetchannels and the channels that are needed: &app:*',
    find: ({ users }) =>
      users.flatMap(user =>
        user.selectors
          .filter(one => one.selector.allChannels && one.isConfined && usesChannels(one))
          .map(one => atRule(user, one.saying('&*'), 'Channels of every name')),
      ),
  },
  {
    id: 'channels-by-default',
    severity: 'warning',
    title: 'New users may use every channel',
    why: 'Every user and every selector starts with all channels, as before Redis 7; a user needs resetchannels to be limited.',
    cure: 'Set acl-pubsub-default resetchannels, and allow channels where they are needed.',
    find: ({ policy }) => {
      const setting = settingOf(policy, 'acl-pubsub-default')
      if (setting === undefined || !policy.context.allChannelsByDefault) return []
      const { name } = setting
      return [{ ...placeOf(setting), user: undefined, rule: name, detail: 'allchannels' }]
    },
  },
]

function hasOpenBracket(pattern: string): boolean {
  let isOpen = false
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === '[') isOpen = true
    else if (pattern[i] === ']') isOpen = false
  }
  return isOpen
}
