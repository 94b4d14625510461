// A failed handshake in a sentence for people: what happened, why that is likely, what to do about
// it. redis-server logs OpenSSL's words alone.

import type { HandshakeFailure } from './events.ts'

/** A handshake that failed, in OpenSSL's words and in plain ones. */
export interface HandshakeError extends HandshakeFailure {
  /** What happened, the likely cause and the cure, in plain words. */
  readonly sentence: string
}

export function describeFailure(failure: HandshakeFailure): HandshakeError {
  const { certificateError, reason, hello } = failure
  const said =
    certificateError === undefined
      ? sentenceFor(reason)
      : (CERTIFICATE_SENTENCES.get(certificateError) ?? otherCertificate(certificateError))
  return { ...failure, sentence: `${said}${offerOf(hello)}` }
}

function offerOf(hello: HandshakeFailure['hello']): string {
  if (hello === undefined) return ''
  const versions = hello.versions.join(', ') || 'no known version'
  const name = hello.serverName === undefined ? 'no server name' : `for '${hello.serverName}'`
  return ` (The client offered ${versions}, ${name}.)`
}

function sentenceFor(reason: string): string {
  const found = SENTENCES.find(([part]) => reason.includes(part))
  return found?.[1] ?? `The handshake failed: ${reason}.`
}

/** By a part of OpenSSL's reason. */
const SENTENCES: readonly (readonly [string, string])[] = [
  [
    'wrong version number',
    'A client without TLS came to the TLS port: switch TLS on in the client (rediss:// instead ' +
      'of redis://), or give it the plain port. Options of TLS that it was given in the wrong place, ' +
      'such as ca beside tls or socket, switch nothing on.',
  ],
  [
    'http request',
    'A browser or another HTTP client came to the TLS port: this is Redis, not a web server.',
  ],
  [
    'https proxy request',
    'An HTTP proxy request came to the TLS port: take this address out of the proxy settings.',
  ],
  [
    'peer did not return a certificate',
    'The client showed no certificate, and this server requires one: give the client its ' +
      'certificate and key, or set tls-auth-clients to no.',
  ],
  [
    'unsupported protocol',
    'Client and server have no TLS version in common: allow TLS 1.2 or 1.3 in the client, or ' +
      'widen tls-protocols.',
  ],
  [
    'no shared cipher',
    'Client and server have no cipher in common: widen the cipher list of the client, or ' +
      'tls-ciphers and tls-ciphersuites.',
  ],
  [
    'no suitable key share',
    'Client and server have no key exchange group in common: allow X25519 or P-256 in the client.',
  ],
  [
    'no suitable signature algorithm',
    "The client accepts no signature that the server's key can make: allow ECDSA and RSA with " +
      'SHA-256 in the client.',
  ],
  [
    'alert unknown ca',
    'The client does not trust the authority behind the server certificate: give it the CA ' +
      'certificate (ca, cacert, ssl_ca_certs).',
  ],
  [
    'alert certificate expired',
    'The client found the server certificate expired: renew it, or set the clock of the client.',
  ],
  [
    'alert bad certificate',
    'The client refused the server certificate: its name, its dates or its authority do not fit.',
  ],
  [
    'alert certificate unknown',
    'The client refused the server certificate: its name, its dates or its authority do not fit.',
  ],
  [
    'alert protocol version',
    'The client refused the TLS version that was chosen: allow TLS 1.2 or 1.3 in the client.',
  ],
  [
    'alert handshake failure',
    'The client refused what the server chose: the versions, ciphers or certificates do not fit.',
  ],
  [
    'session id context uninitialized',
    'The client came back with a session, which tls-session-caching no breaks where client ' +
      'certificates are asked for: set it to yes, or switch session reuse off in the client.',
  ],
  [
    'unexpected eof',
    'The client hung up in the middle of the handshake, without a reason: it did not accept the ' +
      'server certificate, or ran out of patience.',
  ],
  [
    'reset by peer',
    'The client cut the connection in the middle of the handshake, without a reason: it did not ' +
      'accept the server certificate, or ran out of patience.',
  ],
]

const UNKNOWN_AUTHORITY =
  'The client certificate comes from an authority that this server does not know: use one that ' +
  'tls-ca-cert-file vouches for, with its intermediates, or add its authority there.'

/** By node's code of what is wrong with a client certificate. */
const CERTIFICATE_SENTENCES: ReadonlyMap<string, string> = new Map([
  [
    'NO_CERTIFICATE',
    'The client showed no certificate, and this server requires one: give the client its ' +
      'certificate and key, or set tls-auth-clients to no.',
  ],
  ['CERT_HAS_EXPIRED', 'The client certificate has expired: renew it.'],
  [
    'CERT_NOT_YET_VALID',
    'The client certificate is not valid yet: compare the clocks of the machines that made and ' +
      'that checked it.',
  ],
  ['CERT_REVOKED', 'The client certificate was revoked: use another one.'],
  [
    'INVALID_PURPOSE',
    'The client certificate is not meant for clients: its extended key usage lacks clientAuth.',
  ],
  [
    'CERT_SIGNATURE_FAILURE',
    'The signature of the client certificate is wrong: its authority was made anew under the ' +
      'same name.',
  ],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'The client certificate is signed by itself: use one that tls-ca-cert-file vouches for.',
  ],
])

function otherCertificate(code: string): string {
  return `The client certificate was refused: ${code}.`
}
