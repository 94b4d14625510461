// Lint rules about who gets in: passwords, certificates, the default user, users that are off.

import { hashPassword } from '../../acl/password.ts'
import { DEFAULT_USER } from '../../acl/user.ts'
import { lowerCase, toText } from '../../util/bytes.ts'
import { type Policy, placeOf, type Rule, type Setting, settingOf } from '../policy.ts'
import { atRule, atUser, type LintRule, type LintSubject, type Spot } from './finding.ts'
import { isIn, type LintUser } from './subject.ts'
import { isCommon } from './weak-passwords.ts'

/** What is known of client certificates; undefined: nothing is, as in an ACL file alone. */
type Certificates = 'required' | 'optional' | 'none' | undefined

function certificatesOf(policy: Policy): Certificates {
  if (policy.kind === 'acl') return undefined
  const setTo = (name: string): string => lowerCase(settingOf(policy, name)?.values[0] ?? '')
  if (Number(setTo('tls-port') || '0') === 0) return 'none'
  const asked = setTo('tls-auth-clients')
  if (asked === 'optional') return 'optional'
  if (asked === 'no') return 'none'
  return setTo('port') === '0' ? 'required' : 'optional'
}

const MIN_PASSWORD_LENGTH = 12

const PLAINTEXT_CURE =
  'Write # and the SHA-256 of the password in lower-case hex: printf %s PASSWORD | sha256sum'
const STRONG_CURE = 'Take what ACL GENPASS gives: 64 random characters.'

export const LOGIN_RULES: readonly LintRule[] = [
  {
    id: 'nopass',
    severity: 'error',
    title: 'No password is needed',
    why: 'With nopass any password will do: whoever can reach the port and knows the name is this user.',
    cure: 'Give a password, or require client certificates and close the plain port.',
    find: nopass(certificates => certificates === undefined || certificates === 'none'),
  },
  {
    id: 'nopass-optional-certificate',
    severity: 'error',
    title: 'No password is needed, and no certificate either',
    why: 'A client may connect without a certificate, so that nothing at all is asked of it.',
    cure: 'Set tls-auth-clients yes and port 0, or give the user a password.',
    find: nopass(certificates => certificates === 'optional'),
  },
  {
    id: 'nopass-any-certificate',
    severity: 'note',
    title: 'Any certificate will do for this user',
    why: 'Every holder of a certificate of the authority can take this name: Redis 7.4 does not compare the two.',
    cure: 'Give each user a password as well.',
    find: nopass(certificates => certificates === 'required'),
  },
  {
    id: 'default-undeclared',
    severity: 'error',
    title: 'The default user is left as Redis makes it',
    why: 'Undeclared, it is on, needs no password and may do everything: every new connection is this user before it logs in.',
    cure: 'Add: user default off',
    find: undeclaredDefault,
  },
  {
    id: 'default-on',
    severity: 'warning',
    title: 'The default user is powerful',
    why: 'Clients that send a password without a name become this user, so that its password is the one that spreads.',
    cure: 'Turn it off and give each application and each person a user: user default off',
    find: ({ users }) =>
      users
        .filter(
          user => user.isDefault && user.user.enabled && !user.user.nopass && users.length > 1,
        )
        .filter(mayAdminister)
        .map(user => atUser(user, 'The default user is on and may run commands of @admin')),
  },
  {
    id: 'plaintext-password',
    severity: 'warning',
    title: 'A password in plain text',
    why: 'Whoever reads the file, its backups or its history has the password; as a hash it would be of no use to them.',
    cure: PLAINTEXT_CURE,
    find: subject => [
      ...passwordRules(subject, '>').map(({ user, rule }) =>
        atRule(user, rule, `The password of ${user.name} can be read here`),
      ),
      ...requirepass(subject).map(setting =>
        atSetting(
          setting,
          'requirepass holds the password of the default user',
          'Write: user default on #HASH with the rules of the default user',
        ),
      ),
    ],
  },
  {
    id: 'weak-password',
    severity: 'error',
    title: 'A password that can be guessed',
    why: 'Redis neither slows down nor locks after failed logins, so that many thousand a second can be tried; common and short passwords are found at once.',
    cure: STRONG_CURE,
    find: weakPasswords,
  },
  {
    id: 'shared-password',
    severity: 'warning',
    title: 'Two users with one password',
    why: 'Whoever may log in as the one can log in as the other, and both have to change together.',
    cure: 'Give each user a password of its own.',
    find: sharedPasswords,
  },
  {
    id: 'no-login',
    severity: 'warning',
    title: 'Nobody can log in',
    why: 'The user is on, but has no password and is not nopass, so that every AUTH fails.',
    cure: 'Add #HASH, or turn the user off.',
    find: ({ policy, users }) =>
      settingOf(policy, 'tls-auth-clients-user') !== undefined
        ? []
        : users
            .filter(({ user }) => user.enabled && !user.nopass && user.passwordHashes.length === 0)
            .map(user => atUser(user, `${user.name} is on, without any password`)),
  },
  {
    id: 'user-off',
    severity: 'note',
    title: 'A user that is off',
    why: 'Nobody can log in as it, and its rules stay behind unseen; connections that it has already go on.',
    cure: 'Remove the user if it is not to come back.',
    find: ({ users }) =>
      users
        .filter(({ isDefault, user }) => !isDefault && !user.enabled)
        .map(user =>
          user.lastRule('off') === undefined
            ? atUser(user, `${user.name} is off: no rule says on`, 'Add on, or remove the user.')
            : atRule(user, user.lastRule('off'), `${user.name} is off`),
        ),
  },
  {
    id: 'requirepass-ignored',
    severity: 'error',
    title: 'requirepass beside an ACL file',
    why: 'With an ACL file the default user is what the file says, and open if it says nothing: requirepass has no effect.',
    cure: 'Declare the default user in the ACL file and remove requirepass.',
    find: subject =>
      isSet(settingOf(subject.policy, 'aclfile'))
        ? requirepass(subject).map(setting => atSetting(setting, 'requirepass has no effect here'))
        : [],
  },
  {
    id: 'users-and-aclfile',
    severity: 'error',
    title: 'Users here and in an ACL file',
    why: 'Redis does not start with both.',
    cure: 'Move all users to the ACL file, or remove aclfile.',
    find: ({ policy }) => {
      const setting = settingOf(policy, 'aclfile')
      const hasBoth = policy.kind === 'conf' && !policy.isAclFileRead && policy.users.length > 0
      return hasBoth && setting !== undefined && isSet(setting)
        ? [atSetting(setting, 'aclfile is set, and there are users in this file')]
        : []
    },
  },
]

function nopass(fits: (certificates: Certificates) => boolean): LintRule['find'] {
  return ({ policy, users }) =>
    fits(certificatesOf(policy))
      ? users
          .filter(({ user }) => user.enabled && user.nopass)
          .map(user => atRule(user, user.lastRule('nopass'), `${user.name} is on and nopass`))
      : []
}

function undeclaredDefault({ policy }: LintSubject): Spot[] {
  if (policy.users.some(({ name }) => name === DEFAULT_USER)) return []
  const isElsewhere =
    !policy.isAclFileRead &&
    (isSet(settingOf(policy, 'aclfile')) || isSet(settingOf(policy, 'requirepass')))
  if (policy.kind === 'server' || isElsewhere || certificatesOf(policy) === 'required') return []
  if (policy.kind === 'conf' && policy.users.length === 0 && !policy.isAclFileRead) return []
  const detail = 'No line declares the user default: it is on, nopass, ~* &* +@all'
  return [{ line: 1, column: 1, length: 1, user: DEFAULT_USER, rule: '', detail }]
}

function mayAdminister({ selectors }: LintUser): boolean {
  return selectors.some(({ allowed }) => allowed.some(({ command }) => isIn('admin', command)))
}

function passwordRules(
  { users }: LintSubject,
  sign: string,
): { readonly user: LintUser; readonly rule: Rule }[] {
  return users.flatMap(user =>
    user.written.rules.filter(({ text }) => text.startsWith(sign)).map(rule => ({ user, rule })),
  )
}

function requirepass({ policy }: LintSubject): Setting[] {
  const setting = settingOf(policy, 'requirepass')
  return setting !== undefined && isSet(setting) ? [setting] : []
}

function isSet(setting: Setting | undefined): boolean {
  return (setting?.values[0] ?? '') !== ''
}

/** Settings at fault are shown without their values. */
function atSetting(setting: Setting, detail: string, cure?: string): Spot {
  const spot = { ...placeOf(setting), user: undefined, rule: setting.name, detail }
  return { ...spot, ...(cure !== undefined && { cure }) }
}

function weakPasswords(subject: LintSubject): Spot[] {
  const spots: Spot[] = []
  for (const { user, rule } of passwordRules(subject, '>')) {
    const fault = weaknessOf(rule.text.slice(1), user.name)
    if (fault !== undefined) spots.push(atRule(user, rule, `The password ${fault}`))
  }
  for (const { user, rule } of passwordRules(subject, '#')) {
    const hash = rule.text.slice(1)
    if (isCommon(hash) || hash === hashPassword(user.name) || hash === hashPassword('')) {
      spots.push(atRule(user, rule, 'The hash is that of a password that is tried first'))
    }
  }
  for (const setting of requirepass(subject)) {
    const fault = weaknessOf(setting.values[0] ?? '', DEFAULT_USER)
    if (fault !== undefined) spots.push(atSetting(setting, `The password ${fault}`))
  }
  return spots
}

function weaknessOf(password: string, userName: string): string | undefined {
  if (password === '') return 'is empty'
  if (isCommon(hashPassword(password))) return 'is one of those that are tried first'
  if (lowerCase(password) === lowerCase(userName)) return "is the user's name"
  const { length } = toText(password)
  const plural = length === 1 ? '' : 's'
  return length < MIN_PASSWORD_LENGTH ? `has only ${length} character${plural}` : undefined
}

function sharedPasswords({ users }: LintSubject): Spot[] {
  const owners = new Map<string, LintUser>()
  const spots: Spot[] = []
  for (const user of users) {
    for (const hash of user.user.passwordHashes) {
      const owner = owners.get(hash)
      if (owner === undefined) {
        owners.set(hash, user)
        continue
      }
      const rule = user.written.rules.find(
        ({ text }) => text === `#${hash}` || hashPassword(text.slice(1)) === hash,
      )
      spots.push(atRule(user, rule, `${user.name} has a password of ${owner.name}`))
    }
  }
  return spots
}
