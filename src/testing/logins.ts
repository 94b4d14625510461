// Who clients log in as where a test does not say it all: as far as the rules that the server was
// started with tell. Whoever changes users later says who logs in.

import { splitRules } from '../acl/rules.ts'
import type { Login } from './connect-options.ts'
import type { StartOptions } from './start-options.ts'

/** What the rules of a user say of logging in. */
interface Account {
  readonly name: string
  readonly isOn: boolean
  readonly hasNoPassword: boolean
  /** The last that was given in plain. */
  readonly password: string | undefined
}

/** Where any will do: clients leave out a login whose password is empty. */
const ANY_PASSWORD = 'nopass'

/** The login with what it leaves out: its password, or all of it where only one user can log in. */
export function completeLogin(options: StartOptions, login: Login | false): Login {
  if (login === false) return {}
  const { username, password } = login
  if (password !== undefined || options.aclfile !== undefined) return login
  const accounts = accountsOf(options)
  if (username !== undefined) {
    const account = accounts.find(({ name }) => name === username)
    const known = account && passwordOf(account)
    return known === undefined ? login : { username, password: known }
  }
  const [first, ...others] = accounts.filter(({ isOn }) => isOn)
  if (first === undefined || accounts.some(isOpen)) return login
  const known = passwordOf(first)
  if (known === undefined || others.length > 0) return login
  return first.name === 'default' ? { password: known } : { username: first.name, password: known }
}

function isOpen({ name, isOn, hasNoPassword }: Account): boolean {
  return name === 'default' && isOn && hasNoPassword
}

function passwordOf({ hasNoPassword, password }: Account): string | undefined {
  return hasNoPassword ? ANY_PASSWORD : password
}

function accountsOf({ users = {}, requirepass }: StartOptions): Account[] {
  const accounts = Object.entries(users).flatMap(([name, rules]) =>
    rules === undefined ? [] : accountOf(name, rules),
  )
  if (requirepass !== undefined && !Object.hasOwn(users, 'default')) {
    accounts.push({ name: 'default', isOn: true, hasNoPassword: false, password: requirepass })
  }
  return accounts
}

function accountOf(name: string, rules: string | readonly string[]): Account {
  let isOn = name === 'default'
  let hasNoPassword = isOn
  let passwords: string[] = []
  for (const rule of typeof rules === 'string' ? splitRules(rules) : rules) {
    const word = rule.toLowerCase()
    if (word === 'on') isOn = true
    if (word === 'off' || word === 'reset') isOn = false
    if (['nopass', 'resetpass', 'reset'].includes(word)) passwords = []
    if (word === 'nopass') hasNoPassword = true
    else if (/^([>#]|reset(pass)?$)/.test(word)) hasNoPassword = false
    if (rule.startsWith('>')) passwords.push(rule.slice(1))
    if (rule.startsWith('<')) passwords = passwords.filter(one => one !== rule.slice(1))
  }
  return { name, isOn, hasNoPassword, password: passwords.at(-1) }
}
