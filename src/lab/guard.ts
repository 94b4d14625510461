// Who may speak to the lab: whoever knows the token of the printed address, from the page that the
// lab itself has served. Everybody else gets an empty 403, so that neither another site in the same
// browser nor a name that was pointed at this machine learns even what runs here.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'

const TOKEN_BYTES = 24
const TOKEN_HEADER = 'x-lab-token'

/** Hosts under which a browser on this machine reaches the loopback address. */
const HOSTS = ['127.0.0.1', 'localhost', '[::1]'] as const

export class Guard {
  readonly token: string
  #authorities: ReadonlySet<string> = new Set()

  constructor(token = randomBytes(TOKEN_BYTES).toString('base64url')) {
    this.token = token
  }

  /** Tells the port, which is known when the server listens. */
  listensOn(port: number): void {
    this.#authorities = new Set(HOSTS.map(host => `${host}:${port}`))
  }

  /** The page and its files are asked for by URL, everything else by a header. */
  admits(request: IncomingMessage, url: URL): boolean {
    if (!this.#comesFromHere(request)) return false
    const { headers } = request
    const given = url.pathname.startsWith('/api/')
      ? headers[TOKEN_HEADER]
      : url.searchParams.get('token')
    return typeof given === 'string' && this.#isToken(given)
  }

  #comesFromHere({ headers }: IncomingMessage): boolean {
    const { host = '', origin } = headers
    if (!this.#authorities.has(host.toLowerCase())) return false
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
      return false
    }
    // Typed into the address bar, or asked for by the page itself.
    const site = headers['sec-fetch-site']
    return site === undefined || site === 'same-origin' || site === 'none'
  }

  #isToken(given: string): boolean {
    const bytes = Buffer.from(given)
    const expected = Buffer.from(this.token)
    return bytes.length === expected.length && timingSafeEqual(bytes, expected)
  }
}

/** For every answer. Nothing is kept, nothing comes from elsewhere, nobody frames the page. */
export function safetyHeaders(nonce?: string): OutgoingHttpHeaders {
  // The editor makes a style sheet at run time, which the nonce allows.
  const styles = nonce === undefined ? '' : ` style-src 'self' 'nonce-${nonce}';`
  return {
    'content-security-policy':
      `default-src 'self';${styles} object-src 'none'; base-uri 'none'; ` +
      `form-action 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  }
}

export function newNonce(): string {
  return randomBytes(TOKEN_BYTES).toString('base64')
}
