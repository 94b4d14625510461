// The verdict on a client certificate. OpenSSL checks the chain; here its verdict becomes what
// redis-server would do with it: let the client in, or refuse it with a certain alert.

import type tls from 'node:tls'
import { ALERT } from './alert.ts'
import { type OtherTime, verdictAt } from './certificate-dates.ts'
import { isPresent } from './connection.ts'

export type AuthClients = 'yes' | 'no' | 'optional'

export interface Refusal {
  readonly alert: number
  /** As OpenSSL words it in the server's log. */
  readonly reason: string
  /** OpenSSL's name of what is wrong with the certificate, as node:tls gives it. */
  readonly code: string
}

/** OpenSSL's choice of an alert for what is wrong with a certificate. */
const ALERTS: ReadonlyMap<string, number> = new Map([
  ['CERT_HAS_EXPIRED', ALERT.certificateExpired],
  ['CRL_HAS_EXPIRED', ALERT.certificateExpired],
  ['CERT_NOT_YET_VALID', ALERT.badCertificate],
  ['CRL_NOT_YET_VALID', ALERT.badCertificate],
  ['CERT_UNTRUSTED', ALERT.badCertificate],
  ['CERT_REJECTED', ALERT.badCertificate],
  ['CERT_REVOKED', ALERT.certificateRevoked],
  ['INVALID_PURPOSE', ALERT.unsupportedCertificate],
  ['CERT_SIGNATURE_FAILURE', ALERT.decryptError],
  ['CRL_SIGNATURE_FAILURE', ALERT.decryptError],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', ALERT.unknownCa],
  ['UNABLE_TO_GET_ISSUER_CERT', ALERT.unknownCa],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', ALERT.unknownCa],
  ['UNABLE_TO_GET_CRL', ALERT.unknownCa],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', ALERT.unknownCa],
  ['SELF_SIGNED_CERT_IN_CHAIN', ALERT.unknownCa],
  ['CERT_CHAIN_TOO_LONG', ALERT.unknownCa],
  ['PATH_LENGTH_EXCEEDED', ALERT.unknownCa],
  ['INVALID_CA', ALERT.unknownCa],
  ['EE_KEY_TOO_SMALL', ALERT.badCertificate],
  ['CA_KEY_TOO_SMALL', ALERT.badCertificate],
  ['CA_MD_TOO_WEAK', ALERT.badCertificate],
  ['EC_KEY_EXPLICIT_PARAMS', ALERT.badCertificate],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', ALERT.badCertificate],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', ALERT.badCertificate],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', ALERT.badCertificate],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', ALERT.badCertificate],
  ['ERROR_IN_CRL_LAST_UPDATE_FIELD', ALERT.badCertificate],
  ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', ALERT.badCertificate],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', ALERT.badCertificate],
  ['UNABLE_TO_GET_CRL_ISSUER', ALERT.unknownCa],
  ['HOSTNAME_MISMATCH', ALERT.badCertificate],
  ['EMAIL_MISMATCH', ALERT.badCertificate],
  ['IP_ADDRESS_MISMATCH', ALERT.badCertificate],
  ['DANE_NO_MATCH', ALERT.badCertificate],
  ['APPLICATION_VERIFICATION', ALERT.handshakeFailure],
  ['OUT_OF_MEM', ALERT.internalError],
  ['STORE_LOOKUP', ALERT.internalError],
  ['INVALID_CALL', ALERT.internalError],
])

/** OpenSSL's names of faults that node sums up as UNSPECIFIED, by OpenSSL's words for them. */
const UNSPECIFIED: ReadonlyMap<string, string> = new Map([
  ['EE certificate key too weak', 'EE_KEY_TOO_SMALL'],
  ['CA certificate key too weak', 'CA_KEY_TOO_SMALL'],
  ['CA signature digest algorithm too weak', 'CA_MD_TOO_WEAK'],
  ['Certificate public key has explicit ECC parameters', 'EC_KEY_EXPLICIT_PARAMS'],
  ['unable to get CRL issuer certificate', 'UNABLE_TO_GET_CRL_ISSUER'],
  ['email address mismatch', 'EMAIL_MISMATCH'],
  ['IP address mismatch', 'IP_ADDRESS_MISMATCH'],
  ['no matching DANE TLSA records', 'DANE_NO_MATCH'],
  ['application verification failure', 'APPLICATION_VERIFICATION'],
  ['issuer certificate lookup error', 'STORE_LOOKUP'],
  ['invalid certificate verification context', 'INVALID_CALL'],
  ['unhandled critical extension', 'UNHANDLED_CRITICAL_EXTENSION'],
  ['proxy certificates not allowed, please set the appropriate flag', 'PROXY_NOT_ALLOWED'],
])

/** Undefined: the client may come in. Called once the handshake has its certificate. */
export function refuseCertificate(
  socket: tls.TLSSocket,
  authClients: AuthClients,
  time?: OtherTime,
): Refusal | undefined {
  if (authClients === 'no') return undefined
  // Node takes a session that was begun without a certificate for authorized when it is resumed.
  const isClear = socket.authorized && !socket.isSessionReused()
  if (isClear && time === undefined) return undefined
  if (!isPresent(socket.getPeerCertificate())) {
    if (authClients === 'optional') return undefined
    const isTls13 = socket.getProtocol() === 'TLSv1.3'
    return {
      alert: isTls13 ? ALERT.certificateRequired : ALERT.handshakeFailure,
      reason: 'error:0A0000C7:SSL routines::peer did not return a certificate',
      code: 'NO_CERTIFICATE',
    }
  }
  const fault = socket.authorized ? undefined : faultOf(socket)
  const code = time === undefined ? fault : verdictAt(fault, time, socket)
  if (code === undefined) return undefined
  return {
    alert: ALERTS.get(code) ?? ALERT.certificateUnknown,
    reason: 'error:0A000086:SSL routines::certificate verify failed',
    code,
  }
}

/** Of a certificate that is not authorized. */
function faultOf(socket: tls.TLSSocket): string {
  const code = String(socket.authorizationError)
  if (code !== 'UNSPECIFIED') return code
  const { _handle: handle } = socket as unknown as {
    readonly _handle?: { verifyError?(): Error | null | undefined }
  }
  return UNSPECIFIED.get(handle?.verifyError?.()?.message ?? '') ?? code
}
