// Certificates and keys as files. Only regular files of a sane size are read: a device has no end,
// a pipe may never begin, and the server stands still for as long as it reads.

import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { subjectHashOf } from './certificate-fields.ts'

const FILE_BYTES_MAX = 16 * 1024 * 1024

/**
 * '' for what is no file of text that can end: a folder, a device, a pipe, or one that is too long.
 * OpenSSL then finds nothing in it, as in a folder, which the C library opens without complaint.
 *
 * @throws the error of the system call
 */
export function readPemFile(file: string): string {
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  try {
    return fs.fstatSync(descriptor).isFile() ? readBounded(descriptor) : ''
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Files that the system makes up say that they have no size, so it is seen while reading. */
function readBounded(descriptor: number): string {
  if (fs.fstatSync(descriptor).size > FILE_BYTES_MAX) return ''
  const parts: Buffer[] = []
  for (let total = 0; total <= FILE_BYTES_MAX; ) {
    const part = Buffer.alloc(64 * 1024)
    const length = fs.readSync(descriptor, part)
    if (length === 0) return Buffer.concat(parts).toString('latin1')
    parts.push(part.subarray(0, length))
    total += length
  }
  return ''
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END [A-Z0-9 ]+-----/g

/** Each certificate in a text, PEM. */
export function certificatesIn(pem: string): string[] {
  return pem.match(CERTIFICATE) ?? []
}

const HASH_NAME = /^([0-9a-f]{8})\.0$/

/**
 * The authorities that OpenSSL would find in these folders, as `openssl rehash` prepares them: in
 * files that are named by the hash of their subject, counted from .0 without a gap. Whatever else
 * lies there is no authority. OpenSSL looks when it needs one, and then trusts all of a file for
 * good; here it is when the settings are read, and each certificate must have the hash itself.
 *
 * @param folders one, or several as in PATH
 */
export function authoritiesIn(folders: string): string[] {
  return folders.split(path.delimiter).flatMap(folder => {
    const hashes = filesIn(folder).flatMap(file => HASH_NAME.exec(file)?.[1] ?? [])
    return hashes.flatMap(hash => authoritiesOf(path.join(folder, hash), hash))
  })
}

/** A folder that is not there is no error to Redis. */
function filesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

function authoritiesOf(base: string, hash: string): string[] {
  const found: string[] = []
  for (let i = 0; ; i++) {
    const certificates = readAuthorities(`${base}.${i}`)
    if (certificates.length === 0) return found
    found.push(...certificates.filter(pem => hasHash(pem, hash)))
  }
}

function readAuthorities(file: string): string[] {
  try {
    return certificatesIn(readPemFile(file))
  } catch {
    return []
  }
}

function hasHash(pem: string, hash: string): boolean {
  try {
    return subjectHashOf(new X509Certificate(pem)) === hash
  } catch {
    return false
  }
}
