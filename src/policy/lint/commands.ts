// Lint rules about commands: what comes in unseen by +@all, by categories and by containers, and
// what goes around key patterns.

import type { CommandFacts } from '../../acl/command-facts.ts'
import { lowerCase } from '../../util/bytes.ts'
import { atRule, atUser, type LintRule, type LintSubject, type Spot } from './finding.ts'
import { commandNamed, isIn, type LintSelector, type LintUser, listed } from './subject.ts'

type Find = (selector: LintSelector, user: LintUser) => readonly Spot[]

/**
 * Asks of each selector. Left out are administrators, who may do everything on purpose, and what
 * has +@all without exceptions, of which one finding says enough.
 */
function inSelectors(find: Find): LintRule['find'] {
  return ({ users }) =>
    users
      .filter(user => !user.isAdministrator)
      .flatMap(user =>
        user.selectors
          .filter(({ selector }) => !selector.allCommands)
          .flatMap(selector => find(selector, user)),
      )
}

/** One finding for each rule that lets in any of these commands. */
function broughtInBy(
  fits: (command: CommandFacts, by: string) => boolean,
  tell: (names: readonly string[], by: string) => string,
): Find {
  return (selector, user) =>
    [...selector.grouped(fits)].map(([by, names]) =>
      atRule(user, selector.saying(by), tell(names, by)),
    )
}

const isDangerous = (command: CommandFacts): boolean => isIn('dangerous', command)
const isSort = ({ name }: CommandFacts): boolean => name === 'sort' || name === 'sort_ro'
const isOneOf = (names: string) => {
  const set = new Set(names.split(' '))
  return ({ name }: CommandFacts): boolean => set.has(name)
}

const SHOWS_NAMES = isOneOf('keys scan randomkey')
const GOES_AROUND_KEYS = isOneOf('flushall flushdb swapdb monitor sync psync debug')
const MAKES_RIGHTS = isOneOf(
  'acl|setuser acl|load acl|deluser config|set module|load module|loadex',
)
const CHANGES_FUNCTIONS = isOneOf(
  'function|load function|delete function|flush function|restore script|flush',
)
const RUNS_SCRIPTS = isOneOf('eval evalsha fcall')

export const COMMAND_RULES: readonly LintRule[] = [
  {
    id: 'all-commands',
    severity: 'warning',
    title: '+@all gives every command',
    why: 'CONFIG, ACL, SHUTDOWN, FLUSHALL and DEBUG are among them, and none of these heeds key patterns.',
    cure: 'Name the categories and commands that are needed; keep +@all for one administrator.',
    find: allCommands,
  },
  {
    id: 'future-commands',
    severity: 'warning',
    title: '+@all with exceptions lets new commands in',
    why: 'Commands of later versions and of modules are allowed as soon as they exist; the list of exceptions has to be right for ever.',
    cure: 'Start from -@all and add what is needed: +@read +@write -@dangerous.',
    find: inSelectors(({ selector, rules }, user) =>
      selector.futureCommands
        ? [
            atRule(
              user,
              rules.findLast(rule => ['+@all', 'allcommands'].includes(lowerCase(rule.text))),
              `+@all, less ${listed(selector.commandRules.filter(rule => rule.startsWith('-')))}`,
            ),
          ]
        : [],
    ),
  },
  {
    id: 'dangerous-left',
    severity: 'warning',
    title: 'Dangerous commands come with a category',
    why: 'Redis itself calls these @dangerous: they empty or expose the data, change the server, or hold it up.',
    cure: 'Add -@dangerous after the category, and name those that are needed after that.',
    find: inSelectors(
      broughtInBy(
        (command, by) =>
          by.startsWith('+@') && by !== '+@connection' && isDangerous(command) && !isSort(command),
        (names, by) => `${by} lets in ${listed(names)}`,
      ),
    ),
  },
  {
    id: 'client-admin',
    severity: 'note',
    title: '+@connection can disturb other clients',
    why: 'CLIENT KILL, PAUSE and UNBLOCK are connection commands, and reach every client of the server.',
    cure: 'Add -@dangerous after +@connection.',
    find: inSelectors(
      broughtInBy(
        (command, by) => by === '+@connection' && isDangerous(command),
        names => `+@connection lets in ${listed(names)}`,
      ),
    ),
  },
  {
    id: 'names-shown',
    severity: 'warning',
    title: 'All key names are shown, though keys are limited',
    why: 'KEYS, SCAN and RANDOMKEY take no key, so that no pattern limits them: they show the names of every key there is.',
    cure: 'Add -keys -scan -randomkey after the category that brings them, or accept that names are no secret.',
    find: inSelectors((selector, user) =>
      user.isConfined
        ? broughtInBy(SHOWS_NAMES, (names, by) => `${by} lets in ${listed(names)}`)(selector, user)
        : [],
    ),
  },
  {
    id: 'count-shown',
    severity: 'note',
    title: 'The number of all keys is shown, though keys are limited',
    why: 'DBSIZE counts keys of every name.',
    cure: 'Add -dbsize.',
    find: inSelectors((selector, user) =>
      user.isConfined
        ? broughtInBy(isOneOf('dbsize'), (_, by) => `${by} lets in dbsize`)(selector, user)
        : [],
    ),
  },
  {
    id: 'beyond-keys',
    severity: 'warning',
    title: 'Commands reach every key, though keys are limited',
    why: 'These take no key, so that no pattern limits them, and yet they read, move or delete everything.',
    cure: 'Take them away: -flushall -flushdb -swapdb -monitor -sync -psync -debug, or -@dangerous.',
    find: inSelectors((selector, user) =>
      user.isConfined
        ? broughtInBy(GOES_AROUND_KEYS, (names, by) => `${by} lets in ${listed(names)}`)(
            selector,
            user,
          )
        : [],
    ),
  },
  {
    id: 'escalation',
    severity: 'error',
    title: 'The user can give itself every right',
    why: 'Whoever may change users, settings or modules may do anything a moment later.',
    cure: 'Take these away, or call the user an administrator: ~* &* +@all.',
    find: inSelectors(broughtInBy(MAKES_RIGHTS, (names, by) => `${by} lets in ${listed(names)}`)),
  },
  {
    id: 'shared-functions',
    severity: 'warning',
    title: 'The user can change code that others run',
    why: 'Functions belong to the server: who loads or deletes one changes what an FCALL of any other user does, with the rights of that user.',
    cure: 'Name what runs scripts only: +eval +evalsha +script|load, or +fcall.',
    find: inSelectors(
      broughtInBy(CHANGES_FUNCTIONS, (names, by) => `${by} lets in ${listed(names)}`),
    ),
  },
  {
    id: 'script-broad',
    severity: 'warning',
    title: 'Scripts over all keys',
    why: 'A script may run every command of the user on every key, and holds up all clients until it ends.',
    cure: 'Limit the keys, or give +fcall with functions that an administrator loads.',
    find: inSelectors((selector, user) =>
      selector.selector.allKeys
        ? broughtInBy(RUNS_SCRIPTS, (names, by) => `${by} lets in ${listed(names)} with ~*`)(
            selector,
            user,
          )
        : [],
    ),
  },
  {
    id: 'subcommand-hole',
    severity: 'warning',
    title: 'More subcommands than it seems',
    why: 'A container brings every subcommand that it has, and those that it will have; denying one of them leaves the others.',
    cure: 'Name the subcommands that are needed: +config|get instead of +config.',
    find: inSelectors((selector, user) => [
      ...wholeContainers(selector, user),
      ...leftSubcommands(selector, user),
    ]),
  },
  {
    id: 'first-argument',
    severity: 'warning',
    title: 'A rule about the first argument',
    why: 'The form is deprecated; any later rule about the command forgets it, and there is no way to take it away alone.',
    cure: 'Allow the command or leave it out; for databases, use key patterns.',
    find: ({ users }) =>
      users.flatMap(user =>
        user.selectors.flatMap(({ rules }) =>
          rules
            .filter(({ text }) => isFirstArgument(text))
            .map(rule => atRule(user, rule, `${rule.text} allows one first argument only`)),
        ),
      ),
  },
  {
    id: 'sort-by-get',
    severity: 'note',
    title: 'SORT without BY and GET',
    why: 'The keys of BY and GET are found in the data, so that Redis asks for the right to read every key; without it they are refused.',
    cure: 'Give %R~* in a selector with +sort_ro, or leave SORT out.',
    find: inSelectors((selector, user) =>
      ['+sort', '+sort_ro']
        .filter(rule => selector.selector.commandRules.includes(rule) && selector.isConfined)
        .map(rule => atRule(user, selector.saying(rule), `${rule}: BY and GET are refused`)),
    ),
  },
  {
    id: 'unsanitized-restore',
    severity: 'warning',
    title: 'RESTORE takes payloads unchecked',
    why: 'skip-sanitize-payload trusts what clients send to RESTORE; a crafted payload can crash the server.',
    cure: 'Remove skip-sanitize-payload, or take RESTORE away.',
    find: ({ users }) =>
      users
        .filter(
          ({ user, selectors }) =>
            !user.sanitizesPayload && selectors.some(s => s.allows('restore')),
        )
        .map(user =>
          atRule(user, user.lastRule('skip-sanitize-payload'), 'RESTORE is allowed, unchecked'),
        ),
  },
  {
    id: 'no-commands',
    severity: 'warning',
    title: 'No command is allowed',
    why: 'A user starts with no command: without a + the user can log in and do nothing else.',
    cure: 'Add commands, such as +@read, or remove the user.',
    find: ({ users }) =>
      users
        .filter(
          ({ user, selectors }) =>
            user.enabled &&
            selectors.every(s => s.allowed.length === 0 && s.selector.commandRules.length === 0),
        )
        .map(user => atUser(user, `${user.name} is on, but may run nothing`)),
  },
]

function allCommands({ users }: LintSubject): Spot[] {
  const enabled = users.filter(({ user }) => user.enabled)
  const administrators = enabled.filter(user => user.isAdministrator)
  const isOnlyOne = administrators.length === 1 && enabled.length > 1
  return users.flatMap(user =>
    user.selectors
      .filter(({ selector }) => selector.allCommands)
      .filter(({ isUnrestricted }) => !(isUnrestricted && (isOnlyOne || !user.user.enabled)))
      .map(selector =>
        atRule(
          user,
          selector.saying('+@all'),
          selector.isUnrestricted
            ? 'every command on every key, and not for one administrator among others'
            : 'every command, with limited keys, which many commands do not heed',
        ),
      ),
  )
}

/** `+config`, with dangerous and harmless subcommands alike. */
function wholeContainers(selector: LintSelector, user: LintUser): Spot[] {
  return selector.selector.commandRules.flatMap(rule => {
    const subcommands = commandNamed(rule.slice(1))?.subcommands
    if (!rule.startsWith('+') || subcommands === undefined) return []
    const dangerous = selector.grouped(isDangerous).get(rule) ?? []
    if (dangerous.length === 0) return []
    const detail = `${rule} lets in ${listed(dangerous)}`
    return [atRule(user, selector.saying(rule), detail)]
  })
}

/** `-config|set` where CONFIG REWRITE is still allowed, and nobody asked for it by name. */
function leftSubcommands(selector: LintSelector, user: LintUser): Spot[] {
  return selector.selector.commandRules.flatMap(rule => {
    const denied = commandNamed(rule.slice(1))
    const { parent } = denied ?? {}
    if (!rule.startsWith('-') || denied === undefined || parent === undefined) return []
    if (!isDangerous(denied)) return []
    const left = selector.allowed
      .filter(({ command, by }) => command.parent?.name === parent.name && !by.includes('|'))
      .filter(({ command }) => isDangerous(command))
      .map(({ command }) => command.name)
    if (left.length === 0) return []
    const cure = `Deny the container and name what is needed: -${parent.name} +${parent.name}|…`
    return [atRule(user, selector.saying(rule), `${rule} leaves ${listed(left)}`, cure)]
  })
}

function isFirstArgument(rule: string): boolean {
  const [, name = ''] = /^\+([^|]+)\|/.exec(rule) ?? []
  const command = commandNamed(lowerCase(name))
  return command !== undefined && command.subcommands === undefined
}
