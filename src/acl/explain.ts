// Denials in words: the same facts read differently at the top level, in EXEC, in scripts and in
// ACL DRYRUN. Only DRYRUN, which asks about another user, names the key or channel.

import type { Denial } from './check.ts'

/** A refused command, without the code word: the client sees it after NOPERM. */
export function denialText(userName: string, { reason, object }: Denial): string {
  switch (reason) {
    case 'command':
      return `User ${userName} has no permissions to run the '${object}' command`
    case 'key':
      return 'No permissions to access a key'
    case 'channel':
      return 'No permissions to access a channel'
  }
}

export function noPermission(userName: string, denial: Denial): string {
  return `NOPERM ${denialText(userName, denial)}`
}

/** ACL DRYRUN answers with this as a plain string, not as an error. */
export function dryrunText(userName: string, denial: Denial): string {
  if (denial.reason === 'command') return denialText(userName, denial)
  return `User ${userName} has no permissions to access the '${denial.object}' ${denial.reason}`
}

const EXEC_REASONS: Readonly<Record<Denial['reason'], string>> = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments',
}

/** A queued command that was allowed once and no longer is. */
export function execText({ reason }: Denial): string {
  return (
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
    `call. This command is no longer allowed for the following reason: ${EXEC_REASONS[reason]}`
  )
}

/** A command that a script called, without the code word. */
export function scriptText(userName: string, denial: Denial): string {
  return `ACL failure in script: ${denialText(userName, denial)}`
}
