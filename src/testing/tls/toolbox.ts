// The libraries that certificates are made with. Their import takes some 150 ms, so that it waits
// until a certificate is to be made; a server that starts with the demo kit never pays for it.

import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto'
import type * as X509 from '@peculiar/x509'
import type * as Asn1 from 'asn1js'
import type { Hash, KeyType } from './key-type.ts'

export type Keys = webcrypto.CryptoKeyPair

export interface Toolbox {
  readonly x509: typeof X509
  readonly asn1: typeof Asn1
}

export async function openToolbox(): Promise<Toolbox> {
  // The library's dependency injection wants this to be there before it is loaded.
  await import('reflect-metadata')
  const [x509, asn1] = await Promise.all([import('@peculiar/x509'), import('asn1js')])
  // Its types are those of a browser, ours those of Node; the object is the same.
  x509.cryptoProvider.set(webcrypto as unknown as never)
  return { x509, asn1 }
}

export async function makeKeys(type: KeyType): Promise<Keys> {
  const algorithm =
    type === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: type === 'rsa' ? 2048 : 1024,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        }
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as Keys
}

/** The library's names of curves, by OpenSSL's. */
const CURVES: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
])

/**
 * The key, and what can be told of its other half.
 * @param pem a private key, not encrypted
 * @throws Error if it is of a kind that nothing is signed with here
 */
export async function readKeys(pem: string): Promise<Keys> {
  const key = createPrivateKey(pem)
  const { namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  const curve = CURVES.get(namedCurve)
  const isRsa = key.asymmetricKeyType === 'rsa'
  if (!isRsa && curve === undefined)
    throw new Error('has a key that is neither RSA nor of a NIST curve')
  const algorithm = isRsa
    ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    : { name: 'ECDSA', namedCurve: curve ?? '' }
  const read = (format: 'pkcs8' | 'spki', der: Buffer, usage: 'sign' | 'verify') =>
    webcrypto.subtle.importKey(format, der, algorithm, true, [usage])
  const other = createPublicKey(key)
  const [privateKey, publicKey] = await Promise.all([
    read('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), 'sign'),
    read('spki', other.export({ type: 'spki', format: 'der' }), 'verify'),
  ])
  return { privateKey, publicKey }
}

/** The name under which the library signs with such a key. */
export function signatureWith(keys: Keys, hash: Hash): { name: string; hash: string } {
  return { name: keys.privateKey.algorithm.name, hash }
}

// An RSA key is bound to the hash that it was made for, so that it is read anew for another one.
export async function signingKey(keys: Keys, hash: Hash): Promise<webcrypto.CryptoKey> {
  const { privateKey } = keys
  if (privateKey.algorithm.name === 'ECDSA' || hash === 'SHA-256') return privateKey
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey)
  return webcrypto.subtle.importKey('pkcs8', pkcs8, signatureWith(keys, hash), true, ['sign'])
}

export async function pkcs8Of(keys: Keys): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
}
