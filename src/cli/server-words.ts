// The options of a server that redis-server has not, taken out of its command line; what is left is
// redis-server's. See SERVER_OPTIONS for what each does.

import type { RdbVersion } from '../engine/server.ts'
import { takesNext } from './arguments.ts'
import { UsageError } from './options.ts'

export interface ServerWords {
  /** What redis-server would be given. */
  readonly rest: readonly string[]
  readonly isMock: boolean
  readonly isJson: boolean
  readonly profile: string | undefined
  readonly profileFolder: string | undefined
  /** Names and addresses that the server's certificate is for, beside this machine. */
  readonly hosts: readonly string[]
  readonly readyFile: string | undefined
  readonly rdbVersion: RdbVersion | undefined
  /** How many replicas stand beside it. */
  readonly replicas: number
  /** Which listeners take any free port. */
  readonly anyPort: readonly ('tcp' | 'tls')[]
}

/** @throws UsageError */
export function readServerWords(words: readonly string[]): ServerWords {
  const rest: string[] = []
  const anyPort: ('tcp' | 'tls')[] = []
  const taken = new Map<string, string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const next = words[i + 1]
    const name = word.toLowerCase()
    if ((name === '--port' || name === '--tls-port') && next === 'auto') {
      anyPort.push(name === '--port' ? 'tcp' : 'tls')
      i++
    } else if (SWITCHES.has(name)) {
      const isAnswer = next === 'yes' || next === 'no'
      taken.set(name, isAnswer ? next : 'yes')
      if (isAnswer) i++
    } else if (WANTING.has(name)) {
      if (next === undefined || next.startsWith('--')) throw new UsageError(`${name} wants a value`)
      taken.set(name, next)
      i++
    } else {
      rest.push(word)
      // Its value is no option, whatever it looks like.
      if (next !== undefined && takesNext(word, next)) rest.push(words[++i] ?? '')
    }
  }
  const hosts = taken.get('--tls-host')?.split(',') ?? []
  return {
    rest,
    isMock: taken.get('--mock-command') === 'yes',
    isJson: taken.get('--json') === 'yes',
    // The demo certificates are for this machine only.
    profile: taken.get('--tls-profile') ?? (hosts.length > 0 ? 'valid' : undefined),
    profileFolder: taken.get('--tls-profile-dir'),
    hosts,
    readyFile: taken.get('--ready-file'),
    replicas: readReplicas(taken.get('--replicas')),
    rdbVersion: readRdbVersion(taken.get('--rdb-version')),
    anyPort,
  }
}

const SWITCHES: ReadonlySet<string> = new Set(['--mock-command', '--json'])
const WANTING: ReadonlySet<string> = new Set([
  '--tls-profile',
  '--tls-profile-dir',
  '--tls-host',
  '--ready-file',
  '--replicas',
  '--rdb-version',
])

const REPLICAS_MAX = 20

function readReplicas(text: string | undefined): number {
  if (text === undefined) return 0
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > REPLICAS_MAX) throw new UsageError('--replicas wants a number, 1 to 20')
  return count
}

const RDB_VERSIONS: readonly RdbVersion[] = [10, 11, 12]

function readRdbVersion(text: string | undefined): RdbVersion | undefined {
  if (text === undefined) return undefined
  const version = RDB_VERSIONS.find(one => String(one) === text)
  if (version === undefined) throw new UsageError('--rdb-version wants 10, 11 or 12')
  return version
}

/** The word after an option of redis-server's part of a command line. */
export function optionValue(words: readonly string[], option: string): string | undefined {
  const at = words.findLastIndex((word, i) => {
    return word.toLowerCase() === option && !takesNext(words[i - 1] ?? '', word)
  })
  return at < 0 ? undefined : (words[at + 1] ?? '')
}
