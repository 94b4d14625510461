// `redis-tls-mock tls …`: the subcommands about TLS.

import { PROFILES } from '../testing/tls/profiles.ts'
import { tableLines } from './layout.ts'
import { UsageError } from './options.ts'
import { print } from './out.ts'

const USAGE = `Usage: redis-tls-mock tls check [options] -- COMMAND     play TLS faults to a program
       redis-tls-mock tls explain URL [options]           why a server cannot be reached
       redis-tls-mock tls profiles                        the faults that there are

Each has --help. A server with a fault: redis-tls-mock --tls-port 6380 --tls-profile NAME
`

/** Resolves to the exit code. */
export async function tls([command, ...words]: readonly string[]): Promise<number> {
  switch (command) {
    case 'check':
      return (await import('./tls-check.ts')).tlsCheck(words)
    case 'explain':
      return (await import('./tls-explain.ts')).tlsExplain(words)
    case 'profiles':
      return print(profileList())
    case undefined:
    case '-h':
    case '--help':
    case 'help':
      return print(USAGE)
    default:
      throw new UsageError(`There is no 'tls ${command}'. There are: check, explain, profiles`)
  }
}

function profileList(): string {
  return `${tableLines(PROFILES.map(({ name, what }) => [name, what])).join('\n')}\n`
}
