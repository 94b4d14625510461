// Where a server listens, and what its clients need: for programs as JSON and as environment
// variables, for people as lines to paste.

import fs from 'node:fs'
import path from 'node:path'
import type { RedisServer } from '../engine/server.ts'
import { resolveFile } from '../host/config/directives.ts'
import { type ClientFiles, clientFilesOf, isInMemory } from '../testing/client-files.ts'
import { type ClientPlace, redisCliWords, urlOf } from '../testing/connect-options.ts'
import type { Texts } from '../testing/tls-material.ts'
import { toText } from '../util/bytes.ts'
import { PUBLIC_FILE, replaceFile, replacePrivateFile, replaceWhole } from '../util/files.ts'
import { jsonText } from './out.ts'

export interface ReplicaPlace {
  readonly host: string
  readonly port: number
  readonly url: string
}

export interface ServerPlace extends ClientPlace {
  readonly url: string
  /** The plain port beside the TLS one. */
  readonly plainPort: number | undefined
  readonly unixsocket: string | undefined
  /** Those that follow it, if there are any. */
  readonly replicas?: readonly ReplicaPlace[]
  /** Removes what was made for it. */
  remove(): void
}

/**
 * @param material what the server has in memory
 * @param folder where the clients' files are kept. Default: a temporary folder
 */
export function serverPlace(
  { settings }: RedisServer,
  material: Texts,
  folder: string | undefined,
): ServerPlace {
  const isTls = settings['tls-port'] !== 0
  const port = isTls ? settings['tls-port'] : settings.port
  const host = hostOf(settings.bind)
  const unixsocket =
    settings.unixsocket === '' ? undefined : resolveFile(settings, settings.unixsocket)
  const own = clientFilesOf(material)
  const tls = isTls ? filesOf(settings, own, folder) : undefined
  return {
    host,
    port,
    url: port === 0 ? `unix://${unixsocket}` : urlOf({ host, port, tls }),
    plainPort: isTls && settings.port !== 0 ? settings.port : undefined,
    unixsocket,
    tls,
    remove: () => own.remove(),
  }
}

type Files = NonNullable<ClientPlace['tls']>

/** Where a server was given files: its authority, and the pair that Redis itself connects with. */
function filesOf(
  settings: RedisServer['settings'],
  own: ClientFiles,
  folder: string | undefined,
): Files {
  if (isInMemory(settings['tls-cert-file'])) {
    return folder === undefined ? own : kept(own, folder)
  }
  const file = (...names: readonly string[]): string => {
    const name = names.find(one => one !== '')
    return name === undefined ? '' : resolveFile(settings, name)
  }
  return {
    caFile: file(settings['tls-ca-cert-file']),
    certFile: file(settings['tls-client-cert-file'], settings['tls-cert-file']),
    keyFile: file(settings['tls-client-key-file'], settings['tls-key-file']),
  }
}

/** Where the clients of a container find them too. */
function kept({ ca, cert, key }: ClientFiles, folder: string): Files {
  const keep = (name: string, text: string): string => {
    const file = path.join(folder, name)
    if (name.endsWith('.key')) replacePrivateFile(file, text)
    else replaceWhole(file, text, PUBLIC_FILE)
    return file
  }
  fs.mkdirSync(folder, { recursive: true })
  return {
    caFile: keep('ca.crt', ca),
    certFile: keep('client.crt', cert),
    keyFile: keep('client.key', key),
  }
}

/** Where a client on this machine finds what is bound to all addresses. */
const ANY: ReadonlyMap<string, string> = new Map([
  ['*', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::*', '::1'],
  ['::', '::1'],
])

function hostOf(addresses: readonly string[]): string {
  const address = toText(addresses[0] ?? '127.0.0.1').replace(/^-/, '')
  return ANY.get(address) ?? address
}

/** What --ready-file and --json say. Paths are absolute. */
export function placeAsJson(place: ServerPlace): unknown {
  const { host, port, url, plainPort, unixsocket, tls, replicas } = place
  const paths = tls && {
    caFile: path.resolve(tls.caFile),
    certFile: path.resolve(tls.certFile),
    keyFile: path.resolve(tls.keyFile),
  }
  return {
    host,
    port,
    url,
    pid: process.pid,
    tls: paths ?? null,
    plainPort: plainPort ?? null,
    unixsocket: unixsocket ?? null,
    ...(replicas && { replicas }),
  }
}

/** The file is there whole, or not at all. */
export function writePlace(file: string, place: ServerPlace): void {
  const bytes = Buffer.from(jsonText(placeAsJson(place)))
  replaceFile(file, `${file}.${process.pid}.tmp`, out => out(bytes))
}

/** For people who started it with the demo certificates. */
export function howToConnect(place: ServerPlace): string {
  const { host, port, url, tls } = place
  return `TLS on port ${port} with the demo certificates; clients need the one below. To connect:

  redis-cli ${redisCli(place)}

  import { readFileSync } from 'node:fs'
  import { Redis } from 'ioredis'
  const redis = new Redis({ host: '${host}', port: ${port}, tls: {
    ca: readFileSync('${tls?.caFile}'),
    cert: readFileSync('${tls?.certFile}'),
    key: readFileSync('${tls?.keyFile}'),
  } })

  ${url}

The files last as long as the server; --tls-profile valid --tls-profile-dir DIR keeps some.
Plain, as redis-server: redis-tls-mock --port 6379. All that there is: redis-tls-mock --help
`
}

/** For people who started it with a TLS fault. */
export function howToConnectTo(profile: string, place: ServerPlace): string {
  return (
    `TLS profile '${profile}' on port ${place.port}; others by the name that is asked for, as in ` +
    `expired.localhost.\nredis-cli ${redisCli({ ...place, host: 'localhost' })}\n`
  )
}

function redisCli(place: ClientPlace): string {
  return redisCliWords(place, {}).join(' ')
}
