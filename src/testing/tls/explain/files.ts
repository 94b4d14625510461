// The first step: whether the files that the client was given are what they are taken for.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type Question, type Step, step } from './step.ts'

const DAY_MS = 24 * 3600 * 1000
/** The extended key usage of TLS clients. */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'

export function checkFiles({ ca, cert, key }: Question): Step {
  const wrong = (text: string, cure: string): Step => step('files', 'wrong', text, { cure })
  if (ca !== undefined && firstCertificate(ca) === undefined) {
    return wrong('The CA file holds no certificate.', 'Give the PEM file of the authority.')
  }
  if (cert === undefined && key === undefined) {
    return ca === undefined
      ? step('files', 'doubtful', 'No CA file was given: the authorities of Node are trusted.', {
          fault: 'authority',
        })
      : step('files', 'right', 'There is a CA file, and no client certificate.')
  }
  if (cert === undefined || key === undefined) {
    return wrong('Certificate and key belong together, and one of them is missing.', GIVE_BOTH)
  }
  if (cert.includes('PRIVATE KEY') && !cert.includes('BEGIN CERTIFICATE')) {
    return wrong(
      'The certificate file holds a key: the two are mixed up.',
      'Exchange certificate and key.',
    )
  }
  return checkPair(cert, key)
}

const GIVE_BOTH = 'Give the client both, in PEM.'

function checkPair(cert: string, key: string): Step {
  const wrong = (text: string, cure: string): Step => step('files', 'wrong', text, { cure })
  const certificate = firstCertificate(cert)
  if (certificate === undefined) {
    return wrong('The certificate file holds no certificate.', GIVE_BOTH)
  }
  if (key.includes('ENCRYPTED')) {
    return wrong(
      'The key is encrypted, and there is no passphrase.',
      'Decrypt it with: openssl pkey -in client.key -out plain.key',
    )
  }
  const privateKey = readKey(key)
  if (privateKey === undefined) return wrong('The key file holds no key.', GIVE_BOTH)
  if (!certificate.checkPrivateKey(privateKey)) {
    return wrong(
      'The key does not belong to the certificate.',
      'Take the key that the certificate was made with.',
    )
  }
  const doubt = doubtAbout(certificate)
  if (doubt !== undefined) return step('files', 'doubtful', doubt, { cure: 'Have it made anew.' })
  return step('files', 'right', 'Certificate and key of the client belong together.')
}

/** What the server may find wrong with a client certificate. */
function doubtAbout({ validFrom, validTo, keyUsage }: X509Certificate): string | undefined {
  const now = Date.now()
  if (Date.parse(validTo) < now) return `The client certificate ended on ${validTo}.`
  if (Date.parse(validFrom) > now) return `The client certificate begins on ${validFrom}.`
  if (Date.parse(validTo) < now + 7 * DAY_MS) return `The client certificate ends on ${validTo}.`
  // Node calls the extended key usage so.
  if (keyUsage !== undefined && !keyUsage.includes(CLIENT_AUTHENTICATION)) {
    return 'The certificate of the client is not meant for clients (clientAuth).'
  }
  return undefined
}

function readKey(key: string): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(key)
  } catch {
    return undefined
  }
}

function firstCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

export function allCertificates(pem: string): X509Certificate[] {
  return (pem.match(CERTIFICATE) ?? []).flatMap(text => firstCertificate(text) ?? [])
}
