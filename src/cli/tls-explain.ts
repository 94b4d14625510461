// `redis-tls-mock tls explain`: why a Redis cannot be reached over TLS, step by step, with the cure
// for each client library.

import { LIBRARIES, type Library, libraryNamed } from '../testing/tls/cures.ts'
import { explainConnection, type Question, type Step } from '../testing/tls/explain/connection.ts'
import { readRedisUrl } from '../tools/connection.ts'
import { toText } from '../util/bytes.ts'
import { printable } from '../util/printable.ts'
import { readBytes } from './input.ts'
import {
  HELP,
  type OptionTable,
  optionLines,
  readOptions,
  UsageError,
  wholeNumber,
} from './options.ts'
import { print, printJson } from './out.ts'

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
  json: { type: 'boolean', what: 'for programs' },
  ...HELP,
} as const satisfies OptionTable

export const EXPLAIN_USAGE = `Usage: redis-tls-mock tls explain rediss://[user:password@]host[:port] [options]

Connects to any Redis and tells step by step what is right, wrong or doubtful, and what to change.

${optionLines(EXPLAIN_OPTIONS)}
Ends with 0 if nothing is wrong, with 1 if something is.
`

/** Resolves to the exit code. */
export async function tlsExplain(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, EXPLAIN_OPTIONS)
  if (values.help) return print(EXPLAIN_USAGE)
  const [url] = rest
  if (url === undefined || rest.length > 1) throw new UsageError('Which server? rediss://host:port')
  const place = placeIn(url)
  const password = values.pass ?? place.password ?? process.env['REDISCLI_AUTH']
  const steps = await explainConnection({
    ...place,
    username: values.user ?? place.username,
    password,
    serverName: values.sni,
    ca: read(values.cacert),
    cert: read(values.cert),
    key: read(values.key),
    ...(values.timeout !== undefined && {
      timeoutMs: 1000 * wholeNumber('timeout', values.timeout),
    }),
  })
  const library = libraryNamed(values.client)
  if (values.json) printJson(steps)
  else print(explanation(steps, library))
  return steps.some(({ verdict }) => verdict === 'wrong') ? 1 : 0
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

const MARKS = { right: 'right', wrong: 'WRONG', doubtful: 'doubtful', unknown: '-' } as const

/** Lines that several steps have in common are told where they are first met. */
export function explanation(steps: readonly Step[], only: Library | undefined): string {
  const told = new Set<string>()
  const lines = steps.flatMap(({ name, verdict, text, cure, cures }) => {
    const own = LIBRARIES.filter(library => only === undefined || library === only).flatMap(
      library => {
        const line = cures && `${library.padEnd(21)}${cures[library]}`
        if (line === undefined || told.has(line)) return []
        told.add(line)
        return [indented(line)]
      },
    )
    const head = `${MARKS[verdict].padEnd(10)}${name.padEnd(20)}${printable(text)}`
    return [head, ...(cure === undefined ? [] : [indented(printable(cure))]), ...own]
  })
  return `${[...lines, '', conclusion(steps)].join('\n')}\n`
}

function conclusion(steps: readonly Step[]): string {
  const first = steps.find(({ verdict }) => verdict === 'wrong')
  const doubts = steps.filter(({ verdict }) => verdict === 'doubtful').length
  const rest = doubts === 0 ? '' : `, ${doubts} doubtful`
  if (first === undefined) return `Nothing is wrong${rest}.`
  const wrong = steps.filter(({ verdict }) => verdict === 'wrong').length
  return `${wrong} wrong${rest}. Begin with: ${first.name}.`
}

function indented(text: string): string {
  return `${' '.repeat(32)}${text}`
}
