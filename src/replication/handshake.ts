// What a replica says before it gets the stream, and how it takes the answers. A line goes in, and
// what is to be sent next comes out; who owns the connection need not know where it is.

import { requestBlocks } from '../resp3/exchange.ts'

/** What a replica logs in with; empty where the master wants none. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

export interface Introduction extends Credentials {
  readonly port: number
  /** Where this server says that it is; empty if its address tells. */
  readonly host: string
  /** What is to be continued: the stream's name and the next byte; or undefined. */
  readonly wanted: { readonly id: string; readonly from: number } | undefined
  /** The master asked to be replaced: see FAILOVER. */
  readonly isFailover: boolean
}

/** How it ended. */
export type Agreement =
  | { readonly kind: 'full'; readonly id: string; readonly offset: number }
  /** A snapshot of which no name is known: the master knows no PSYNC. */
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'continued'; readonly id: string | undefined }
  /** Not now: try again later, or never, with what the log is told. */
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }

export interface Journal {
  notice(line: string): void
  warning(line: string): void
}

export type HandshakeSteps = Generator<Buffer, Agreement, string>

const NOTHING = Buffer.alloc(0)
const SYNC = Buffer.from('SYNC\r\n')

/** Yields what to send, then gets the line that answers it. */
export function* handshake(own: Introduction, log: Journal): HandshakeSteps {
  const pong = yield request('PING')
  if (!isWelcome(pong)) {
    return { kind: 'refused', reason: `Error reply to PING from master: '${quote(pong, own)}'` }
  }
  log.notice('Master replied to PING, replication can continue...')
  const first = yield* introduce(own, log)
  if (first !== undefined) return first
  return yield* ask(own, log)
}

/** What a master says, for the log: it may say what it was told. */
export function quote(line: string, { user, password }: Credentials): string {
  let said = line
  for (const secret of [password, user]) {
    if (secret !== '') said = said.replaceAll(secret, '(redacted)')
  }
  return said
}

/** Whoever may not PING may do what a replica needs all the same. */
function isWelcome(line: string): boolean {
  return /^(\+|-NOAUTH|-NOPERM|-ERR operation not permitted)/.test(line)
}

/** All of it is sent at once, and the answers come in order. */
function* introduce(
  own: Introduction,
  log: Journal,
): Generator<Buffer, Agreement | undefined, string> {
  const { user, password, port, host } = own
  const requests: Buffer[] = []
  if (password !== '') requests.push(request('AUTH', ...(user === '' ? [] : [user]), password))
  requests.push(request('REPLCONF', 'listening-port', String(port)))
  if (host !== '') requests.push(request('REPLCONF', 'ip-address', host))
  requests.push(request('REPLCONF', 'capa', 'eof', 'capa', 'psync2'))
  let line = yield Buffer.concat(requests)
  if (password !== '') {
    if (line.startsWith('-')) {
      return { kind: 'refused', reason: `Unable to AUTH to MASTER: ${quote(line, own)}` }
    }
    line = yield NOTHING
  }
  mention(quote(line, own), 'listening-port', log)
  if (host !== '') mention(quote(yield NOTHING, own), 'ip-address', log)
  mention(quote(yield NOTHING, own), 'capa', log)
  return undefined
}

function mention(line: string, option: string, log: Journal): void {
  if (!line.startsWith('-')) return
  log.notice(`(Non critical) Master does not understand REPLCONF ${option}: ${line}`)
}

function* ask(own: Introduction, log: Journal): HandshakeSteps {
  const { wanted, isFailover } = own
  const words = wanted === undefined ? ['?', '-1'] : [wanted.id, String(wanted.from)]
  if (wanted === undefined) log.notice('Partial resynchronization not possible (no cached master)')
  else log.notice(`Trying a partial resynchronization (request ${words.join(':')}).`)
  const answer = yield request('PSYNC', ...words, ...(isFailover ? ['FAILOVER'] : []))
  const full = /^\+FULLRESYNC ([0-9a-fA-F]{40}) (\d{1,15})$/.exec(answer)
  if (full !== null) {
    const [, id = '', offset] = full
    log.notice(`Full resync from master: ${id}:${offset}`)
    return { kind: 'full', id, offset: Number(offset) }
  }
  const continued = /^\+CONTINUE(?: ([0-9a-fA-F]{40}))?$/.exec(answer)
  if (continued !== null) {
    log.notice('Successful partial resynchronization with master.')
    return { kind: 'continued', id: continued[1] }
  }
  if (/^-(NOMASTERLINK|LOADING)/.test(answer)) {
    const reason = `Master is currently unable to PSYNC but should be in the future: ${quote(answer, own)}`
    return { kind: 'later', reason }
  }
  if (answer.startsWith('-ERR')) {
    log.notice(`Master does not support PSYNC or is in error state (reply: ${quote(answer, own)})`)
  } else log.warning(`Unexpected reply to PSYNC from master: ${quote(answer, own)}`)
  if (isFailover) return { kind: 'refused', reason: 'Failover target rejected psync request' }
  log.notice('Retrying with SYNC...')
  // No answer of one line follows: the snapshot does.
  yield SYNC
  return { kind: 'unnamed' }
}

function request(...words: readonly string[]): Buffer {
  return Buffer.concat(requestBlocks(words))
}
