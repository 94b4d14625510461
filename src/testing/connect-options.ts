// What each client has to be given to reach a server over TLS with a client certificate. Every
// library wants it elsewhere, and ignores it silently in the wrong place.

import { addressText } from '../transport/connection.ts'
import type { ClientTls } from './client-tls.ts'
import * as sources from './connect-sources.ts'
import * as logins from './logins.ts'
import * as shapes from './shapes.ts'
import type { StartOptions } from './start-options.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly tls: ClientTls | undefined
}

/** The same, with paths of files alone. */
export interface ClientPlace {
  readonly host: string
  readonly port: number
  readonly tls: Pick<ClientTls, 'caFile' | 'certFile' | 'keyFile'> | undefined
}

/**
 * The user to log in as. What is left out is taken from the users that the server was started with:
 * the password, and the name where one of them alone can log in. Where that does not say it, or
 * the default user needs no password, nobody logs in.
 */
export interface Login {
  readonly username?: string
  readonly password?: string
}

interface NodeTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** What the constructors of ioredis and iovalkey take. */
export interface IoredisOptions extends Login {
  readonly host: string
  readonly port: number
  readonly tls?: NodeTls
}

/** What node-redis's createClient() takes. */
export interface NodeRedisOptions extends Login {
  readonly socket: { readonly host: string; readonly port: number } & (
    | ({ readonly tls: true } & NodeTls)
    | { readonly tls?: never }
  )
}

/** The keyword arguments of redis-py's Redis(). */
export interface RedisPyOptions extends Login {
  readonly host: string
  readonly port: number
  readonly ssl?: true
  readonly ssl_ca_certs?: string
  readonly ssl_certfile?: string
  readonly ssl_keyfile?: string
}

/** What @valkey/valkey-glide's createClient() takes; it has no place for a client certificate. */
export interface GlideOptions {
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  readonly useTLS: boolean
  readonly credentials?: { readonly username?: string; readonly password: string }
  readonly advancedConfiguration?: {
    readonly tlsAdvancedConfiguration: { readonly rootCertificates: string }
  }
}

/** By client: options for its constructor; for redis-cli its arguments. */
export interface ConnectOptions {
  readonly ioredis: IoredisOptions
  readonly iovalkey: IoredisOptions
  readonly 'node-redis': NodeRedisOptions
  readonly 'redis-py': RedisPyOptions
  readonly 'redis-cli': readonly string[]
  /**
   * For `GlideClient.createClient()` of @valkey/valkey-glide, to a server that does without client
   * certificates: `tls: { authClients: 'optional' }`.
   */
  readonly 'valkey-glide': GlideOptions
  /** Source text to paste: Go, Java, C#. The paths in it exist until the server is closed. */
  readonly 'go-redis': string
  readonly jedis: string
  readonly lettuce: string
  readonly 'stackexchange-redis': string
}

/** The clients that connectOptions() knows. */
export type ClientName = keyof ConnectOptions

/** Environment variables for child processes; files exist until the server is closed. */
export interface ConnectionVariables extends Readonly<Record<string, string>> {
  readonly REDIS_URL: string
  readonly REDIS_HOST: string
  readonly REDIS_PORT: string
}

/** What child processes are told beside what all of them are. */
export interface EnvOptions {
  /**
   * For JVM clients: REDIS_TLS_P12_FILE (certificate and key), REDIS_TLS_TRUSTSTORE_FILE (the
   * authority), both PKCS#12, and REDIS_TLS_P12_PASSWORD, which opens both. Default: false.
   */
  readonly p12?: boolean
}

/** The variables for a server that was started so, with the login that it knows of. */
export function serverVariables(
  endpoint: Endpoint,
  options: StartOptions,
  given: Login | false,
  env: EnvOptions,
): ConnectionVariables {
  shapes.checkEnv(given, env)
  const login = logins.completeLogin(options, given)
  return connectionVariables(endpoint, login, env.p12 === true ? endpoint.tls : undefined)
}

/**
 * REDIS_URL holds the login as well; REDIS_TLS_CA_FILE and the others are there with TLS only.
 * @param stores where JVM clients find theirs; their files are made by being asked for
 */
export function connectionVariables(
  place: ClientPlace,
  { username, password }: Login,
  stores?: Pick<ClientTls, 'p12File' | 'truststoreFile' | 'p12Password'>,
): ConnectionVariables {
  const { host, port, tls } = place
  const login = [username ?? '', password ?? ''].map(encodeURIComponent).join(':')
  return {
    REDIS_URL: urlOf(place).replace('//', `//${login === ':' ? '' : `${login}@`}`),
    REDIS_HOST: host,
    REDIS_PORT: String(port),
    ...(username !== undefined && { REDIS_USERNAME: username }),
    ...(password !== undefined && { REDIS_PASSWORD: password }),
    ...(tls && {
      REDIS_TLS_CA_FILE: tls.caFile,
      REDIS_TLS_CERT_FILE: tls.certFile,
      REDIS_TLS_KEY_FILE: tls.keyFile,
      NODE_EXTRA_CA_CERTS: tls.caFile,
    }),
    ...(stores && {
      REDIS_TLS_P12_FILE: stores.p12File,
      REDIS_TLS_P12_PASSWORD: stores.p12Password,
      REDIS_TLS_TRUSTSTORE_FILE: stores.truststoreFile,
    }),
  }
}

export function connectOptions<C extends ClientName>(
  client: C,
  endpoint: Endpoint,
  login: Login | false,
  options: StartOptions,
): ConnectOptions[C] {
  shapes.checkConnect(client, login, Object.keys(MAKERS))
  if (NO_CERTIFICATE.has(client) && requiresCertificate(options)) throw cannotConnect(client)
  return MAKERS[client](endpoint, logins.completeLogin(options, login))
}

/** Clients that cannot show a certificate: what they are given for it they pass over in silence. */
const NO_CERTIFICATE: ReadonlySet<ClientName> = new Set(['valkey-glide'])

function requiresCertificate({ tls, config = {} }: StartOptions): boolean {
  if (tls === false) return false
  const given = typeof tls === 'object' ? tls.authClients : undefined
  const authClients = config['tls-auth-clients'] ?? given ?? 'yes'
  return authClients === 'yes' || authClients === true
}

function cannotConnect(client: ClientName): TypeError {
  return new TypeError(
    `${client} has no option for a client certificate, and this server requires one. Start it ` +
      "with tls: { authClients: 'optional' }, which asks for one and does without, or tls: false.",
  )
}

/** `rediss://127.0.0.1:6379`; addresses of IPv6 are in brackets. */
export function urlOf({ host, port, tls }: ClientPlace): string {
  const scheme = tls === undefined ? 'redis' : 'rediss'
  return `${scheme}://${addressText(host, port)}`
}

const MAKERS: { readonly [C in ClientName]: (e: Endpoint, login: Login) => ConnectOptions[C] } = {
  ioredis: ioredisOptions,
  iovalkey: ioredisOptions,

  'node-redis': ({ host, port, tls }, login) => ({
    ...login,
    socket: tls === undefined ? { host, port } : { host, port, tls: true, ...nodeTls(tls) },
  }),

  'redis-py': ({ host, port, tls }, login) => ({
    ...login,
    host,
    port,
    ...(tls && {
      ssl: true,
      ssl_ca_certs: tls.caFile,
      ssl_certfile: tls.certFile,
      ssl_keyfile: tls.keyFile,
    }),
  }),

  'redis-cli': redisCliWords,

  'valkey-glide': ({ host, port, tls }, { username, password }) => ({
    addresses: [{ host, port }],
    useTLS: tls !== undefined,
    ...(password !== undefined && {
      credentials: { ...(username !== undefined && { username }), password },
    }),
    ...(tls && {
      advancedConfiguration: {
        tlsAdvancedConfiguration: { rootCertificates: tls.ca },
      },
    }),
  }),

  'go-redis': (endpoint, login) => sources.goSource(endpoint, login),
  jedis: (endpoint, login) => sources.jedisSource(endpoint, login),
  lettuce: (endpoint, login) => sources.lettuceSource(endpoint, login),
  'stackexchange-redis': (endpoint, login) => sources.dotnetSource(endpoint, login),
}

/** The arguments of redis-cli. */
export function redisCliWords(
  { host, port, tls }: ClientPlace,
  { username, password }: Login,
): string[] {
  return [
    '-h',
    host,
    '-p',
    String(port),
    ...(tls ? ['--tls', '--cacert', tls.caFile, '--cert', tls.certFile, '--key', tls.keyFile] : []),
    ...(username === undefined ? [] : ['--user', username]),
    ...(password === undefined ? [] : ['--pass', password]),
  ]
}

function ioredisOptions({ host, port, tls }: Endpoint, login: Login): IoredisOptions {
  return { ...login, host, port, ...(tls && { tls: nodeTls(tls) }) }
}

function nodeTls({ ca, cert, key }: ClientTls): NodeTls {
  return { ca, cert, key }
}
