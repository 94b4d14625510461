// What a replica says to its master, up to where a synchronization would begin: it is asked for in
// a way that the master refuses as the very last thing, behind all other reasons to refuse it, so
// that no snapshot is made.

import type { Reply } from '../../../resp3/decoder.ts'
import { ReplyReader, requestBytes } from '../../../resp3/exchange.ts'
import { openSocket } from '../../../transport/outgoing.ts'
import { fromText } from '../../../util/bytes.ts'
import { CLOSED, coded, SILENT } from './session.ts'
import type { LinkQuestion } from './step.ts'

/** What it asks, in this order. */
export type LinkRequest = 'PING' | 'AUTH' | 'REPLCONF' | 'PSYNC' | 'FUNCTION DUMP'

export interface LinkTalk {
  /** The connection stood, with TLS if it was to be TLS. */
  readonly isOpen: boolean
  /** As far as it came. */
  readonly replies: ReadonlyMap<LinkRequest, Reply>
  /** How it ended before all replies were there; undefined: they came. */
  readonly error: NodeJS.ErrnoException | undefined
}

/** An offset that is no number. */
const IMPOSSIBLE = 'impossible'
const LIMITS = { bytes: 64 * 1024 * 1024, elements: 1024, depth: 8 }

/** Yields a request, then gets its reply. */
function* conversation({
  username,
  password,
}: LinkQuestion): Generator<readonly [LinkRequest, ...string[]], void, Reply> {
  if (!isWelcome(yield ['PING', 'PING'])) return
  if (password !== undefined) {
    const login = username === undefined ? [password] : [username, password]
    if ((yield ['AUTH', 'AUTH', ...login.map(fromText)]).type === 'error') return
  }
  yield ['REPLCONF', 'REPLCONF', 'capa', 'eof', 'capa', 'psync2']
  const { type } = yield ['PSYNC', 'PSYNC', '?', IMPOSSIBLE]
  // A server that begins one all the same is left alone.
  if (type !== 'error') return
  // The one payload that there is without a key; its end says the version.
  yield ['FUNCTION DUMP', 'FUNCTION', 'DUMP']
}

/** A replica goes on where it may not PING, or has to log in first. */
function isWelcome(reply: Reply): boolean {
  return reply.type === 'simple' || (reply.type === 'error' && /^NO(AUTH|PERM)/.test(reply.text))
}

export function talkAsReplica(question: LinkQuestion): Promise<LinkTalk> {
  const { host, port, link, timeoutMs } = question
  return new Promise(resolve => {
    const replies = new Map<LinkRequest, Reply>()
    const reader = new ReplyReader(LIMITS)
    const steps = conversation(question)
    let isOpen = false
    let asked: LinkRequest = 'PING'
    const socket = openSocket({ host, port, tls: link }, () => {
      isOpen = true
      advance(steps.next())
    })
    const end = (error: NodeJS.ErrnoException | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ isOpen, replies, error })
    }
    // In all: what comes byte by byte is no answer either.
    const timer = setTimeout(() => end(coded(SILENT)), timeoutMs)
    const advance = ({ value, done }: ReturnType<typeof steps.next>): void => {
      if (done || value === undefined) {
        end(undefined)
        return
      }
      const [name, ...words] = value
      asked = name
      socket.write(requestBytes(...words))
    }
    socket.on('data', chunk => {
      try {
        reader.read(chunk, reply => {
          replies.set(asked, reply)
          advance(steps.next(reply))
        })
      } catch (error) {
        end(error instanceof Error ? error : coded(String(error)))
      }
    })
    socket.once('error', end)
    socket.once('end', () => end(coded(CLOSED)))
    socket.once('close', () => end(coded(CLOSED)))
  })
}
