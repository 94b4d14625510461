// What each client has to be given to reach a server over TLS with a client certificate. Every
// library wants it elsewhere, and ignores it silently in the wrong place.

import type { ClientTls } from './start.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly tls: ClientTls | undefined
}

export interface Login {
  readonly username?: string
  readonly password?: string
}

interface NodeTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface IoredisOptions extends Login {
  readonly host: string
  readonly port: number
  readonly tls?: NodeTls
}

export interface NodeRedisOptions extends Login {
  readonly socket: { readonly host: string; readonly port: number } & (
    | ({ readonly tls: true } & NodeTls)
    | { readonly tls?: never }
  )
}

export interface RedisPyOptions extends Login {
  readonly host: string
  readonly port: number
  readonly ssl?: true
  readonly ssl_ca_certs?: string
  readonly ssl_certfile?: string
  readonly ssl_keyfile?: string
}

/** By client: options for its constructor; for redis-cli its arguments. */
export interface ConnectOptions {
  readonly ioredis: IoredisOptions
  readonly iovalkey: IoredisOptions
  readonly 'node-redis': NodeRedisOptions
  readonly 'redis-py': RedisPyOptions
  readonly 'redis-cli': readonly string[]
}

export type ClientName = keyof ConnectOptions

export function connectOptions<C extends ClientName>(
  client: C,
  endpoint: Endpoint,
  login: Login,
): ConnectOptions[C] {
  return MAKERS[client](endpoint, login)
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

  'redis-cli': ({ host, port, tls }, { username, password }) => [
    '-h',
    host,
    '-p',
    String(port),
    ...(tls ? ['--tls', '--cacert', tls.caFile, '--cert', tls.certFile, '--key', tls.keyFile] : []),
    ...(username === undefined ? [] : ['--user', username]),
    ...(password === undefined ? [] : ['--pass', password]),
  ],
}

function ioredisOptions({ host, port, tls }: Endpoint, login: Login): IoredisOptions {
  return { ...login, host, port, ...(tls && { tls: nodeTls(tls) }) }
}

function nodeTls({ ca, cert, key }: ClientTls): NodeTls {
  return { ca, cert, key }
}
