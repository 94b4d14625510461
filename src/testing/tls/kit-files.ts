// A certificate kit as files: an authority, a server certificate and one for each client, readable
// by nobody else, and how each client library is told about them.

import fs from 'node:fs'
import path from 'node:path'
import { replacePrivateFile } from '../../util/files.ts'
import { type Authority, createAuthority, type Identity, type KeyType } from './authority.ts'

const DAY_MS = 24 * 3600 * 1000

/** What Java's tools take for granted; a test kit has nothing to hide. */
const PKCS12_PASSWORD = 'changeit'

export interface KitOptions {
  /** Made if it is not there. Default: `./certs`. */
  readonly folder?: string
  /** Names and addresses of the server. Default: localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[]
  /** A certificate for each; the name is the common name. Default: `default`. */
  readonly clients?: readonly string[]
  /** Default: 365. */
  readonly days?: number
  /** RSA 2048 instead of EC P-256. Default: false. */
  readonly isRsa?: boolean
  /** Also each certificate as a PKCS#12 file. Default: false. */
  readonly hasPkcs12?: boolean
}

export interface Kit {
  readonly folder: string
  /** Names of the files in it. */
  readonly files: readonly string[]
  readonly hosts: readonly string[]
  readonly clients: readonly string[]
}

export const DEFAULT_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1']

/** Writes the kit; files of the same names are replaced. */
export async function writeKit(options: KitOptions = {}): Promise<Kit> {
  const { folder = 'certs', hosts = DEFAULT_HOSTS, clients = ['default'], days = 365 } = options
  const wrong = clients.find(name => name === '' || path.basename(name) !== name)
  if (wrong !== undefined) throw new Error(`A client cannot be named '${wrong}'`)
  const keyType: KeyType = options.isRsa ? 'rsa' : 'ec'
  const common = { keyType, to: new Date(Date.now() + days * DAY_MS) }
  const authority = await createAuthority(common)
  const identities = new Map<string, Identity>([['server', await authority.server(hosts, common)]])
  for (const name of clients) {
    identities.set(`client-${name}`, await authority.client(name, common))
  }
  const files = await filesOf(authority, identities, options.hasPkcs12 ?? false)
  fs.mkdirSync(folder, { recursive: true })
  for (const [name, content] of files) replacePrivateFile(path.join(folder, name), content)
  return { folder, files: [...files.keys()], hosts, clients }
}

async function filesOf(
  authority: Authority,
  identities: ReadonlyMap<string, Identity>,
  hasPkcs12: boolean,
): Promise<Map<string, string | Buffer>> {
  const files = new Map<string, string | Buffer>([
    ['ca.crt', authority.cert],
    ['ca.key', await authority.key()],
    ['ca.crl', await authority.crl()],
  ])
  for (const [name, identity] of identities) {
    files.set(`${name}.crt`, identity.cert)
    files.set(`${name}.key`, identity.key)
    if (hasPkcs12) files.set(`${name}.p12`, identity.pkcs12(PKCS12_PASSWORD))
  }
  return files
}

/** How each client is told, as a text of several paragraphs. */
export function howToUse({ folder, files, hosts, clients }: Kit): string {
  const at = (name: string): string => path.join(folder, name)
  const host = hosts[0] ?? 'localhost'
  const [ca, cert, key] = [
    at('ca.crt'),
    at(`client-${clients[0] ?? 'default'}.crt`),
    at(`client-${clients[0] ?? 'default'}.key`),
  ]
  const pems = `ca: fs.readFileSync('${ca}'), cert: fs.readFileSync('${cert}'), key: fs.readFileSync('${key}')`
  const p12 = at(`client-${clients[0] ?? 'default'}.p12`)
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
  if (files.some(name => name.endsWith('.p12'))) {
    parts.push(
      `Jedis            -Djavax.net.ssl.keyStore=${p12} -Djavax.net.ssl.keyStoreType=PKCS12 -Djavax.net.ssl.keyStorePassword=${PKCS12_PASSWORD}; keytool -importcert -noprompt -file ${ca} -keystore trust.p12 -storepass ${PKCS12_PASSWORD}`,
      `StackExchange    options.CertificateSelection += delegate { return new X509Certificate2("${p12}", "${PKCS12_PASSWORD}"); }; options.TrustIssuer("${ca}")`,
    )
  }
  return `${parts.join('\n')}\n`
}
