// What the server takes beside what was agreed on: a handshake for each version of TLS and for each
// group of ciphers, all at once. What is old or weak is open to whoever asks for it.

import net from 'node:net'
import tls from 'node:tls'
import { type Question, type Step, step } from './step.ts'

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
const OLD: ReadonlySet<string> = new Set(['TLSv1', 'TLSv1.1'])

/** Of TLS 1.2 and before, as OpenSSL names them; those that it lacks here are not asked for. */
const GROUPS: readonly (readonly [name: string, ciphers: string, isWeak: boolean])[] = [
  ['AEAD', 'ECDHE+AESGCM:ECDHE+CHACHA20', false],
  ['CBC', 'ECDHE+AES+SHA1:ECDHE+AES+SHA256:ECDHE+AES+SHA384:!AESGCM', false],
  // What OpenSSL allows by default is told, and is no reproach.
  ['no forward secrecy', 'kRSA+AES', false],
  ['3DES', '3DES', true],
  ['RC4', 'RC4', true],
  ['no encryption', 'eNULL:!aNULL', true],
  ['no authentication', 'aNULL:!eNULL', true],
]

const PROBE_MS = 2000

/** Of a server that takes the certificate of the client, or asks for none. */
export async function judgeOffer(question: Question): Promise<Step> {
  const [versions, groups] = await Promise.all([
    taken(VERSIONS, version =>
      takes(question, { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' }),
    ),
    taken(GROUPS, ([, ciphers]) =>
      takes(question, {
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.2',
        ciphers: `${ciphers}:@SECLEVEL=0`,
      }),
    ),
  ])
  const refused = VERSIONS.filter(version => !versions.includes(version))
  const ciphers =
    groups.length === 0 ? '' : ` Ciphers of 1.2: ${groups.map(([n]) => n).join(', ')}.`
  const not = refused.length === 0 ? '' : `, not ${refused.join(', ')}`
  const text = `It takes ${versions.join(', ') || 'no version alone'}${not}.${ciphers}`
  const isOld = versions.some(version => OLD.has(version))
  if (!isOld && !groups.some(([, , isWeak]) => isWeak)) return step('also taken', 'right', text)
  return step('also taken', 'doubtful', text, {
    cure: isOld
      ? 'Set tls-protocols to "TLSv1.2 TLSv1.3".'
      : 'Allow nothing but ECDHE in tls-ciphers: "ECDHE+AESGCM:ECDHE+CHACHA20".',
  })
}

async function taken<T>(all: readonly T[], ask: (one: T) => Promise<boolean>): Promise<T[]> {
  const answers = await Promise.all(all.map(ask))
  return all.filter((_, i) => answers[i])
}

function takes(question: Question, options: tls.ConnectionOptions): Promise<boolean> {
  const { host, port, ca, cert, key, serverName, timeoutMs } = question
  return new Promise(resolve => {
    const socket = tryToConnect({
      host,
      port,
      servername: serverName ?? (net.isIP(host) === 0 ? host : ''),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
      ...options,
    })
    if (socket === undefined) {
      resolve(false)
      return
    }
    const end = (isTaken: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(isTaken)
    }
    const timer = setTimeout(() => end(false), Math.min(timeoutMs, PROBE_MS))
    socket.once('secureConnect', () => end(true))
    socket.on('error', () => end(false))
    socket.once('close', () => end(false))
  })
}

/** Undefined where OpenSSL has no such cipher itself. */
function tryToConnect(options: tls.ConnectionOptions): tls.TLSSocket | undefined {
  try {
    return tls.connect(options)
  } catch {
    return undefined
  }
}
