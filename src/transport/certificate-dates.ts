// The verdict on a client certificate at another time than the machine's. OpenSSL goes by the
// machine's clock and node cannot tell it another, so where a test has moved the server's clock the
// dates are compared here. All else that OpenSSL finds wrong is wrong; but a date that is wrong on
// the machine may hide it, and at another time another issuer may be the one that is valid, so that
// the chain is built and judged here too.

import { X509Certificate } from 'node:crypto'
import type tls from 'node:tls'
import { faultOf, type Path } from './certificate-rules.ts'

const EXPIRED = 'CERT_HAS_EXPIRED'
const NOT_YET_VALID = 'CERT_NOT_YET_VALID'
const UNKNOWN_AUTHORITY = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'

/** OpenSSL's own limit is about as high. */
const CHAIN_MAX = 100

/** Another time than the machine's, and what else a chain is judged by. */
export interface OtherTime {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Those that are trusted, PEM. */
  readonly authorities: readonly string[]
  /** OpenSSL's, for keys and digests. */
  readonly securityLevel: number
}

/**
 * What is wrong with the client's certificate, by OpenSSL's names, or undefined.
 * @param verdict the same by the machine's clock
 */
export function verdictAt(
  verdict: string | undefined,
  time: OtherTime,
  socket: tls.TLSSocket,
): string | undefined {
  const isHiding = verdict === EXPIRED || verdict === NOT_YET_VALID
  if (verdict !== undefined && !isHiding) return verdict
  const shown = chainOf(socket)
  // A session that is resumed brings the leaf alone; its chain was verified when it began.
  if (socket.isSessionReused()) return dateFault(shown, time.now)
  const path = pathOf(shown, time)
  // Where OpenSSL has found a way to a root, there is one, also if it is not found here.
  if (path === undefined) return isHiding ? UNKNOWN_AUTHORITY : dateFault(shown, time.now)
  return faultOf(path, time.securityLevel) ?? dateFault(path.chain, time.now)
}

/** The client's certificate, and those of its issuers that node could find. */
export function chainOf(socket: tls.TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && chain.length < CHAIN_MAX) {
    chain.push(new X509Certificate(next.raw))
    const { issuerCertificate }: tls.DetailedPeerCertificate = next
    next = issuerCertificate === next ? undefined : issuerCertificate
  }
  return chain
}

/**
 * From the leaf to a trusted root, or undefined. Like OpenSSL it looks among the trusted first, and
 * takes the one that is valid at the time if there are several of a name. Blocks of another name
 * (TRUSTED CERTIFICATE) may forbid what they are trusted for: those vouch for nobody here.
 */
function pathOf(
  [leaf, ...others]: readonly X509Certificate[],
  { now, authorities }: OtherTime,
): Path | undefined {
  if (leaf === undefined) return undefined
  const trusted = authorities
    .filter(pem => !pem.includes('BEGIN TRUSTED'))
    .map(pem => new X509Certificate(pem))
  const isTrusted = (one: X509Certificate): boolean =>
    trusted.some(({ raw }) => raw.equals(one.raw))
  const candidates = [...trusted, ...others.filter(one => !isTrusted(one))]
  const chain = [leaf]
  let isOnly = true
  for (let last = leaf; chain.length <= CHAIN_MAX; ) {
    if (last.subject === last.issuer) {
      if (isTrusted(last)) return { chain, isOnly }
      // OpenSSL goes on only where the certificate names another key as its issuer's.
      if (last === leaf || last.checkIssued(last)) return undefined
    }
    const { raw } = last
    const issuers = candidates.filter(one => !one.raw.equals(raw) && last.checkIssued(one))
    const issuer = preferred(issuers.filter(isTrusted), now) ?? preferred(issuers, now)
    if (issuer === undefined || chain.includes(issuer)) return undefined
    isOnly &&= issuers.length === 1
    chain.push(issuer)
    last = issuer
  }
  return undefined
}

function preferred(issuers: readonly X509Certificate[], now: number): X509Certificate | undefined {
  return issuers.find(issuer => dateFault([issuer], now) === undefined) ?? issuers[0]
}

// OpenSSL begins at the root. A certificate's last second is not one of its own to it.
function dateFault(chain: readonly X509Certificate[], time: number): string | undefined {
  const now = Math.floor(time / 1000) * 1000
  for (const { validFrom, validTo } of [...chain].reverse()) {
    if (!(Date.parse(validFrom) <= now)) return NOT_YET_VALID
    if (!(Date.parse(validTo) > now)) return EXPIRED
  }
  return undefined
}
