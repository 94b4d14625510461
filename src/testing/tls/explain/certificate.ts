// What the server showed of itself: cipher and keys, chain, host name and dates.

import type { X509Certificate } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import { allCertificates } from './files.ts'
import type { Session } from './session.ts'
import { type Question, type Step, step } from './step.ts'

const DAY_MS = 24 * 3600 * 1000
const SOON_DAYS = 14
const RSA_BITS_MIN = 2048

/** The cipher, and the key of the certificate. */
export function judgeStrength({ cipher, protocol }: Session, leaf: X509Certificate): Step {
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey
  const bits = asymmetricKeyDetails?.modulusLength
  if (/NULL|EXPORT|anon|RC4|3DES|_DES_/.test(cipher)) {
    const cure = 'Take it out of tls-ciphers.'
    return step('cipher', 'wrong', `${cipher} is no protection.`, { cure })
  }
  if (asymmetricKeyType === 'rsa' && bits !== undefined && bits < RSA_BITS_MIN) {
    const text = `The RSA key of the server has ${bits} bits; many clients refuse less than 2048.`
    return step('cipher', 'doubtful', text, { cure: 'Make a new key: RSA 2048 or EC P-256.' })
  }
  if (protocol !== 'TLSv1.3' && !/_(?:EC)?DHE_/.test(cipher)) {
    const cure = 'Allow ECDHE ciphers in tls-ciphers.'
    return step('cipher', 'doubtful', `${cipher} has no forward secrecy.`, { cure })
  }
  const key = bits === undefined ? asymmetricKeyDetails?.namedCurve : `${bits} bits`
  return step('cipher', 'right', `${cipher}; key ${asymmetricKeyType} ${key ?? ''}`.trimEnd())
}

/** Errors of the chain that are told in other steps. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

export function judgeChain(session: Session, question: Question): Step {
  const { chainError, certificates } = session
  const issuer = nameIn(certificates.at(-1)?.issuer ?? '')
  if (chainError === undefined || TOLD_ELSEWHERE.has(chainError)) {
    return step('chain', 'right', `It leads to '${issuer}', which is trusted.`)
  }
  switch (chainError) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return step('chain', 'wrong', 'The certificate is signed by itself.', {
        cure:
          'Have it signed by an authority, or give the client this very certificate as its CA ' +
          '(for tests only).',
      })
    case 'INVALID_PURPOSE':
      return step('chain', 'wrong', 'The certificate is not meant for servers (serverAuth).', {
        cure: 'Have it made anew with the extended key usage serverAuth.',
      })
    case 'CERT_SIGNATURE_FAILURE':
      return step('chain', 'wrong', 'A signature is wrong: the authority was made anew.', {
        cure: 'Give the client the CA of now, and the server a certificate that this CA signed.',
      })
    case 'CERT_REVOKED':
      return step('chain', 'wrong', 'The certificate was revoked.', { cure: 'Have it made anew.' })
    default:
      return UNKNOWN_AUTHORITY.has(chainError)
        ? unknownAuthority(certificates, question, issuer)
        : step('chain', 'wrong', `It is not accepted: ${chainError}.`, {
            cure: 'Have the chain made anew.',
          })
  }
}

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

function unknownAuthority(
  certificates: readonly X509Certificate[],
  { ca }: Question,
  issuer: string,
): Step {
  const trusted = allCertificates(ca ?? '').map(({ subject }) => nameIn(subject))
  const whom = trusted.length === 0 ? "Node's own authorities" : `'${trusted.join("', '")}'`
  const sent = certificates.length === 1 ? 'one certificate' : `${certificates.length} certificates`
  const text = `The server sends ${sent}, signed by '${issuer}'; trusted are ${whom}.`
  if (certificates.at(-1)?.subject === certificates.at(-1)?.issuer || ca === undefined) {
    return step('chain', 'wrong', text, { fault: 'authority' })
  }
  const more =
    `If '${issuer}' is an intermediate, append its certificate to tls-cert-file; else give the ` +
    'client the CA that signed this.'
  const taken = step('chain', 'wrong', text, { cure: more, fault: 'authority' })
  return taken
}

export function judgeHostName({ host, serverName }: Question, leaf: X509Certificate): Step {
  const name = serverName ?? host
  const names = leaf.subjectAltName ?? ''
  const error = tls.checkServerIdentity(name, leaf.toLegacyObject() as tls.PeerCertificate)
  if (error !== undefined) {
    const has = names === '' ? 'no names at all' : names
    const text = `The certificate is not for '${name}'; it has ${has}. (redis-cli does not look.)`
    const cure =
      net.isIP(name) === 0
        ? `Have it made anew with DNS:${name}, or connect by a name that it has.`
        : `Have it made anew with IP:${name}, or connect by a name that it has.`
    return step('host name', 'wrong', text, { cure, fault: 'host-name' })
  }
  if (names === '') {
    const text = `'${name}' is the common name only; Go, Python and Java look at none.`
    const cure = `Have it made anew with the subject alternative name DNS:${name}.`
    return step('host name', 'doubtful', text, { cure })
  }
  return step('host name', 'right', `The certificate is for '${name}'.`)
}

export function judgeDates(
  certificates: readonly X509Certificate[],
  { leastDays = 0 }: Question,
): Step {
  const now = Date.now()
  const renew = { cure: 'Renew it, and let the server load it: CONFIG SET tls-cert-file …' }
  for (const { subject, validFrom, validTo } of certificates) {
    const whose = `'${nameIn(subject)}'`
    if (Date.parse(validTo) < now) {
      return step('dates', 'wrong', `The certificate of ${whose} ended on ${validTo}.`, renew)
    }
    if (Date.parse(validFrom) > now) {
      return step('dates', 'wrong', `The certificate of ${whose} begins on ${validFrom}.`, {
        cure: 'Compare the clocks of this machine and of the one that made it.',
      })
    }
  }
  const end = Math.min(...certificates.map(({ validTo }) => Date.parse(validTo)))
  const days = Math.floor((end - now) / DAY_MS)
  const text = `Valid for ${days} more days`
  const found =
    days < leastDays
      ? step('dates', 'wrong', `${text}, less than ${leastDays}.`, renew)
      : days < SOON_DAYS
        ? step('dates', 'doubtful', `${text}.`, renew)
        : step('dates', 'right', `${text}.`)
  return { ...found, daysLeft: days }
}

/** The common name, or the whole where there is none. */
function nameIn(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ')
}
