// What a replica's settings say of the link to its master, and what is wrong with them.

import { createPrivateKey } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Settings } from '../../../host/config/config.ts'
import { tlsSettings } from '../../../host/config/tls.ts'
import { AuthorityFolder } from '../../../transport/authority-folder.ts'
import {
  loadClientOptions,
  type TlsSettings,
  TlsSetupError,
} from '../../../transport/tls-settings.ts'
import { toText } from '../../../util/bytes.ts'
import { allCertificates } from './files.ts'
import { type LinkQuestion, type Question, type Step, step } from './step.ts'

export interface LinkOptions extends Pick<Question, 'leastDays'> {
  readonly timeoutMs?: number
  readonly version: LinkQuestion['version']
  /** From where files are meant: what `dir` says is not looked at. */
  readonly folder: string
}

/**
 * The question that the settings make up, or undefined if they make up none.
 * @param take hears of the step `configuration`, and of `files` if they keep a replica from starting
 */
export function linkIn(
  settings: Settings,
  options: LinkOptions & { readonly timeoutMs: number },
  take: (step: Step) => boolean,
): LinkQuestion | undefined {
  if (!take(judgeConfiguration(settings))) return undefined
  const { host = '', port = 0 } = settings.replicaof ?? {}
  const { masteruser, masterauth } = settings
  const question: LinkQuestion = {
    ...options,
    host: toText(host),
    port,
    link: undefined,
    username: masteruser === '' ? undefined : toText(masteruser),
    password: masterauth === '' ? undefined : toText(masterauth),
  }
  if (!settings['tls-replication']) return question
  const files = fromFolder(tlsSettings(settings), options.folder)
  try {
    return { ...question, link: loadClientOptions(files), ...pemTexts(files) }
  } catch (error) {
    if (!(error instanceof TlsSetupError)) throw error
    const text = `With these files no redis-server starts: ${sentenceOf(error, files)}`
    const cure = 'Correct them in redis.conf, or give others: --cacert, --cert, --key.'
    take(step('files', 'wrong', text, { cure }))
    return undefined
  }
}

function judgeConfiguration(settings: Settings): Step {
  const { replicaof, masteruser, masterauth } = settings
  const name = 'configuration'
  if (replicaof === undefined) {
    const text = 'There is no replicaof: this is no replica, or Sentinel makes it one.'
    return step(name, 'wrong', text, { cure: 'replicaof HOST PORT, or name the master by a URL.' })
  }
  if (settings['cluster-enabled']) {
    const text = 'replicaof cannot be beside cluster-enabled yes: no redis-server starts with both.'
    return step(name, 'wrong', text, {
      cure: 'Remove replicaof; CLUSTER REPLICATE makes replicas.',
    })
  }
  const link = settings['tls-replication'] ? 'tls-replication yes' : 'tls-replication no'
  const login = masterauth === '' ? 'no masterauth' : 'masterauth …'
  const user = masteruser === '' ? '' : `, masteruser ${toText(masteruser)}`
  const text = `replicaof ${toText(replicaof.host)} ${replicaof.port}, ${link}${user}, ${login}`
  if (masteruser !== '' && masterauth === '') {
    return step(name, 'doubtful', `${text}. masteruser alone does nothing.`, {
      cure: 'Give masterauth as well: without it no AUTH is sent.',
    })
  }
  return step(name, 'right', text)
}

/** Redis's own; of the authority it does not say where it is. */
function sentenceOf({ message }: TlsSetupError, { caCertFile }: TlsSettings): string {
  const isOfCa = message.startsWith('Failed to configure CA') && caCertFile !== ''
  return isOfCa ? `${message} (${caCertFile})` : message
}

const FILES = [
  'certFile',
  'keyFile',
  'clientCertFile',
  'clientKeyFile',
  'caCertFile',
  'caCertDir',
  'dhParamsFile',
] as const

function fromFolder(settings: TlsSettings, folder: string): TlsSettings {
  const found = FILES.filter(name => settings[name] !== '').map(
    name => [name, path.resolve(folder, settings[name])] as const,
  )
  return { ...settings, ...Object.fromEntries(found) }
}

/** What is in the files, which are right: of the two pairs the one that is shown to a master. */
function pemTexts(files: TlsSettings): Pick<Question, 'ca' | 'cert' | 'key'> {
  const isOwn = files.clientCertFile !== '' && files.clientKeyFile !== ''
  const [cert, key, passphrase] = isOwn
    ? [files.clientCertFile, files.clientKeyFile, files.clientKeyFilePass]
    : [files.certFile, files.keyFile, files.keyFilePass]
  return { ca: authoritiesIn(files), cert: read(cert), key: opened(read(key), passphrase) }
}

function authoritiesIn({ caCertFile, caCertDir }: TlsSettings): string {
  const pem = caCertFile === '' ? '' : read(caCertFile)
  if (caCertDir === '') return pem
  const known = allCertificates(pem).map(certificate => certificate.toString())
  return [pem, ...new AuthorityFolder(caCertDir, known).authorities].join('\n')
}

function opened(key: string, passphrase: string): string {
  if (passphrase === '') return key
  return createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString()
}

function read(file: string): string {
  return fs.readFileSync(file, 'latin1')
}
