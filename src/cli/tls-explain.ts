// `redis-tls-mock tls explain`: why a Redis cannot be reached over TLS, step by step, with the cure
// for each client library; or why a replica does not get in step with its master.

import { LIBRARIES, libraryNamed } from '../testing/tls/cures.ts'
import { explainConnection, type Question } from '../testing/tls/explain/connection.ts'
import { readRedisUrl } from '../tools/connection.ts'
import { addressText } from '../transport/connection.ts'
import { toText } from '../util/bytes.ts'
import type { ClientValues } from './explain-link.ts'
import { EXPLAIN_FORMS, type Explained, explanations } from './explain-reports.ts'
import { readBytes } from './input.ts'
import {
  HELP,
  type OptionTable,
  optionLines,
  readOptions,
  UsageError,
  wholeNumber,
} from './options.ts'
import { print } from './out.ts'
import { readOutputs, reporterOption, writeOutputs } from './outputs.ts'

export const EXPLAIN_OPTIONS = {
  cacert: { type: 'string', value: 'FILE', what: 'the authority that the client trusts' },
  cert: { type: 'string', value: 'FILE', what: "the client's certificate, with" },
  key: { type: 'string', value: 'FILE', what: 'its key' },
  sni: {
    type: 'string',
    value: 'NAME',
    what: 'the name to ask for and to compare with, if it is not the host',
  },
  user: { type: 'string', value: 'NAME', what: 'user and' },
  pass: {
    type: 'string',
    value: 'PASSWORD',
    what: 'password, if they are not in the URL (or REDISCLI_AUTH)',
  },
  client: {
    type: 'string',
    value: 'LIBRARY',
    words: LIBRARIES,
    what: `cures for this library only: ${LIBRARIES.join(', ')}`,
  },
  timeout: { type: 'string', value: 'SECONDS', what: 'how long a step may take (default: 5)' },
  replica: {
    type: 'boolean',
    what: "the link of a replica: the URL is its master's, user and password masteruser and masterauth",
  },
  conf: {
    type: 'string',
    value: 'FILE',
    what: "the replica's redis.conf, which says it all: replicaof, tls-*, masteruser, masterauth",
  },
  'replica-version': {
    type: 'string',
    value: 'VERSION',
    what: 'which Redis the replica is (default: 7.4)',
  },
  days: {
    type: 'string',
    value: 'N',
    what: 'a certificate that ends in less than N days is wrong',
  },
  reporter: reporterOption(EXPLAIN_FORMS),
  json: { type: 'boolean', what: 'as --reporter json' },
  ...HELP,
} as const satisfies OptionTable

const EXPLAIN_USAGE = `Usage: redis-tls-mock tls explain rediss://[user:password@]host[:port] ... [options]
       redis-tls-mock tls explain --replica rediss://[user:password@]master[:port] ... [options]
       redis-tls-mock tls explain --conf redis.conf

Connects to any Redis and tells step by step what is right, wrong or doubtful, and what to change.
For a replica it says to the master what a replica says, and begins no synchronization.

${optionLines(EXPLAIN_OPTIONS)}
Several URLs may be given. Ends with 0 if nothing is wrong, with 1 if something is.
`

/** Resolves to the exit code. */
export async function tlsExplain(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, EXPLAIN_OPTIONS)
  if (values.help) return print(EXPLAIN_USAGE)
  const isLink = values.replica === true || values.conf !== undefined
  if (rest.length === 0 && values.conf === undefined) {
    throw new UsageError('Which server? rediss://host:port')
  }
  const places = rest.map(placeIn)
  const library = libraryNamed(values.client ?? (isLink ? 'redis-server' : undefined))
  const outputs = readOutputs(values.json ? ['json'] : values.reporter, EXPLAIN_FORMS)
  const limits = {
    ...(values.days !== undefined && { leastDays: wholeNumber('days', values.days) }),
    ...(values.timeout !== undefined && {
      timeoutMs: 1000 * wholeNumber('timeout', values.timeout),
    }),
  }
  const found = isLink
    ? await (await import('./explain-link.ts')).explainLinks(places, values, limits)
    : await explainPlaces(places, values, limits)
  writeOutputs(outputs, form => explanations(form, found, library))
  return found.some(({ steps }) => steps.some(({ verdict }) => verdict === 'wrong')) ? 1 : 0
}

function explainPlaces(
  places: readonly Place[],
  values: ClientValues,
  limits: { readonly leastDays?: number; readonly timeoutMs?: number },
): Promise<Explained[]> {
  const files = { ca: read(values.cacert), cert: read(values.cert), key: read(values.key) }
  return Promise.all(
    places.map(async place => ({
      target: addressText(place.host, place.port),
      steps: await explainConnection({
        ...place,
        username: values.user ?? place.username,
        password: values.pass ?? place.password ?? process.env['REDISCLI_AUTH'],
        serverName: values.sni,
        ...files,
        ...limits,
      }),
    })),
  )
}

type Place = Pick<Question, 'host' | 'port' | 'isPlain' | 'username' | 'password'>

function placeIn(text: string): Place {
  const url = readRedisUrl(text.includes('://') ? text : `rediss://${text}`)
  return {
    host: url.host,
    port: url.port,
    isPlain: /^redis:\/\//i.test(text),
    ...(url.user !== undefined && { username: toText(url.user) }),
    ...(url.password !== undefined && { password: toText(url.password) }),
  }
}

function read(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readBytes(file)
}
