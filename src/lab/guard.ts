// Who may speak to the lab. Three secrets, each made anew when the lab starts:
// - the token of the printed address admits to everything: the page takes it out of the address
//   bar, keeps it, and sends it as a header with each question
// - the pass admits to the page's own files, in which nothing is secret. It is a cookie, so that
//   the page can be loaded again without its token; and cookies go to every server of this machine,
//   whatever its port
// - a code opens the page once: for the command line of the program that starts a browser, which
//   others on this machine can read
//
// Everybody else gets an empty 403, so that neither another site in the same browser nor a name
// that was pointed at this machine learns even what runs here. Only a browser that was sent here by
// its address bar, or by a link, is told where the right address stands.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'

const SECRET_BYTES = 24
const TOKEN_HEADER = 'x-lab-token'

/** Hosts under which a browser on this machine reaches the loopback address. */
const HOSTS = ['127.0.0.1', 'localhost', '[::1]'] as const

export class Guard {
  readonly token = newSecret()
  readonly pass = newSecret()
  #authorities: ReadonlySet<string> = new Set()
  #cookie = ''
  #code: string | undefined

  /** Tells the port, which is known when the server listens. */
  listensOn(port: number): void {
    this.#authorities = new Set(HOSTS.map(host => `${host}:${port}`))
    this.#cookie = `lab-${port}`
  }

  /** The page's files are asked for by URL or cookie, everything else by a header. */
  admits(request: IncomingMessage, url: URL): boolean {
    if (url.pathname.startsWith('/api/')) {
      return this.#isFromPage(request) && isSame(request.headers[TOKEN_HEADER], this.token)
    }
    if (!this.#isFromPage(request) && !this.isVisit(request)) return false
    const { searchParams } = url
    return (
      isSame(searchParams.get('token'), this.token) ||
      isSame(searchParams.get('pass'), this.pass) ||
      isSame(cookieOf(request, this.#cookie), this.pass)
    )
  }

  /** Somebody types the address, or follows a link: what is answered, no other page can read. */
  isVisit({ method, headers }: IncomingMessage): boolean {
    const { host = '', origin, accept = '' } = headers
    const target = headers['sec-fetch-dest']
    return (
      method === 'GET' &&
      this.#authorities.has(host.toLowerCase()) &&
      origin === undefined &&
      (target === undefined || target === 'document') &&
      accept.includes('text/html')
    )
  }

  /** For one visit. */
  newCode(): string {
    this.#code = newSecret()
    return this.#code
  }

  /** Whether the address has the code; it has done its duty then. */
  takeCode(request: IncomingMessage, url: URL): boolean {
    if (!this.isVisit(request) || this.#code === undefined) return false
    if (!isSame(url.searchParams.get('open'), this.#code)) return false
    this.#code = undefined
    return true
  }

  /** For the page itself, so that it can be loaded again. */
  get cookieHeader(): OutgoingHttpHeaders {
    return { 'set-cookie': `${this.#cookie}=${this.pass}; Path=/; HttpOnly; SameSite=Lax` }
  }

  #isFromPage({ headers }: IncomingMessage): boolean {
    const { host = '', origin } = headers
    if (!this.#authorities.has(host.toLowerCase())) return false
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
      return false
    }
    // Typed into the address bar, or asked for by the page itself.
    const site = headers['sec-fetch-site']
    return site === undefined || site === 'same-origin' || site === 'none'
  }
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

function isSame(given: string | string[] | null | undefined, expected: string): boolean {
  if (typeof given !== 'string') return false
  const bytes = Buffer.from(given)
  const wanted = Buffer.from(expected)
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted)
}

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const cookies = (headers.cookie ?? '').split(';').map(cookie => cookie.trim())
  return cookies.find(cookie => cookie.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** For every answer. Nothing is kept, nothing comes from elsewhere, nobody frames the page. */
export function safetyHeaders(nonce?: string): OutgoingHttpHeaders {
  // The editor makes a style sheet at run time, which the nonce allows.
  const styles = nonce === undefined ? '' : ` style-src 'self' 'nonce-${nonce}';`
  return { 'content-security-policy': `default-src 'self';${styles} ${NO_OTHERS}`, ...SAFETY }
}

/** For a page that is complete as it comes: it asks for nothing, and runs nothing. */
export function bareHeaders(nonce: string): OutgoingHttpHeaders {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; ${NO_OTHERS}`
  return { 'content-security-policy': policy, ...SAFETY }
}

const NO_OTHERS = "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const SAFETY: OutgoingHttpHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export function newNonce(): string {
  return randomBytes(SECRET_BYTES).toString('base64')
}
