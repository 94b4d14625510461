// Where the subcommands about ACL take a policy from: an ACL file or redis.conf, a server that
// runs, or rules on the command line.

import { readAclPolicy } from '../policy/policy.ts'
import type { ConnectionOptions } from '../tools/connection.ts'
import { fromText } from '../util/bytes.ts'
import { readBytes, type Source } from './input.ts'
import { type OptionTable, UsageError } from './options.ts'
import { kindOfFile } from './policy-kind.ts'

/** The options of every subcommand that can ask a server. */
export const CONNECTION_OPTIONS = {
  url: {
    type: 'string',
    value: 'URL',
    what:
      'a running server: redis://, or rediss:// [user[:password]@]host[:port]; its password may ' +
      'also come from REDISCLI_AUTH',
  },
  cacert: { type: 'string', value: 'FILE', what: 'the authority that is trusted, with' },
  cert: { type: 'string', value: 'FILE', what: "the client's certificate and" },
  key: { type: 'string', value: 'FILE', what: 'its key' },
  sni: {
    type: 'string',
    value: 'NAME',
    what: "the name that the server's certificate must have, if it is not the host",
  },
  insecure: { type: 'boolean', what: 'any certificate of the server will do' },
} as const satisfies OptionTable

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

/** @throws UsageError, ConnectionError */
export async function readSource(values: SourceValues, user = 'default'): Promise<Source> {
  const { file, url, rules } = values
  if ([file, url, rules].filter(value => value !== undefined).length !== 1) {
    throw new UsageError('Which rules? One of --file FILE, --url URL and --rules RULES')
  }
  // Each way loads what it needs, and nothing of the others.
  if (file !== undefined) {
    const text = readBytes(file === '-' ? 0 : file)
    if (kindOfFile(file, text) === 'acl') return { name: file, policy: readAclPolicy(text) }
    return { name: file, policy: (await import('./policy-file.ts')).readPolicyFile(file, text) }
  }
  if (rules !== undefined) return ruleSource(user, rules)
  return (await import('./server-source.ts')).serverSource(url ?? '', connectionOptions(values))
}

function ruleSource(user: string, rules: string): Source {
  // In ACL files tabs part no words, but a shell gives them as they were typed.
  const words = fromText(rules).replaceAll('\t', ' ')
  const policy = readAclPolicy(`user ${fromText(user)} ${words}`)
  return { name: '--rules', policy }
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
