// A key and its certificates in one PKCS#12 file (RFC 7292), as Java, .NET and browsers want them.
// The key is encrypted with AES-256, the whole is sealed with HMAC-SHA-256; the certificates lie in
// it openly, for they are public.

import { createHash, createHmac, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import type * as Asn1 from 'asn1js'

const DATA = '1.2.840.113549.1.7.1'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
/** Java's own. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1'
const ANY_PURPOSE = '2.5.29.37.0'
const SHA_256 = '2.16.840.1.101.3.4.2.1'
const VERSION = 3
const ROUNDS = 2048

export interface Bundle {
  readonly name: string
  /** PEM. */
  readonly key: string
  /** PEM, the leaf first. */
  readonly chain: readonly string[]
  readonly password: string
}

export function makePkcs12(asn1: typeof Asn1, { name, key, chain, password }: Bundle): Buffer {
  const writer = new Writer(asn1)
  const [leaf = ''] = chain
  const id = createHash('sha1').update(new X509Certificate(leaf).raw).digest()
  const shrouded = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'der',
    cipher: 'aes-256-cbc',
    passphrase: password,
  })
  const marks = writer.attributes(name, id)
  const bags = chain.map((text, i) =>
    writer.bag(CERTIFICATE_BAG, writer.certificate(text), i === 0 ? marks : undefined),
  )
  bags.push(writer.bag(SHROUDED_KEY_BAG, writer.parsed(shrouded), marks))
  return writer.sealed(bags, password)
}

/** Certificates that are trusted, as Java wants to be told so: for whatever they are shown. */
export function makeTrustStore(
  asn1: typeof Asn1,
  authorities: ReadonlyMap<string, string>,
  password: string,
): Buffer {
  const writer = new Writer(asn1)
  const bags = Array.from(authorities, ([name, text]) =>
    writer.bag(CERTIFICATE_BAG, writer.certificate(text), writer.trust(name)),
  )
  return writer.sealed(bags, password)
}

type Block = Asn1.BaseBlock

/** The structures of the RFC, each a line or two. */
class Writer {
  readonly #asn1: typeof Asn1

  constructor(asn1: typeof Asn1) {
    this.#asn1 = asn1
  }

  sequence(...value: Block[]): Block {
    return new this.#asn1.Sequence({ value: value as Asn1.AsnType[] })
  }

  bag(type: string, content: Block, attributes?: Block): Block {
    const parts = [this.#oid(type), this.#explicit(content)]
    return this.sequence(...parts, ...(attributes ? [attributes] : []))
  }

  certificate(text: string): Block {
    const raw = this.octets(new X509Certificate(text).raw)
    return this.sequence(this.#oid(X509_CERTIFICATE), this.#explicit(raw))
  }

  /** The whole file. */
  sealed(bags: Block[], password: string): Buffer {
    const safe = der(this.sequence(this.content(der(this.sequence(...bags)))))
    const version = new this.#asn1.Integer({ value: VERSION })
    return der(this.sequence(version, this.content(safe), this.#seal(safe, password)))
  }

  /** What ties the key to its certificate, and the name under which tools list both. */
  attributes(name: string, id: Buffer): Block {
    return this.#set(
      this.sequence(this.#oid(FRIENDLY_NAME), this.#set(new this.#asn1.BmpString({ value: name }))),
      this.sequence(this.#oid(LOCAL_KEY_ID), this.#set(this.octets(id))),
    )
  }

  /** What makes Java trust a certificate. */
  trust(name: string): Block {
    return this.#set(
      this.sequence(this.#oid(FRIENDLY_NAME), this.#set(new this.#asn1.BmpString({ value: name }))),
      this.sequence(this.#oid(TRUSTED_KEY_USAGE), this.#set(this.#oid(ANY_PURPOSE))),
    )
  }

  content(bytes: Buffer): Block {
    return this.sequence(this.#oid(DATA), this.#explicit(this.octets(bytes)))
  }

  #seal(content: Buffer, password: string): Block {
    const salt = randomBytes(16)
    const mac = createHmac('sha256', macKey(password, salt)).update(content).digest()
    const algorithm = this.sequence(this.#oid(SHA_256), new this.#asn1.Null())
    return this.sequence(
      this.sequence(algorithm, this.octets(mac)),
      this.octets(salt),
      new this.#asn1.Integer({ value: ROUNDS }),
    )
  }

  parsed(bytes: Uint8Array): Block {
    return this.#asn1.fromBER(new Uint8Array(bytes)).result
  }

  octets(bytes: Uint8Array): Block {
    return new this.#asn1.OctetString({ valueHex: new Uint8Array(bytes) })
  }

  #oid(value: string): Block {
    return new this.#asn1.ObjectIdentifier({ value })
  }

  #set(...value: Block[]): Block {
    return new this.#asn1.Set({ value: value as Asn1.AsnType[] })
  }

  #explicit(content: Block): Block {
    return new this.#asn1.Constructed({
      idBlock: { tagClass: 3, tagNumber: 0 },
      value: [content as Asn1.AsnType],
    })
  }
}

function der(block: Block): Buffer {
  return Buffer.from(block.toBER())
}

const HASH_BLOCK = 64
const MAC_PURPOSE = 3

/** The key derivation of appendix B, for SHA-256, whose output is just long enough. */
function macKey(password: string, salt: Buffer): Buffer {
  // Big-endian UTF-16, with a zero at the end.
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16()
  const input = [Buffer.alloc(HASH_BLOCK, MAC_PURPOSE), repeated(salt), repeated(text)]
  let key = createHash('sha256').update(Buffer.concat(input)).digest()
  for (let i = 1; i < ROUNDS; i++) key = createHash('sha256').update(key).digest()
  return key
}

function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / HASH_BLOCK) * HASH_BLOCK, bytes)
}
