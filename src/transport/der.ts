// DER, as far as certificates need it: a value is a tag, a length and a body. What is not plain DER
// is refused, so that nothing is understood here otherwise than by OpenSSL.

export interface DerValue {
  readonly tag: number
  readonly body: Buffer
  /** With its tag and length. */
  readonly whole: Buffer
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  t61: 0x14,
  ia5: 0x16,
  universal: 0x1c,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** Context-specific and constructed, as `[3]` of a certificate is. */
export function contextTag(number: number): number {
  return 0xa0 | number
}

/** Everything that stands one after the other in these bytes. @throws Error if it is not DER */
export function readDer(bytes: Buffer): DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const value = valueAt(bytes, at)
    values.push(value)
    at += value.whole.length
  }
  return values
}

/** The first value of these bytes, with its tag and length; all of them if that is no DER. */
export function firstValue(bytes: Buffer): Buffer {
  try {
    return valueAt(bytes, 0).whole
  } catch {
    return bytes
  }
}

function valueAt(bytes: Buffer, at: number): DerValue {
  const tag = bytes.readUInt8(at)
  if ((tag & 0x1f) === 0x1f) throw new Error('A tag of several bytes')
  const { length, start } = readLength(bytes, at + 1)
  const end = start + length
  if (end > bytes.length) throw new Error('A value that is cut off')
  return { tag, body: bytes.subarray(start, end), whole: bytes.subarray(at, end) }
}

function readLength(bytes: Buffer, at: number): { length: number; start: number } {
  const first = bytes.readUInt8(at)
  if (first < 0x80) return { length: first, start: at + 1 }
  const size = first & 0x7f
  if (size === 0 || size > 4) throw new Error('A length of no known form')
  const length = bytes.readUIntBE(at + 1, size)
  if (length < 0x80 || bytes[at + 1] === 0) throw new Error('A length that is not the shortest')
  return { length, start: at + 1 + size }
}

/** The values inside of one of that tag. @throws Error if it is another one */
export function childrenOf(value: DerValue | undefined, tag: number): DerValue[] {
  return readDer(bodyOf(value, tag))
}

/** @throws Error if the value has another tag */
export function bodyOf(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) throw new Error(`Expected a value of tag ${tag}`)
  return value.body
}

/** '2.5.29.19'. @throws Error if the value is no object identifier */
export function oidOf(value: DerValue | undefined): string {
  const arcs: number[] = []
  let arc = 0
  for (const byte of bodyOf(value, TAG.oid)) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...rest] = arcs
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}
