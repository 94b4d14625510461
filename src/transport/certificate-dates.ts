// The verdict on a client certificate at another time than the machine's. OpenSSL goes by the
// machine's clock and node cannot tell it another, so where a test has moved the server's clock the
// dates are compared here. All else stays OpenSSL's verdict, but where a date that is wrong on the
// machine may hide it: then the chain is verified here too, as far as its names, signatures,
// authorities and purposes go.

import { X509Certificate } from 'node:crypto'
import type tls from 'node:tls'

const EXPIRED = 'CERT_HAS_EXPIRED'
const NOT_YET_VALID = 'CERT_NOT_YET_VALID'
const UNKNOWN_AUTHORITY = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'

/** The extended key usage id-kp-clientAuth. */
const CLIENT_PURPOSE = '1.3.6.1.5.5.7.3.2'

/**
 * What is wrong with the client's certificate, by OpenSSL's names, or undefined.
 * @param now milliseconds since 1970
 * @param authorities those that are trusted, PEM
 */
export function verdictAt(
  now: number,
  socket: tls.TLSSocket,
  authorities: readonly string[],
): string | undefined {
  const verdict = socket.authorized ? undefined : String(socket.authorizationError)
  const isHiding = verdict === EXPIRED || verdict === NOT_YET_VALID
  if (verdict !== undefined && !isHiding) return verdict
  const chain = chainOf(socket)
  // A session that is resumed brings the leaf alone; its chain was verified when it began.
  const hidden = isHiding && !socket.isSessionReused() ? faultOf(chain, authorities) : undefined
  return hidden ?? dateFault(chain, Math.floor(now / 1000) * 1000)
}

/** From the leaf to the root, as far as OpenSSL found it. */
function chainOf(socket: tls.TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined) {
    chain.push(new X509Certificate(next.raw))
    const { issuerCertificate }: tls.DetailedPeerCertificate = next
    next = issuerCertificate === next ? undefined : issuerCertificate
  }
  return chain
}

function faultOf(chain: X509Certificate[], authorities: readonly string[]): string | undefined {
  const root = chain.at(-1)
  const isTrusted = authorities.some(pem => root?.raw.equals(new X509Certificate(pem).raw))
  if (root === undefined || !isTrusted) return UNKNOWN_AUTHORITY
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1] ?? root
    if (!certificate.checkIssued(issuer)) return UNKNOWN_AUTHORITY
    if (!certificate.verify(issuer.publicKey)) return 'CERT_SIGNATURE_FAILURE'
    if (i > 0 && !certificate.ca) return 'INVALID_CA'
    const { keyUsage: purposes }: { readonly keyUsage?: readonly string[] } = certificate
    if (purposes?.includes(CLIENT_PURPOSE) === false) return 'INVALID_PURPOSE'
  }
  return undefined
}

// OpenSSL begins at the root. A certificate's last second is not one of its own to it.
function dateFault(chain: readonly X509Certificate[], now: number): string | undefined {
  for (const { validFrom, validTo } of [...chain].reverse()) {
    if (Date.parse(validFrom) > now) return NOT_YET_VALID
    if (Date.parse(validTo) <= now) return EXPIRED
  }
  return undefined
}
