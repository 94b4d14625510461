// One connection as the explanation makes it: any version, any cipher, nothing verified on the way,
// and then AUTH, where there is something to log in with, and PING.

import { X509Certificate } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import { LineReader, requestBytes } from '../../../resp3/exchange.ts'
import { fromText } from '../../../util/bytes.ts'
import type { Question } from './step.ts'

export interface Session {
  readonly isShaken: boolean
  readonly protocol: string
  readonly cipher: string
  /** As the server sent them, the leaf first; at the end maybe the authority that was given. */
  readonly certificates: readonly X509Certificate[]
  /** The leaf as node:tls compares names with it. */
  readonly peer: tls.PeerCertificate | undefined
  /** OpenSSL's name of what is wrong with the chain. */
  readonly chainError: string | undefined
  /** One line each: to AUTH, if there was one, and to PING. */
  readonly replies: readonly string[]
  /** How it ended before all replies were there; undefined: they came. */
  readonly error: NodeJS.ErrnoException | undefined
}

/** The end of a connection without a reason. */
export const CLOSED = 'CLOSED'
/** Nothing came in time. */
export const SILENT = 'ETIMEDOUT'
/** A reply is shown no further than this: a server may say anything, and without an end. */
const LINE_MAX = 1024

export function shake(question: Question): Promise<Session> {
  const { host, port, ca, cert, key, timeoutMs } = question
  const requests = requestsOf(question)
  return new Promise(resolve => {
    const name = question.serverName ?? (net.isIP(host) === 0 ? host : '')
    const socket = tls.connect({
      host,
      port,
      servername: name,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      minVersion: 'TLSv1',
      // Weak ones too, so that the explanation can say so.
      ciphers: 'ALL:@SECLEVEL=0',
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    })
    let facts: Omit<Session, 'replies' | 'error'> = NOTHING
    const replies: string[] = []
    const reader = new LineReader(LINE_MAX)
    const timer = setTimeout(() => end(coded(SILENT)), timeoutMs)
    const end = (error: NodeJS.ErrnoException | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ ...facts, replies, error })
    }
    socket.once('secureConnect', () => {
      try {
        facts = factsOf(socket)
      } catch (error) {
        // A chain that OpenSSL let pass and cannot show.
        end(error instanceof Error ? error : coded(String(error)))
        return
      }
      socket.write(Buffer.concat(requests))
    })
    socket.on('data', chunk => {
      reader.read(chunk, line => replies.push(line) < requests.length)
      if (replies.length >= requests.length) end(undefined)
    })
    socket.once('error', end)
    socket.once('end', () => end(coded(CLOSED)))
    socket.once('close', () => end(coded(CLOSED)))
  })
}

const NOTHING: Omit<Session, 'replies' | 'error'> = {
  isShaken: false,
  protocol: '',
  cipher: '',
  certificates: [],
  peer: undefined,
  chainError: undefined,
}

function factsOf(socket: tls.TLSSocket): Omit<Session, 'replies' | 'error'> {
  const error: unknown = socket.authorizationError
  return {
    isShaken: true,
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    certificates: chainOf(socket),
    peer: socket.getPeerCertificate(),
    chainError: socket.authorized || !error ? undefined : String(error),
  }
}

function chainOf(socket: tls.TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined) {
    const { raw } = next
    if (chain.some(known => known.raw.equals(raw))) break
    chain.push(new X509Certificate(raw))
    next = next.issuerCertificate
  }
  return chain
}

function requestsOf({ username, password }: Question): Buffer[] {
  const ping = requestBytes('PING')
  if (password === undefined) return [ping]
  const login = username === undefined ? [password] : [username, password]
  return [requestBytes('AUTH', ...login.map(fromText)), ping]
}

export function coded(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}

/** The first line that a port answers to PING without TLS; '' if it answers nothing. */
export function talkPlainly({ host, port, timeoutMs }: Question): Promise<string> {
  return new Promise(resolve => {
    const socket = net.connect({ host, port })
    const reader = new LineReader(LINE_MAX)
    // In all, not since the last byte: they may come one by one.
    const timer = setTimeout(() => end(), Math.min(timeoutMs, 1000))
    const end = (line = ''): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(line)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.on('data', chunk => {
      reader.read(chunk, line => {
        end(line)
        return false
      })
    })
    socket.once('error', () => end())
    socket.once('close', () => end())
  })
}
