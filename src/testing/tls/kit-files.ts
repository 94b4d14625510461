// A certificate kit as files: an authority, a server certificate and one for each client, and how
// each client library is told about them. The authority of a kit is kept: what is asked for later
// is signed by it too, and what nobody asks for stays as it is.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { PUBLIC_FILE, replaceWhole } from '../../util/files.ts'
import {
  type Authority,
  createAuthority,
  type Identity,
  type KeyType,
  openAuthority,
  type PemPair,
} from './authority.ts'
import { hostName } from './host-names.ts'
import { STORE_PASSWORD, trustStore } from './key-stores.ts'

const DAY_MS = 24 * 3600 * 1000

export interface KitOptions {
  /** Made if it is not there. Default: `./certs`. */
  readonly folder?: string
  /** Names and addresses of the server. Default: localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[]
  /** A certificate for each; the name is the common name. Default: `default`. */
  readonly clients?: readonly string[]
  /** Default: 365. */
  readonly days?: number
  /** RSA 2048 instead of EC P-256. Default: as the authority is, which is EC if it is new. */
  readonly isRsa?: boolean
  /** Also each certificate as a PKCS#12 file, and the authority as one to trust. Default: false. */
  readonly hasPkcs12?: boolean
  /** Signed by the authority of this folder, whose key stays there. Default: the kit's own. */
  readonly caFolder?: string
  /** A new authority takes the place of the old one. Default: false. */
  readonly isNew?: boolean
  /** Keys can be read by the group of the files as well. Default: false. */
  readonly isForGroup?: boolean
}

export interface Kit {
  readonly folder: string
  /** Names of the files that were written. */
  readonly files: readonly string[]
  readonly hosts: readonly string[]
  readonly clients: readonly string[]
  /** Where the authority was found that has signed, or undefined if it is new. */
  readonly keptAuthority: string | undefined
  readonly hasPkcs12: boolean
}

export const DEFAULT_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1']
const DEFAULT_CLIENTS: readonly string[] = ['default']

/** Our own names of an authority's files, and mkcert's. */
const AUTHORITY_FILES = [
  ['ca.crt', 'ca.key'],
  ['rootCA.pem', 'rootCA-key.pem'],
] as const

const KEY_FILE = 0o600
const KEY_FILE_OF_GROUP = 0o640

/**
 * Writes the kit. An authority that is there signs what is asked for, and what is not there yet; a
 * certificate of the same name is replaced.
 *
 * @throws Error for names that no certificate can be for, and an authority that cannot sign
 */
export async function writeKit(options: KitOptions = {}): Promise<Kit> {
  const { folder = 'certs', days = 365, hasPkcs12 = false, isForGroup = false } = options
  const hosts = (options.hosts ?? DEFAULT_HOSTS).map(hostName)
  const clients = options.clients ?? DEFAULT_CLIENTS
  for (const name of clients) checkClient(name)
  const end = new Date(Date.now() + days * DAY_MS)
  const { authority, place } = await authorityFor(options, folder, end)
  const root = new X509Certificate(authority.cert)
  const isOwn = place !== undefined && path.resolve(place) === path.resolve(folder)
  const lacks = (name: string): boolean => !(isOwn && fs.existsSync(path.join(folder, name)))
  // Nobody would believe a certificate for longer than its authority.
  const to = new Date(Math.min(end.getTime(), Date.parse(root.validTo)))
  const issued = { keyType: keyTypeOf(root, options.isRsa), to }
  const files = new Map<string, string | Buffer>()
  if (lacks('ca.crt')) files.set('ca.crt', authority.cert)
  if (place === undefined) files.set('ca.key', await authority.key())
  if (lacks('ca.crl')) files.set('ca.crl', await authority.crl({ to }))
  if (options.hosts !== undefined || !isThere(folder, 'server', root)) {
    addTo(files, 'server', await authority.server(hosts, issued), hasPkcs12)
  }
  for (const name of clients) {
    if (options.clients === undefined && isThere(folder, `client-${name}`, root)) continue
    addTo(files, `client-${name}`, await authority.client(name, issued), hasPkcs12)
  }
  if (hasPkcs12) files.set('truststore.p12', trustStore(authority.cert))
  fs.mkdirSync(folder, { recursive: true })
  for (const [name, content] of files) {
    const isPublic = /\.(crt|crl)$|^truststore/.test(name)
    const keyMode = isForGroup && name !== 'ca.key' ? KEY_FILE_OF_GROUP : KEY_FILE
    replaceWhole(path.join(folder, name), content, isPublic ? PUBLIC_FILE : keyMode)
  }
  return { folder, files: [...files.keys()], hosts, clients, keptAuthority: place, hasPkcs12 }
}

/** Common names are no longer in any certificate. */
const COMMON_NAME_MAX = 64

function checkClient(name: string): void {
  const isPlain = path.basename(name) === name && !/[\0-\x1f\x7f\\]/.test(name)
  if (name === '' || name.length > COMMON_NAME_MAX || !isPlain) {
    throw new Error(`A client cannot be named '${name}'`)
  }
}

function addTo(
  files: Map<string, string | Buffer>,
  name: string,
  identity: Identity,
  hasPkcs12: boolean,
): void {
  files.set(`${name}.crt`, identity.cert)
  files.set(`${name}.key`, identity.key)
  if (hasPkcs12) files.set(`${name}.p12`, identity.pkcs12(STORE_PASSWORD))
}

// ---- The authority -----------------------------------------------------------------------------

async function authorityFor(
  { caFolder, isNew = false, isRsa = false }: KitOptions,
  folder: string,
  to: Date,
): Promise<{ readonly authority: Authority; readonly place: string | undefined }> {
  const place = caFolder ?? folder
  if (path.resolve(place) !== path.resolve(folder) && readAuthority(folder, false) !== undefined) {
    throw new Error(`${folder} has an authority of its own: --out another folder`)
  }
  const found = isNew ? undefined : readAuthority(place)
  if (found === undefined) {
    if (caFolder !== undefined) throw new Error(`${caFolder} holds no ca.crt and ca.key`)
    const keyType: KeyType = isRsa ? 'rsa' : 'ec'
    return { authority: await createAuthority({ keyType, to }), place: undefined }
  }
  try {
    return { authority: await openAuthority(found), place }
  } catch (error) {
    throw new Error(`The authority in ${place} ${reasonOf(error)}; --force makes a new one`)
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.startsWith('error:') ? `cannot be read (${text})` : text
}

/** @throws Error for half of one, unless that may be */
function readAuthority(folder: string, isWhole = true): PemPair | undefined {
  for (const [certFile, keyFile] of AUTHORITY_FILES) {
    const [cert, key] = [certFile, keyFile].map(name => textOf(path.join(folder, name)))
    if (cert === undefined && key === undefined) continue
    if (cert !== undefined && key !== undefined) return { cert, key }
    if (!isWhole) continue
    const [there, missing] = cert === undefined ? [keyFile, certFile] : [certFile, keyFile]
    throw new Error(
      `${path.join(folder, there)} has no ${missing} beside it; --force makes a new authority, ` +
        '--ca DIR takes another',
    )
  }
  return undefined
}

function textOf(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined
}

function keyTypeOf({ publicKey }: X509Certificate, isRsa: boolean | undefined): KeyType {
  return (isRsa ?? publicKey.asymmetricKeyType === 'rsa') ? 'rsa' : 'ec'
}

/** Whether there is such a certificate with its key, of this authority, that has not ended. */
function isThere(folder: string, name: string, { publicKey }: X509Certificate): boolean {
  const [own, key] = ['crt', 'key'].map(kind => textOf(path.join(folder, `${name}.${kind}`)))
  if (own === undefined || key === undefined) return false
  try {
    const certificate = new X509Certificate(own)
    return (
      certificate.verify(publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      Date.parse(certificate.validTo) > Date.now()
    )
  } catch {
    return false
  }
}

// ---- What to do with it ------------------------------------------------------------------------

/** How each client is told, as a text of several paragraphs. */
export function howToUse({ folder, hosts, clients, hasPkcs12 }: Kit): string {
  const at = (name: string): string => path.join(folder, name)
  const host = hosts[0] ?? 'localhost'
  const [ca, cert, key] = [
    at('ca.crt'),
    at(`client-${clients[0] ?? 'default'}.crt`),
    at(`client-${clients[0] ?? 'default'}.key`),
  ]
  const pems = `ca: fs.readFileSync('${ca}'), cert: fs.readFileSync('${cert}'), key: fs.readFileSync('${key}')`
  const p12 = at(`client-${clients[0] ?? 'default'}.p12`)
  const trust = at('truststore.p12')
  const parts = [
    `server           --tls-port 6379 --port 0 --tls-cert-file ${at('server.crt')} --tls-key-file ${at('server.key')} --tls-ca-cert-file ${ca}`,
    `redis-cli        redis-cli -h ${host} --tls --cacert ${ca} --cert ${cert} --key ${key}`,
    `ioredis          new Redis({ host: '${host}', tls: { ${pems} } })`,
    `iovalkey         new Redis({ host: '${host}', tls: { ${pems} } })`,
    `node-redis       createClient({ socket: { host: '${host}', tls: true, ${pems} } })`,
    `redis-py         redis.Redis(host='${host}', ssl=True, ssl_ca_certs='${ca}', ssl_certfile='${cert}', ssl_keyfile='${key}')`,
    `go-redis         &redis.Options{Addr: "${host}:6379", TLSConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}  // tls.LoadX509KeyPair("${cert}", "${key}")`,
    `Lettuce          SslOptions.builder().trustManager(new File("${ca}")).keyManager(new File("${cert}"), new File("${key}"), null)`,
  ]
  if (hasPkcs12) {
    parts.push(
      `Java             ${javaStore('keyStore', p12)} ${javaStore('trustStore', trust)}`,
      `StackExchange    options.CertificateSelection += delegate { return new X509Certificate2("${p12}", "${STORE_PASSWORD}"); }; options.TrustIssuer("${ca}")`,
      `The password of the .p12 files is ${STORE_PASSWORD}.`,
    )
  }
  return `${parts.join('\n')}\n`
}

/** What the JVM takes on its command line, for Jedis and all that use its defaults. */
function javaStore(kind: 'keyStore' | 'trustStore', file: string): string {
  const property = `-Djavax.net.ssl.${kind}`
  return `${property}=${file} ${property}Type=PKCS12 ${property}Password=${STORE_PASSWORD}`
}
