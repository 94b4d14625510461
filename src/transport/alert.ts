// TLS alerts that node:tls will not send. When node rejects a client certificate it only closes
// the socket, so the client learns nothing; OpenSSL in redis-server answers with an alert that says
// why. An alert is one record: plain in TLS 1.2 (the server's last flight has not left, so the
// client's cipher is not switched on yet), and in TLS 1.3 sealed with the server's application
// traffic secret, as record number 0, because nothing was sent under that secret before it.
//
// Measured against redis-server: the client gets the same error in all fourteen cases (seven
// certificates, both versions).

import { createCipheriv, createHmac } from 'node:crypto'

export const ALERT = {
  handshakeFailure: 40,
  badCertificate: 42,
  unsupportedCertificate: 43,
  certificateRevoked: 44,
  certificateExpired: 45,
  certificateUnknown: 46,
  unknownCa: 48,
  decryptError: 51,
  internalError: 80,
  certificateRequired: 116,
} as const

const RECORD_ALERT = 21
const RECORD_APPLICATION_DATA = 23
const LEVEL_FATAL = 2

interface Suite {
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-ccm' | 'chacha20-poly1305'
  readonly keyLength: number
  readonly hash: 'sha256' | 'sha384'
  readonly tagLength: number
}

const suite = (
  cipher: Suite['cipher'],
  keyLength: number,
  hash: Suite['hash'] = 'sha256',
  tagLength = 16,
): Suite => ({ cipher, keyLength, hash, tagLength })

const SUITES: ReadonlyMap<string, Suite> = new Map([
  ['TLS_AES_128_GCM_SHA256', suite('aes-128-gcm', 16)],
  ['TLS_AES_256_GCM_SHA384', suite('aes-256-gcm', 32, 'sha384')],
  ['TLS_CHACHA20_POLY1305_SHA256', suite('chacha20-poly1305', 32)],
  ['TLS_AES_128_CCM_SHA256', suite('aes-128-ccm', 16)],
  ['TLS_AES_128_CCM_8_SHA256', suite('aes-128-ccm', 16, 'sha256', 8)],
])

export function plainAlert(description: number): Buffer {
  return Buffer.from([RECORD_ALERT, 3, 3, 0, 2, LEVEL_FATAL, description])
}

/** Undefined for a suite that is not known here: the connection is then closed without alert. */
export function sealedAlert(
  suiteName: string,
  trafficSecret: Buffer,
  description: number,
): Buffer | undefined {
  const suite = SUITES.get(suiteName)
  if (suite === undefined) return undefined
  const { tagLength } = suite
  const key = expandLabel(suite.hash, trafficSecret, 'key', suite.keyLength)
  // The nonce of record number 0 is the write IV itself.
  const nonce = expandLabel(suite.hash, trafficSecret, 'iv', 12)
  const plain = Buffer.from([LEVEL_FATAL, description, RECORD_ALERT])
  const header = Buffer.from([RECORD_APPLICATION_DATA, 3, 3, 0, plain.length + tagLength])
  // The suites have one interface; their types differ only in the cipher's name.
  const cipher = createCipheriv(suite.cipher as 'aes-128-gcm', key, nonce, {
    authTagLength: tagLength,
  })
  cipher.setAAD(header, { plaintextLength: plain.length })
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([header, sealed, cipher.getAuthTag()])
}

/** HKDF-Expand-Label of RFC 8446, section 7.1, with an empty context. */
function expandLabel(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 255, name.length]),
    name,
    Buffer.alloc(1),
  ])
  let block = Buffer.alloc(0)
  let expanded = Buffer.alloc(0)
  for (let i = 1; expanded.length < length; i++) {
    block = createHmac(hash, secret)
      .update(block)
      .update(info)
      .update(Buffer.from([i]))
      .digest()
    expanded = Buffer.concat([expanded, block])
  }
  return expanded.subarray(0, length)
}
