// Throw-away certificates for tests of TLS: made once a process, in memory.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

type CryptoKeyPair = webcrypto.CryptoKeyPair

x509.cryptoProvider.set(webcrypto as unknown as never)

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 24 * 3600 * 1000

export interface TestIdentity {
  readonly cert: string
  readonly key: string
  readonly certificate: x509.X509Certificate
  readonly keys: CryptoKeyPair
}

async function makeKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair
}

async function identityOf(
  certificate: x509.X509Certificate,
  keys: CryptoKeyPair,
): Promise<TestIdentity> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
  return { cert: `${certificate.toString('pem')}\n`, key, certificate, keys }
}

export async function makeAuthority(name: string, issuer?: TestIdentity): Promise<TestIdentity> {
  const keys = await makeKeys()
  const base = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  }
  const certificate =
    issuer === undefined
      ? await x509.X509CertificateGenerator.createSelfSigned({ ...base, name: `CN=${name}`, keys })
      : await x509.X509CertificateGenerator.create({
          ...base,
          subject: `CN=${name}`,
          issuer: issuer.certificate.subject,
          publicKey: keys.publicKey,
          signingKey: issuer.keys.privateKey,
        })
  return identityOf(certificate, keys)
}

export interface LeafOptions {
  /** The subject, 'CN=alice' or as a list of attributes; several CNs are possible. */
  readonly subject: x509.JsonName | string
  readonly purpose?: 'serverAuth' | 'clientAuth'
  readonly names?: readonly x509.JsonGeneralName[]
  /** In days from now; negative is past. */
  readonly fromDays?: number
  readonly toDays?: number
}

export async function makeLeaf(
  issuer: TestIdentity | undefined,
  { subject, purpose = 'clientAuth', names, fromDays = -1, toDays = 30 }: LeafOptions,
): Promise<TestIdentity> {
  const keys = await makeKeys()
  const extensions: x509.Extension[] = [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[purpose]]),
  ]
  if (names) extensions.push(new x509.SubjectAlternativeNameExtension([...names]))
  const dates = {
    notBefore: new Date(Date.now() + fromDays * DAY_MS),
    notAfter: new Date(Date.now() + toDays * DAY_MS),
  }
  const certificate =
    issuer === undefined
      ? await x509.X509CertificateGenerator.createSelfSigned({
          ...dates,
          name: subject,
          keys,
          signingAlgorithm: ALGORITHM,
          extensions,
        })
      : await x509.X509CertificateGenerator.create({
          ...dates,
          subject,
          issuer: issuer.certificate.subject,
          publicKey: keys.publicKey,
          signingKey: issuer.keys.privateKey,
          signingAlgorithm: ALGORITHM,
          extensions,
        })
  return identityOf(certificate, keys)
}
