// Where the subcommands about ACL take a policy from: an ACL file or redis.conf, a server that
// runs, or rules on the command line.

import fs from 'node:fs'
import {
  type ConnectionOptions,
  connectTo,
  type RedisConnection,
  withoutPassword,
} from '../practice/connection.ts'
import { type Policy, readPolicy } from '../practice/policy.ts'
import { policyOfServer } from '../practice/server-policy.ts'
import { fromText } from '../util/bytes.ts'
import { shownUrl } from '../util/secret-text.ts'
import { POLICY_FILES } from './conf-file.ts'
import { UsageError } from './options.ts'

/** The options of every subcommand that can ask a server. */
export const CONNECTION_OPTIONS = {
  url: { type: 'string' },
  cacert: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  sni: { type: 'string' },
  insecure: { type: 'boolean' },
} as const

export const CONNECTION_USAGE = `  --url URL            a running server: redis://, or rediss:// [user[:password]@]host[:port]; its
                       password may also come from REDISCLI_AUTH
  --cacert FILE        the authority that is trusted, with
  --cert FILE          the client's certificate and
  --key FILE           its key
  --sni NAME           the name that the server's certificate must have, if it is not the host
  --insecure           any certificate of the server will do
`

export interface ConnectionValues {
  readonly url?: string | undefined
  readonly cacert?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly sni?: string | undefined
  readonly insecure?: boolean | undefined
}

export interface SourceValues extends ConnectionValues {
  readonly file?: string | undefined
  readonly rules?: string | undefined
}

/** A policy, and what to call it where something is said of it. */
export interface Source {
  readonly name: string
  readonly policy: Policy
}

/** @throws UsageError, ConnectionError */
export async function readSource(values: SourceValues, user = 'default'): Promise<Source> {
  const { file, url, rules } = values
  if ([file, url, rules].filter(value => value !== undefined).length !== 1) {
    throw new UsageError('Which rules? One of --file FILE, --url URL and --rules RULES')
  }
  if (file !== undefined) return readFileSource(file)
  if (rules !== undefined) return ruleSource(user, rules)
  const connection = await connect(values)
  try {
    return { name: withoutPassword(url ?? ''), policy: await policyOfServer(connection) }
  } finally {
    connection.close()
  }
}

function ruleSource(user: string, rules: string): Source {
  const policy = readPolicy(`user ${fromText(user)} ${fromText(rules)}`, { kind: 'acl' })
  return { name: '--rules', policy }
}

/** @throws UsageError */
export function readFileSource(file: string): Source {
  const policy = readPolicy(readBytes(file === '-' ? 0 : file), { files: POLICY_FILES })
  return { name: file, policy }
}

/** A file as a binary string; 0 is standard input. */
export function readBytes(file: string | 0): string {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    // A URL that is none was taken for a file.
    const shown = /:|@/.test(String(file)) ? shownUrl(String(file)) : file
    throw new UsageError(`Cannot read ${shown}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** @throws UsageError, ConnectionError */
export function connect(values: ConnectionValues): Promise<RedisConnection> {
  return connectTo(connectionOptions(values))
}

export function connectionOptions(values: ConnectionValues): ConnectionOptions {
  const { url, cacert, cert, key, sni, insecure } = values
  if (url === undefined) throw new UsageError('Which server? --url URL')
  const read = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readBytes(file)
  const password = process.env['REDISCLI_AUTH']
  return {
    url,
    ca: read(cacert),
    cert: read(cert),
    key: read(key),
    serverName: sni,
    isInsecure: insecure,
    password: password === undefined ? undefined : fromText(password),
  }
}
