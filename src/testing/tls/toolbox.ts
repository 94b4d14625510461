// The libraries that certificates are made with. Their import takes some 150 ms, so that it waits
// until a certificate is to be made; a server that starts with the demo kit never pays for it.

import { webcrypto } from 'node:crypto'
import type * as X509 from '@peculiar/x509'
import type * as Asn1 from 'asn1js'

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

/** How a private key is made, and what a signature with it is made of. */
export type KeyType = 'ec' | 'rsa' | 'rsa-1024'

/** The hash under a signature. */
export type Hash = 'SHA-256' | 'SHA-1'

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
