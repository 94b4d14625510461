// What JVM clients are given instead of PEM: PKCS#12 files of a client's key and of whom it trusts.
// The library behind them is loaded when the first of them is made.

import type * as Asn1 from 'asn1js'
import { blocksIn, pem } from '../../transport/pem.ts'
import { lazyPackage } from '../../util/lazy.ts'
import { makePkcs12, makeTrustStore } from './pkcs12.ts'

/** What Java's tools take for granted; keys of tests have nothing to hide. */
export const STORE_PASSWORD = 'changeit'

const asn1 = lazyPackage<typeof Asn1>('asn1js')

/**
 * The key with its certificates.
 * @throws Error if the key cannot be read, as one that is encrypted
 */
export function keyStore({ cert, key }: { readonly cert: string; readonly key: string }): Buffer {
  const chain = certificatesIn(cert)
  try {
    return makePkcs12(asn1(), { name: 'client', key, chain, password: STORE_PASSWORD })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`No PKCS#12 file can be made of the client's key: ${reason}`, { cause })
  }
}

/** The authorities. */
export function trustStore(ca: string): Buffer {
  const named = certificatesIn(ca).map((text, i) => [`ca-${i + 1}`, text] as const)
  return makeTrustStore(asn1(), new Map(named), STORE_PASSWORD)
}

function certificatesIn(text: string): string[] {
  const latin1 = Buffer.from(text).toString('latin1')
  return Array.from(blocksIn(latin1))
    .filter(({ label }) => /^(X509 )?CERTIFICATE$/.test(label))
    .map(({ der }) => pem('CERTIFICATE', der))
}
