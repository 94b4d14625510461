// Where the rules of the lab came from and may go back to: a file, or a server that runs. The lab
// writes nothing there by itself; it is told what would change, and writes if nothing has changed
// there since.

import { refuseProblems } from '../policy/explain.ts'
import { type Policy, readAclPolicy, usersOf } from '../policy/policy.ts'
import { compareBytes, fromText, toText } from '../util/bytes.ts'

export interface RulesHome {
  readonly kind: 'file' | 'server'
  /** For people: the file as it was named, or the server's URL without its login. */
  readonly name: string
  /**
   * What writing these rules would change there.
   * @throws HomeError
   */
  plan(wanted: Policy): Promise<HomePlan>
  /**
   * Writes the rules, if the home is as it was when the plan was made.
   * @throws HomeError
   */
  save(wanted: HomeRules, mark: string): Promise<void>
}

/** The same rules twice: as they were written, and read. */
export interface HomeRules {
  /** A binary string. */
  readonly text: string
  readonly policy: Policy
}

export interface HomePlan {
  /** A sentence each. */
  readonly changes: readonly string[]
  /** Stands for what is there now. */
  readonly mark: string
}

/** Why nothing was written; the page shows the message. */
export class HomeError extends Error {
  override readonly name = 'HomeError'
}

/** @throws PolicyError where Redis would refuse any of it */
export function readRules(text: string): HomeRules {
  const bytes = fromText(text)
  const policy = readAclPolicy(bytes)
  refuseProblems(policy)
  return { text: bytes, policy }
}

export interface UserChanges {
  readonly made: readonly string[]
  readonly changed: readonly string[]
  readonly gone: readonly string[]
}

/** Names, as bytes, of the users that differ. */
export function changedUsers(from: Policy, to: Policy): UserChanges {
  const [before, after] = [usersOf(from), usersOf(to)]
  const names = [...after.keys()].sort(compareBytes)
  return {
    made: names.filter(name => !before.has(name)),
    changed: names.filter(name => {
      const known = before.get(name)
      return known !== undefined && known.text !== after.get(name)?.text
    }),
    gone: [...before.keys()].filter(name => !after.has(name)).sort(compareBytes),
  }
}

/** The same as sentences. */
export function sentencesOf({ made, changed, gone }: UserChanges): string[] {
  return [
    ...made.map(name => `${toText(name)} is made`),
    ...changed.map(name => `${toText(name)} changes`),
    ...gone.map(name => `${toText(name)} is deleted`),
  ]
}
