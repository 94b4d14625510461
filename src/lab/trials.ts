// Clients to see fail: each connects to the attached server with one thing wrong, so that one knows
// what the server says of it, and what the client does.

import net from 'node:net'
import tls from 'node:tls'
import { requestBytes } from '../resp3/exchange.ts'
import type { RunningRedis } from '../testing/running.ts'
import { createAuthority } from '../testing/tls/authority.ts'
import type { TrialResult, TrialView } from './protocol.ts'

interface Trial extends TrialView {
  readonly run: (redis: RunningRedis) => Promise<TrialResult>
}

const PATIENCE_MS = 3000

const TRIALS: readonly Trial[] = [
  { name: 'right', title: 'Everything is right', run: redis => overTls(redis, right(redis)) },
  {
    name: 'no-certificate',
    title: 'No client certificate',
    run: redis => overTls(redis, { ca: redis.tls?.ca }),
  },
  {
    name: 'foreign-certificate',
    title: 'Certificate of another authority',
    run: async redis => {
      const authority = await createAuthority({ name: 'Another authority' })
      const { cert, key } = await authority.client('app')
      return overTls(redis, { ca: redis.tls?.ca, cert, key })
    },
  },
  {
    name: 'expired-certificate',
    title: 'Expired certificate, of another authority',
    run: async redis => {
      const authority = await createAuthority({ name: 'Another authority' })
      const [from, to] = [new Date(Date.now() - 2 * DAY_MS), new Date(Date.now() - DAY_MS)]
      const { cert, key } = await authority.client('app', { from, to })
      return overTls(redis, { ca: redis.tls?.ca, cert, key })
    },
  },
  {
    name: 'distrust',
    title: "Does not trust the server's authority",
    run: redis => overTls(redis, { ...right(redis), ca: undefined }),
  },
  {
    name: 'old-version',
    title: 'TLS 1.1 only',
    run: redis =>
      overTls(redis, {
        ...right(redis),
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      }),
  },
  { name: 'plain', title: 'No TLS at all (redis:// instead of rediss://)', run: overPlain },
]
const DAY_MS = 24 * 3600 * 1000

export function trialViews(): TrialView[] {
  return TRIALS.map(({ name, title }) => ({ name, title }))
}

/** Undefined if there is no such trial. */
export function runTrial(redis: RunningRedis, name: string): Promise<TrialResult> | undefined {
  return TRIALS.find(trial => trial.name === name)?.run(redis)
}

function right({ tls: files }: RunningRedis): tls.ConnectionOptions {
  return { ca: files?.ca, cert: files?.cert, key: files?.key }
}

function overTls({ host, port }: RunningRedis, options: tls.ConnectionOptions) {
  return outcome(tls.connect({ host, port, ...options }), 'secureConnect')
}

function overPlain({ host, port }: RunningRedis): Promise<TrialResult> {
  return outcome(net.connect({ host, port }), 'connect')
}

// Under TLS 1.3 a client is connected before the server has judged its certificate, so that only an
// answer proves anything.
function outcome(socket: net.Socket, connected: string): Promise<TrialResult> {
  return new Promise(resolve => {
    const end = (succeeded: boolean, text: string): void => {
      socket.destroy()
      resolve({ succeeded, text })
    }
    socket.setTimeout(PATIENCE_MS, () => end(false, 'No answer.'))
    socket.once(connected, () => socket.write(requestBytes('PING')))
    socket.once('data', () => end(true, 'Connected, and the server answered.'))
    socket.once('error', error => end(false, messageOf(error)))
    socket.once('close', () => end(false, 'The server closed the connection.'))
  })
}

function messageOf(error: NodeJS.ErrnoException): string {
  const { code, message } = error
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`
}
