// A server with more than redis-server has: over TLS with the demo certificates or with a TLS
// fault, on any free port, with MOCK, and which says in JSON where it listens. Its command line is
// redis-server's but for the options that server-words.ts takes out.

import fs from 'node:fs'
import type { Directive } from '../host/config/directives.ts'
import { materialOf, memoryDirectives, memoryFiles } from '../testing/client-files.ts'
import type { Lab } from '../testing/tls/lab.ts'
import { profileNamed } from '../testing/tls/profiles.ts'
import { fromText } from '../util/bytes.ts'
import { printableByteLines } from '../util/printable.ts'
import { isMisspelt } from './commands.ts'
import { noSuch } from './help.ts'
import type { withMock } from './mock-command.ts'
import { UsageError } from './options.ts'
import { print, printJsonLine, sayLines } from './out.ts'
import {
  howToConnect,
  howToConnectTo,
  placeAsJson,
  type ServerPlace,
  serverPlace,
  writePlace,
} from './place.ts'
import type { ReplicaSet } from './replica-set.ts'
import { type Extras, type Opened, open } from './run.ts'
import { optionValue, readServerWords, type ServerWords } from './server-words.ts'

/** Resolves to the exit code, which is 0 for a server that goes on. */
export async function serveMore(words: readonly string[]): Promise<number> {
  const found = readServerWords(words)
  const { rest, anyPort, profile, isJson } = found
  const isBare = rest.length === 0 && anyPort.length === 0
  const usesKit = profile === undefined && (isBare || anyPort.includes('tls'))
  const served = await openServer(found, {
    usesKit,
    anyPort,
    endsByItself: true,
    logTo: isJson ? line => sayLines(printableByteLines(`${line}\n`)) : undefined,
    listening(place) {
      if (isJson) printJsonLine(placeAsJson(place))
      else if (profile !== undefined) print(howToConnectTo(profile, place))
      else if (usesKit) print(howToConnect(place))
    },
  })
  return served === undefined ? 1 : 0
}

export interface ServerWishes extends Pick<Extras, 'endsByItself' | 'logTo'> {
  /** The demo certificates, unless others are named. */
  readonly usesKit: boolean
  /** What listens on any free port. */
  readonly anyPort: readonly ('tcp' | 'tls')[]
  readonly listening?: (place: ServerPlace) => void
}

export interface Served extends Opened {
  readonly place: ServerPlace
}

/**
 * Resolves to undefined if it cannot start, which has been said then.
 * @throws UsageError
 */
export async function openServer(
  words: ServerWords,
  wishes: ServerWishes,
): Promise<Served | undefined> {
  refuse(words)
  const { profile, hosts, readyFile, rdbVersion } = words
  if (readyFile !== undefined) removeAtEnd(readyFile)
  const lab = profile === undefined ? undefined : await openLab(profile, hosts)
  const material = lab === undefined ? {} : materialOf(lab)
  const isTls = wishes.usesKit || wishes.anyPort.includes('tls')
  const set = words.replicas === 0 ? undefined : await openSet(words, isTls)
  const mock = words.isMock
    ? (await import('./mock-command.ts')).withMock(...clockOf(set))
    : undefined
  const isInMemory = wishes.usesKit || lab !== undefined
  let place: ServerPlace | undefined
  const opened = await open(words.rest, {
    options: { ...(set && { clock: set.clock }), ...mock?.options, rdbVersion },
    prepare: server => mock?.prepare(server),
    directives: given => {
      const all = inOrder(given, isInMemory, lab !== undefined, wishes.anyPort)
      return set === undefined ? all : set.directives(all)
    },
    listeners: {
      anyPort: wishes.anyPort,
      ...(isInMemory && { memoryFiles: memoryFiles(material) }),
      ...(lab && { tlsFront: lab }),
      ...(set && { detour: set.detour }),
    },
    logTo: wishes.logTo,
    endsByItself: wishes.endsByItself,
    async listening(server) {
      await lab?.prepare()
      const alone = serverPlace(server, material, words.profileFolder)
      place = set === undefined ? alone : { ...alone, replicas: await set.start(server, alone) }
      if (readyFile !== undefined) writePlace(readyFile, place)
      wishes.listening?.(place)
    },
  })
  return opened && place && { ...opened, place }
}

/** Settings that a profile or a name decides, so that they cannot be given beside it. */
const DECIDED = ['tls-cert-file', 'tls-key-file', 'tls-ca-cert-file', 'tls-ca-cert-dir']

function openSet(words: ServerWords, isTls: boolean): Promise<ReplicaSet> {
  return import('./replica-set.ts').then(loaded => new loaded.ReplicaSet(words, isTls))
}

function clockOf(set: ReplicaSet | undefined): Parameters<typeof withMock> {
  return set === undefined ? [] : [set.clock, set.isLink]
}

function refuse({ rest, profile, hosts, replicas }: ServerWords): void {
  const [first] = rest
  if (first !== undefined && isMisspelt(first)) throw new UsageError(noSuch(first))
  if (profile === undefined) return
  if (replicas > 0) throw new UsageError('--replicas cannot be beside a TLS profile')
  const decided = DECIDED.find(name => optionValue(rest, `--${name}`) !== undefined)
  if (decided === undefined) return
  throw new UsageError(`${hosts.length > 0 ? '--tls-host' : '--tls-profile'} decides ${decided}`)
}

/** Nobody takes the file of a server before us for ours, nor ours for that of one behind us. */
function removeAtEnd(readyFile: string): void {
  const remove = (): void => fs.rmSync(readyFile, { force: true })
  remove()
  process.once('exit', remove)
}

async function openLab(profile: string, hosts: readonly string[]): Promise<Lab> {
  const [{ Lab }, { hostName }] = await Promise.all([
    import('../testing/tls/lab.ts'),
    import('../testing/tls/host-names.ts'),
  ])
  return Lab.open({ profile: profileNamed(profile).name, hosts: hosts.map(hostName) })
}

const DEFAULT_PORT = '6379'

/** TLS alone, unless a plain port is given; the last directive of a name counts. */
function* inOrder(
  given: Iterable<Directive>,
  isInMemory: boolean,
  isFault: boolean,
  anyPort: readonly ('tcp' | 'tls')[],
): Generator<Directive> {
  const memory = memoryDirectives().map(words => words.map(fromText))
  if (isInMemory) yield* [['port', '0'], ['tls-port', DEFAULT_PORT], ...memory]
  yield* given
  for (const kind of anyPort) yield [kind === 'tcp' ? 'port' : 'tls-port', '0']
  if (isFault) yield* memory
}
