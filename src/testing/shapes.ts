// What the functions of the library take: a table for each, which the types follow. Loaded when
// somebody gives the first of them something.

import { DIRECTIVES } from '../host/config/directives.ts'
import { PARAMETERS } from '../host/config/parameters.ts'
import type { CommandCatalogue } from '../table/catalogue.ts'
import { fromText, lowerCase } from '../util/bytes.ts'
import { suggest } from '../util/suggest.ts'
import type { ClusterOptions } from './cluster/options.ts'
import { names } from './command-name.ts'
import { readDuration } from './duration.ts'
import type { NodeOptions, ReplicationOptions } from './replication/options.ts'
import {
  ANY_BOOLEAN,
  ANY_FUNCTION,
  ANY_NUMBER,
  checkOption,
  either,
  listOf,
  OptionError,
  type OptionKind,
  type OptionShape,
  objectOf,
  type Place,
  recordOf,
  SECRET,
  TEXT,
  unknownName,
  whole,
  wordOf,
} from './shape.ts'
import type { StartOptions, StrictOptions, TlsMaterial } from './start-options.ts'
import * as hostNames from './tls/host-names.ts'

/** Every name that an option may have, of one kind or another. */
type ShapeOf<T> = Readonly<Record<keyof T, OptionKind>>

// ---- startRedis() -------------------------------------------------------------------------------

const BYTES: OptionKind = {
  what: 'bytes',
  fits: value => value instanceof Uint8Array,
  isSecret: true,
}
const PART: OptionKind = either(SECRET, BYTES)
const PEM: OptionKind = {
  ...either(PART, listOf(PART, 'several of them')),
  what: 'PEM, as a text or as bytes',
}

const HOST: OptionKind = {
  ...TEXT,
  fits: (value, { who, path }) => {
    if (typeof value !== 'string') return false
    try {
      return hostNames.hostName(value) !== ''
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new OptionError(`${who}: ${path}: ${reason}`, 'ERR_OPTION_VALUE', path)
    }
  },
}

const TLS: ShapeOf<TlsMaterial> = {
  cert: PEM,
  key: PEM,
  certFile: TEXT,
  keyFile: TEXT,
  ca: PEM,
  caFile: TEXT,
  clientCert: PEM,
  clientKey: PEM,
  clientCertFile: TEXT,
  clientKeyFile: TEXT,
  serverCa: PEM,
  serverCaFile: TEXT,
  authClients: wordOf('yes', 'no', 'optional', true, false),
  profile: TEXT,
  hosts: listOf(HOST, "a list of host names and addresses, such as ['redis']"),
}

/** Names that node:tls and clients have for something. */
const MEANT: Readonly<Record<string, string>> = {
  ciphers: "it is a setting: config: { 'tls-ciphers': … }",
  host: "addresses are a setting: config: { bind: '127.0.0.1' }",
  maxVersion: "it is a setting: config: { 'tls-protocols': 'TLSv1.2' }",
  minVersion: "it is a setting: config: { 'tls-protocols': 'TLSv1.3' }",
  passphrase: "it is a setting: config: { 'tls-key-file-pass': … }",
  password: "the default user's password is requirepass",
  rejectUnauthorized: "whether clients need a certificate is authClients: 'yes', 'no', 'optional'",
  requestCert: "whether clients need a certificate is authClients: 'yes', 'no', 'optional'",
}

const WORD: OptionKind = either(TEXT, ANY_NUMBER)
const SETTING: OptionKind = {
  ...either(SECRET, ANY_NUMBER, ANY_BOOLEAN, listOf(WORD, 'a list of them')),
  what: 'a text, a number, true or false, or a list of texts and numbers',
}

const RULES: OptionKind = {
  ...either(SECRET, listOf(SECRET, 'a list of them')),
  what: "ACL rules: a text such as 'on >secret ~app:* +@read', or a list of words",
}

const STRICT: ShapeOf<StrictOptions> = {
  commands: listOf(TEXT, 'a list of commands'),
  errors: ANY_BOOLEAN,
}

function tlsOf(shape: OptionShape): OptionKind {
  const advice = (name: string) => MEANT[name] ?? asSetting(name) ?? above(name)
  const what = 'true, false or an object such as { cert, key, ca }'
  return { ...either(ANY_BOOLEAN, objectOf(shape, advice)), what }
}

const START: ShapeOf<StartOptions> = {
  tls: tlsOf(TLS),
  port: whole(0, 65535),
  unixsocket: TEXT,
  users: recordOf(RULES, 'an object of ACL rules by the names of users'),
  aclfile: TEXT,
  requirepass: SECRET,
  config: recordOf(SETTING, 'an object of settings by their names'),
  randomSeed: ANY_NUMBER,
  mockCommand: ANY_BOOLEAN,
  rdbVersion: whole(10, 12),
  log: ANY_FUNCTION,
  unref: ANY_BOOLEAN,
  strict: {
    ...either(ANY_BOOLEAN, objectOf(STRICT)),
    what: 'true, false or an object such as { commands }',
  },
  thread: ANY_BOOLEAN,
}

const START_OPTIONS = objectOf(START, name => belowTls(name) ?? MEANT[name] ?? asSetting(name))

function belowTls(name: string): string | undefined {
  return name in TLS ? `it belongs below tls: { ${name}: … }` : undefined
}

function above(name: string): string | undefined {
  return name in START ? 'it does not belong below tls' : undefined
}

function asSetting(name: string): string | undefined {
  return Object.hasOwn(PARAMETERS, name) ? `it is a setting: config: { '${name}': … }` : undefined
}

// ---- startReplication() -------------------------------------------------------------------------

const { thread: _, tls: __, ...NODE } = START
const { profile: ___, hosts: ____, ...SET_TLS } = TLS
const REPLICA = objectOf(NODE satisfies ShapeOf<NodeOptions>, asSetting)
const SET_OPTIONS = objectOf(
  {
    ...NODE,
    tls: tlsOf(SET_TLS),
    replicas: either(whole(1, 20), listOf(REPLICA, 'a list of options, one a replica')),
  } satisfies ShapeOf<ReplicationOptions>,
  name => belowTls(name) ?? MEANT[name] ?? asSetting(name),
)

/** @throws OptionError */
export function checkReplication(options: unknown): void {
  checkOption(options, SET_OPTIONS, { who: 'startReplication()', path: '' })
}

// ---- startCluster() -----------------------------------------------------------------------------

const { port: _____, unixsocket: ______, ...MEMBER } = NODE
const CLUSTER_OPTIONS = objectOf(
  {
    ...MEMBER,
    tls: tlsOf(SET_TLS),
    masters: whole(1, 20),
    replicas: whole(0, 5),
  } satisfies ShapeOf<ClusterOptions>,
  name => belowTls(name) ?? MEANT[name] ?? asSetting(name),
)

/** @throws OptionError */
export function checkCluster(options: unknown): void {
  checkOption(options, CLUSTER_OPTIONS, { who: 'startCluster()', path: '' })
}

const SETTING_NAMES: readonly string[] = [
  ...Object.entries(PARAMETERS).flatMap(([name, { flags }]) => [name, flags.alias ?? []].flat()),
  'user',
  'rename-command',
]

/** Whether redis.conf has such a line, and if not, what was meant. */
export function settingHint(name: string): string | undefined {
  const wanted = lowerCase(name)
  if (DIRECTIVES.has(wanted) || wanted.includes('.') || SETTING_NAMES.includes(wanted)) {
    return undefined
  }
  const meant = suggest(name, SETTING_NAMES)
  return meant === undefined ? '' : `; did you mean '${meant}'?`
}

/** @throws OptionError */
export function checkStart(options: unknown): void {
  checkOption(options, START_OPTIONS, { who: 'startRedis()', path: '' })
}

// ---- Of a running server ------------------------------------------------------------------------

const DURATION: OptionKind = {
  what: "a duration: milliseconds, or e.g. '90s', '1h30m'",
  fits: value => readDuration(value) !== undefined,
}

/** @param isKnown of names that are none of the catalogue's: whether they go all the same */
function commandKind(catalogue: CommandCatalogue, isKnown: (name: string) => boolean): OptionKind {
  return {
    what: 'the name of a command',
    fits: (value, place) => {
      if (typeof value !== 'string') return false
      const [name = ''] = names(value)
      if (catalogue.byFullName(fromText(name)) !== undefined || isKnown(name)) return true
      const known = catalogue.all.map(command => command.name.replace('|', ' '))
      throw unknownName(place, `knows no command '${value}'`, name.replace('|', ' '), known)
    },
  }
}

/** Beside `command`. */
export const FILTER = { key: TEXT, user: TEXT, where: ANY_FUNCTION } as const satisfies OptionShape

function filterShape(command: OptionKind): OptionShape {
  return { command: either(command, listOf(command, 'a list of them')), ...FILTER }
}

const NEVER_MORE: OptionKind = {
  what: 'Infinity',
  fits: value => value === Number.POSITIVE_INFINITY,
}
const NOT_BLANK: OptionKind = {
  what: "the text of an error, such as 'LOADING Redis is loading'",
  fits: value => typeof value === 'string' && value.trim() !== '',
}

/** Beside the filter. */
export const FAULT = {
  clientId: whole(1),
  skip: whole(0),
  times: either(whole(0), NEVER_MORE),
  error: NOT_BLANK,
  reply: TEXT,
  delay: DURATION,
  hang: wordOf(true),
  drop: wordOf('before', 'after', 'replied'),
  reset: wordOf(true),
  slice: whole(1),
} as const satisfies OptionShape

/** @throws OptionError */
export function checkFault(options: unknown, catalogue: CommandCatalogue): void {
  const command = commandKind(catalogue, () => false)
  const kind = objectOf({ ...filterShape(command), ...FAULT })
  checkOption(options, kind, { who: 'fault()', path: '' })
}

/** Commands that are none go as far as clients have sent them. @throws OptionError */
export function checkFilter(
  who: string,
  filter: unknown,
  catalogue: CommandCatalogue,
  isKnown: (name: string) => boolean,
): void {
  checkOption(filter, objectOf(filterShape(commandKind(catalogue, isKnown))), { who, path: '' })
}

/** @throws OptionError */
export function checkCommands(
  who: string,
  list: unknown,
  catalogue: CommandCatalogue,
  isKnown: (name: string) => boolean,
): void {
  const kind = listOf(commandKind(catalogue, isKnown), "a list of commands, such as ['get']")
  checkOption(list, kind, { who, path: '' })
}

export const EVENTS = [
  'command',
  'denied',
  'client',
  'handshake',
  'handshakeError',
  'disconnect',
] as const

/** @throws OptionError */
export function checkEvent(event: unknown): void {
  const known: readonly string[] = EVENTS
  if (typeof event === 'string' && known.includes(event)) return
  const place: Place = { who: 'redis', path: 'event' }
  throw unknownName(place, `has no event '${String(event)}'`, String(event), known)
}

export const LOGIN = { username: TEXT, password: SECRET } as const satisfies OptionShape

/** @throws OptionError */
export function checkConnect(client: unknown, login: unknown, clients: readonly string[]): void {
  const place: Place = { who: 'connectOptions()', path: 'client' }
  if (typeof client !== 'string' || !clients.includes(client)) {
    throw unknownName(place, `knows no client '${String(client)}'`, String(client), clients)
  }
  checkLogin(place.who, login)
}

/** @throws OptionError */
export function checkEnv(login: unknown, options: unknown): void {
  checkLogin('env()', login)
  checkOption(options, objectOf({ p12: ANY_BOOLEAN }), { who: 'env()', path: '' })
}

function checkLogin(who: string, login: unknown): void {
  checkOption(login, either(objectOf(LOGIN), wordOf(false)), { who, path: 'login' })
}

export const WAIT = { timeout: DURATION } as const satisfies OptionShape

/** @throws OptionError */
export function checkSettled(options: unknown): void {
  checkOption(options, objectOf(WAIT), { who: 'settled()', path: '' })
}

/** @throws OptionError */
export function checkWait(key: unknown, options: unknown): void {
  if (key !== undefined) checkOption(key, TEXT, { who: 'waitFor()', path: 'key' })
  checkOption(options, objectOf(WAIT), { who: 'waitFor()', path: '' })
}
