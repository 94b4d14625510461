// `redis-tls-mock exec`: a program beside a server of its own, in any language, on any CI.

import fs from 'node:fs'
import { constants } from 'node:os'
import { ClientFiles } from '../testing/client-files.ts'
import { connectionVariables, type Login } from '../testing/connect-options.ts'
import { ProgramError, type ProgramExit, runProgram } from '../tools/program.ts'
import { toText } from '../util/bytes.ts'
import { printableByteLines } from '../util/printable.ts'
import { UsageError } from './options.ts'
import { print, say, sayLines } from './out.ts'
import type { ServerPlace } from './place.ts'
import { openServer, type Served } from './serve.ts'
import { optionValue, readServerWords, type ServerWords } from './server-words.ts'

const EXEC_USAGE = `Usage: redis-tls-mock exec [options] -- COMMAND [ARGUMENT ...]

Starts a server, waits until it listens, runs COMMAND, and ends with it. The server is on a free
port of this machine, over TLS alone, with the demo certificates; a client certificate is required.
COMMAND finds it in REDIS_URL, REDIS_HOST, REDIS_PORT, REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE and
REDIS_TLS_KEY_FILE, and as {url} {host} {port} {ca} {cert} {key} in its arguments. With
--requirepass the password is in REDIS_URL and REDIS_PASSWORD.

Options are the server's, as of redis-tls-mock itself; a configuration file may come first, whose
ports do not count. Among them:

  --port auto          without TLS
  --tls-port PORT      this port instead of a free one
  --tls-profile NAME   with a TLS fault: see redis-tls-mock tls profiles
  --tls-host NAME,...  names that the server's certificate is for, beside localhost
  --p12                for Java as well: REDIS_TLS_P12_FILE, REDIS_TLS_TRUSTSTORE_FILE and the
                        password of both, REDIS_TLS_P12_PASSWORD; {p12} {truststore}
  --mock-command       tests may move the clock, break the server and look into it: MOCK HELP
  --replicas N         so many replicas beside it: REDIS_REPLICA_URLS, with commas in between
  --ready-file FILE    where it listens, as JSON
  --logfile FILE       the log of the server, which is not shown

Signals are passed on to COMMAND. Ends with what COMMAND ended with, or with 128 and the number of
the signal that ended it; with 127 if there is no such command, with 126 if it may not be run, with
1 if the server could not start, with 2 if the options are wrong.
`

/** Resolves to the exit code. */
export async function exec(words: readonly string[]): Promise<number> {
  const at = words.indexOf('--')
  const options = at < 0 ? words : words.slice(0, at)
  if (options.includes('--help') || options.includes('-h')) return print(EXEC_USAGE)
  const command = at < 0 ? [] : words.slice(at + 1)
  if (command.length === 0) throw new UsageError('Which command? Name it after --')
  const served = await openHere(readServerWords(options.filter(word => word !== FOR_JAVA)))
  if (served === undefined) return 1
  try {
    return codeOf(await runBeside(served, command, options.includes(FOR_JAVA)))
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    say(`redis-tls-mock exec: ${error.message}`)
    return error.isMissing ? 127 : 126
  } finally {
    served.listeners.close()
    served.server.close()
    served.place.remove()
  }
}

/** On a free port over TLS, unless a port is named. */
async function openHere(words: ServerWords): Promise<Served | undefined> {
  const { rest, anyPort, isJson } = words
  if (isJson) throw new UsageError('--json has no use here; there is --ready-file FILE')
  const isNamed = (option: string): boolean => (optionValue(rest, option) ?? '0') !== '0'
  const isPlain = anyPort.includes('tcp') || isNamed('--port')
  const isTls = anyPort.includes('tls') || isNamed('--tls-port') || words.profile !== undefined
  const log: string[] = []
  const served = await openServer(
    { ...words, rest: isPlain ? rest : withoutPlainPort(rest) },
    {
      usesKit: words.profile === undefined && (isTls || !isPlain),
      anyPort: isPlain || isNamed('--tls-port') ? anyPort : ['tls'],
      endsByItself: false,
      // What the program says is not to be mixed with it.
      logTo: line => log.push(line),
    },
  )
  if (served === undefined) sayLines(printableByteLines(log.map(line => `${line}\n`).join('')))
  return served
}

/** A configuration file has its say in everything else. */
function withoutPlainPort(words: readonly string[]): readonly string[] {
  const [first = '--'] = words
  const at = first.startsWith('-') ? 0 : 1
  return [...words.slice(0, at), '--port', '0', ...words.slice(at)]
}

const FOR_JAVA = '--p12'

async function runBeside(
  { server, place }: Served,
  command: readonly string[],
  isForJava: boolean,
): Promise<ProgramExit> {
  const { requirepass } = server.settings
  const login = requirepass === '' ? {} : { password: toText(requirepass) }
  const stores = isForJava ? filesIn(place) : undefined
  try {
    return await runProgram({
      command,
      place,
      variables: {
        ...connectionVariables(place, login, stores),
        ...replicaVariables(place, login),
      },
    })
  } finally {
    stores?.remove()
  }
}

function replicaVariables({ replicas, tls }: ServerPlace, login: Login): Record<string, string> {
  if (replicas === undefined) return {}
  const urls = replicas.map(one => connectionVariables({ ...one, tls }, login).REDIS_URL)
  return { REDIS_REPLICA_URLS: urls.join(',') }
}

/** Whoever they were made by; those in other forms lie in a folder of their own. */
function filesIn({ tls }: ServerPlace): ClientFiles | undefined {
  if (tls === undefined) return undefined
  const read = (file: string): string => fs.readFileSync(file, 'utf8')
  return new ClientFiles({
    ca: read(tls.caFile),
    cert: read(tls.certFile),
    key: read(tls.keyFile),
  })
}

/** As shells say it. */
function codeOf({ code, signal }: ProgramExit): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
