// How tests name commands.

import type { KnownCommand } from '../table/redis.ts'

/** A command or subcommand of Redis: `'get'`, `'acl|setuser'`; also `'GET'` and `'ACL SETUSER'`. */
export type CommandName = KnownCommand | Uppercase<KnownCommand> | (string & {})

/** Names as tests write them, `'ACL SETUSER'`, as calls have them. */
export function names(command: string | readonly string[]): string[] {
  return [command].flat().map(name => name.toLowerCase().trim().replace(/\s+/g, '|'))
}
