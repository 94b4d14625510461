// An OCSP response (RFC 6960) signed by the issuer itself, so that a server can staple it.

import { createHash, createPrivateKey, sign, type X509Certificate } from 'node:crypto'
import type * as Asn1 from 'asn1js'
import type { OcspStatus } from './key-type.ts'
import { type Keys, pkcs8Of } from './toolbox.ts'

const SHA_1 = '1.3.14.3.2.26'
const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1'
const ECDSA_WITH_SHA_256 = '1.2.840.10045.4.3.2'
const RSA_WITH_SHA_256 = '1.2.840.113549.1.1.11'
const CONTEXT = 3

export interface OcspAnswer {
  readonly issuer: X509Certificate
  readonly keys: Keys
  /** Hexadecimal. */
  readonly serialNumber: string
  readonly status: OcspStatus
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

export async function makeOcspResponse(asn1: typeof Asn1, answer: OcspAnswer): Promise<Buffer> {
  const { issuer, keys } = answer
  const seq = (...value: Asn1.AsnType[]): Asn1.Sequence => new asn1.Sequence({ value })
  const oid = (value: string): Asn1.ObjectIdentifier => new asn1.ObjectIdentifier({ value })
  const octets = (bytes: Uint8Array): Asn1.OctetString =>
    new asn1.OctetString({ valueHex: new Uint8Array(bytes) })
  const tagged = (tagNumber: number, ...value: Asn1.AsnType[]): Asn1.Constructed =>
    new asn1.Constructed({ idBlock: { tagClass: CONTEXT, tagNumber }, value })
  const time = (valueDate: Date): Asn1.GeneralizedTime => new asn1.GeneralizedTime({ valueDate })
  const { name, key } = partsOf(asn1, issuer)
  const serial = new Uint8Array(Buffer.from(answer.serialNumber, 'hex'))
  const certificateId = seq(
    seq(oid(SHA_1), new asn1.Null()),
    octets(sha1(Buffer.from(name.toBER()))),
    octets(sha1(key)),
    new asn1.Integer({ valueHex: serial }),
  )
  const status =
    answer.status === 'good'
      ? new asn1.Primitive({ idBlock: { tagClass: CONTEXT, tagNumber: 0 } })
      : tagged(1, time(answer.thisUpdate))
  const single = seq(
    certificateId,
    status,
    time(answer.thisUpdate),
    tagged(0, time(answer.nextUpdate)),
  )
  const data = seq(tagged(1, name), time(answer.thisUpdate), seq(single))
  const isEc = keys.privateKey.algorithm.name === 'ECDSA'
  const privateKey = createPrivateKey({
    key: await pkcs8Of(keys),
    format: 'der',
    type: 'pkcs8',
  })
  const signature = sign('sha256', Buffer.from(data.toBER()), privateKey)
  const basic = seq(
    data,
    isEc ? seq(oid(ECDSA_WITH_SHA_256)) : seq(oid(RSA_WITH_SHA_256), new asn1.Null()),
    new asn1.BitString({ valueHex: new Uint8Array(signature) }),
  )
  const bytes = seq(oid(BASIC_RESPONSE), octets(Buffer.from(basic.toBER())))
  return Buffer.from(seq(new asn1.Enumerated({ value: 0 }), tagged(0, bytes)).toBER())
}

/** The issuer's name and the bits of its public key, out of its certificate. */
function partsOf(
  asn1: typeof Asn1,
  { raw }: X509Certificate,
): { readonly name: Asn1.AsnType; readonly key: Uint8Array } {
  const [body] = childrenOf(asn1.fromBER(new Uint8Array(raw)).result)
  const [, , , , , name, keyInfo] = childrenOf(body)
  const [, key] = childrenOf(keyInfo)
  if (name === undefined || !(key instanceof asn1.BitString)) {
    throw new Error('The issuer is no certificate of version 3')
  }
  return { name, key: new Uint8Array(key.valueBlock.valueHexView) }
}

function childrenOf(block: unknown): Asn1.AsnType[] {
  return (block as Asn1.Sequence).valueBlock.value as Asn1.AsnType[]
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest()
}
