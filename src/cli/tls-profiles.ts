// `redis-tls-mock tls profiles`: the TLS faults that there are.

import { PROFILES } from '../testing/tls/profiles.ts'
import { tableLines } from './layout.ts'
import { HELP, readOptions, refuseWords } from './options.ts'
import { print } from './out.ts'

const PROFILES_USAGE = `Usage: redis-tls-mock tls profiles

The TLS faults that there are, each with what is wrong. To have one on a port:
redis-tls-mock --tls-port 6380 --tls-profile NAME
`

/** Resolves to the exit code. */
export async function tlsProfiles(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, HELP)
  if (values.help) return print(PROFILES_USAGE)
  refuseWords(rest)
  return print(`${tableLines(PROFILES.map(({ name, what }) => [name, what])).join('\n')}\n`)
}
