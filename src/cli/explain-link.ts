// `tls explain --replica` and `--conf`: the settings of the replica whose link is explained, which
// stand in its redis.conf, in a URL and in options. All of them become directives.

import path from 'node:path'
import { readConf } from '../host/config/conf-text.ts'
import { Config } from '../host/config/config.ts'
import { ConfigError } from '../host/config/parameter.ts'
import { explainLink } from '../testing/tls/explain/link.ts'
import type { Question } from '../testing/tls/explain/step.ts'
import { addressText } from '../transport/connection.ts'
import { fromText, toText } from '../util/bytes.ts'
import { POLICY_FILES } from './conf-file.ts'
import type { Explained } from './explain-reports.ts'
import { readBytes } from './input.ts'
import { UsageError } from './options.ts'

type Directive = readonly [name: string, ...values: string[]]

/** What the options say of whoever connects. */
export interface ClientValues {
  readonly cacert?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly sni?: string | undefined
  readonly user?: string | undefined
  readonly pass?: string | undefined
}

export interface LinkValues extends ClientValues {
  readonly conf?: string | undefined
  readonly 'replica-version'?: string | undefined
}

/** A master as its URL names it. */
export type MasterPlace = Pick<Question, 'host' | 'port' | 'isPlain' | 'username' | 'password'>

type Limits = Pick<Question, 'leastDays'> & { readonly timeoutMs?: number }

/** @throws UsageError */
export function explainLinks(
  masters: readonly MasterPlace[],
  values: LinkValues,
  limits: Limits,
): Promise<Explained[]> {
  if (values.sni !== undefined) {
    throw new UsageError('A replica asks for the name in replicaof: there is no --sni')
  }
  const version = versionIn(values['replica-version'] ?? '7.4')
  const own = values.conf === undefined ? NO_FILE : readReplica(values.conf)
  const asked = masters.length === 0 ? [undefined] : masters
  return Promise.all(
    asked.map(async master => {
      const { settings } = configOf([...own.directives, ...directivesOf(master, values)])
      const { host, port } = settings.replicaof ?? {}
      return {
        target: host === undefined ? (values.conf ?? '') : addressText(toText(host), port),
        steps: await explainLink(settings, { ...limits, version, folder: own.folder }),
      }
    }),
  )
}

function versionIn(text: string): readonly [number, number] {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})(?:\.\d+)?$/.exec(text) ?? []
  if (major === undefined) throw new UsageError('--replica-version wants a version, as 7.4')
  return [Number(major), Number(minor)]
}

function configOf(directives: readonly Directive[]): Config {
  const config = new Config()
  for (const directive of directives) config.load(directive)
  return config
}

/** What a URL and the options say, which goes before what stands in a file. */
function directivesOf(master: MasterPlace | undefined, values: LinkValues): readonly Directive[] {
  const { conf, cacert, cert, key } = values
  const user = values.user ?? master?.username
  // With a file it counts what the replica has, not what a shell has.
  const ofShell = conf === undefined ? process.env['REDISCLI_AUTH'] : undefined
  const password = values.pass ?? master?.password ?? ofShell
  const file = (name: string): string => fromText(path.resolve(name))
  const found: Directive[] = []
  if (master !== undefined) {
    found.push(['replicaof', fromText(master.host), String(master.port)])
    if (conf === undefined) found.push(['tls-replication', master.isPlain ? 'no' : 'yes'])
  }
  if (cacert !== undefined) found.push(['tls-ca-cert-file', file(cacert)])
  if (cert !== undefined) found.push(['tls-cert-file', file(cert)], ['tls-client-cert-file', ''])
  if (key !== undefined) found.push(['tls-key-file', file(key)], ['tls-client-key-file', ''])
  if (user !== undefined) found.push(['masteruser', fromText(user)])
  if (password !== undefined) found.push(['masterauth', fromText(password)])
  return found
}

// ---- redis.conf -----------------------------------------------------------------------------

interface ReplicaFile {
  readonly directives: readonly Directive[]
  /** From where its files are meant. */
  readonly folder: string
}

const NO_FILE: ReplicaFile = { directives: [], folder: process.cwd() }

/** Others may be of any version of Redis, and right or wrong: they have no part in this. */
const OF_THE_LINK = /^(?:replicaof|slaveof|masteruser|masterauth|cluster-enabled|tls-(?!port$).*)$/

function readReplica(file: string): ReplicaFile {
  const directives: Directive[] = []
  let folder = process.cwd()
  const tried = new Config()
  for (const directive of readConf([{ text: readBytes(file === '-' ? 0 : file) }], name =>
    POLICY_FILES.include(name, folder),
  )) {
    const { name, values, line } = directive
    if (name === 'dir') folder = path.resolve(folder, toText(values[0] ?? ''))
    if (!OF_THE_LINK.test(name)) continue
    const words: Directive = [name, ...values]
    try {
      tried.load(words)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      // What stands there may be a password.
      throw new UsageError(`${directive.file ?? file}, line ${line}: ${name}: ${error.message}`)
    }
    directives.push(words)
  }
  return { directives, folder }
}
