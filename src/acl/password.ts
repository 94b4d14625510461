// Passwords are kept as SHA-256 digests in lower-case hex, as in ACL files, and compared in
// constant time. Redis salts and stretches nothing: strong passwords come from ACL GENPASS.

import { createHash, timingSafeEqual } from 'node:crypto'
import { toBuffer } from '../util/bytes.ts'

const HASH = /^[0-9a-f]{64}$/
const NO_DIGEST = new Uint8Array(32)

const GENPASS_DEFAULT_BITS = 256
const GENPASS_MAX_BITS = 4096
export const GENPASS_RANGE =
  'ACL GENPASS argument must be the number of bits for the output password, a positive number up ' +
  `to ${GENPASS_MAX_BITS}`

export function hashPassword(password: string): string {
  return createHash('sha256').update(toBuffer(password)).digest('hex')
}

export function isPasswordHash(text: string): boolean {
  return HASH.test(text)
}

/** Whether one of the hashes is that of the password. Takes no less time if there are none. */
export function matchesPassword(hashes: Iterable<string>, password: string): boolean {
  const digest = createHash('sha256').update(toBuffer(password)).digest()
  let found = false
  let compared = false
  for (const hash of hashes) {
    if (timingSafeEqual(digest, Buffer.from(hash, 'hex'))) found = true
    compared = true
  }
  if (!compared) timingSafeEqual(digest, NO_DIGEST)
  return found
}

/** A password of this many bits, four to a character; undefined if out of range. */
export function generatePassword(
  randomBytes: (count: number) => Uint8Array,
  bits = GENPASS_DEFAULT_BITS,
): string | undefined {
  if (!(bits > 0 && bits <= GENPASS_MAX_BITS)) return undefined
  const length = Math.ceil(bits / 4)
  const hex = Buffer.from(randomBytes(Math.ceil(length / 2))).toString('hex')
  return hex.slice(0, length)
}
