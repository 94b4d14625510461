// Certificates and keys as files. Only regular files of a sane size are read: a device has no end,
// a pipe may never begin, and the server stands still for as long as it reads.

import { createPrivateKey } from 'node:crypto'
import fs from 'node:fs'
import { firstValue } from './der.ts'
import { blocksIn, PEM_REASON, type PemBlock, PemError, pem } from './pem.ts'

const FILE_BYTES_MAX = 16 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

/**
 * Empty for what is no text with an end: a folder, a device, a pipe, or one that is too long.
 * OpenSSL then finds nothing in it, as in a folder, which the C library opens without complaint.
 *
 * @throws the error of the system call
 */
export function readPemFile(file: string): Buffer {
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  try {
    return fs.fstatSync(descriptor).isFile() ? readBounded(descriptor) : NOTHING
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Files that the system makes up say that they have no size, so it is seen while reading. */
function readBounded(descriptor: number): Buffer {
  if (fs.fstatSync(descriptor).size > FILE_BYTES_MAX) return NOTHING
  const parts: Buffer[] = []
  for (let total = 0; total <= FILE_BYTES_MAX; ) {
    const part = Buffer.alloc(64 * 1024)
    const length = fs.readSync(descriptor, part)
    if (length === 0) return Buffer.concat(parts)
    parts.push(part.subarray(0, length))
    total += length
  }
  return NOTHING
}

/** Certificates of an authority; a TRUSTED one also says what it is trusted for. */
const CERTIFICATES: ReadonlySet<string> = new Set([
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
])
const REVOCATIONS = 'X509 CRL'
const ENCRYPTED_KEY = 'ENCRYPTED PRIVATE KEY'

export interface Authorities {
  /** PEM, each. */
  readonly certificates: readonly string[]
  /** Lists of revoked certificates, PEM, which Redis takes as well, and never looks at. */
  readonly revocations: readonly string[]
}

/**
 * What a file of authorities holds. Keys may stand there too, but must be such.
 *
 * @param text latin1
 * @throws PemError
 */
export function authoritiesIn(text: string): Authorities {
  const certificates: string[] = []
  const revocations: string[] = []
  for (const block of blocksIn(text)) {
    if (CERTIFICATES.has(block.label)) certificates.push(certificateOf(block))
    else if (block.label === REVOCATIONS) revocations.push(pem(REVOCATIONS, bare(block)))
    else if (block.label.endsWith('PRIVATE KEY')) checkKey(block)
  }
  return { certificates, revocations }
}

/** The certificates of a file in a folder of authorities, up to the first block that is none. */
export function certificatesUntilWrong(text: string): string[] {
  const certificates: string[] = []
  try {
    for (const block of blocksIn(text)) {
      if (CERTIFICATES.has(block.label)) certificates.push(certificateOf(block))
    }
  } catch (error) {
    if (!(error instanceof PemError)) throw error
  }
  return certificates
}

function certificateOf(block: PemBlock): string {
  const der = bare(block)
  // What follows a certificate is nothing to OpenSSL, unless it is to say what it is trusted for.
  return pem(block.label, block.label === 'TRUSTED CERTIFICATE' ? der : firstValue(der))
}

/** Nobody asks for the password of what is public. */
function bare({ header, der }: PemBlock): Buffer {
  if (header === '') return der
  const isLocked = header.startsWith('Proc-Type:')
  throw new PemError(isLocked ? PEM_REASON.badPassword : PEM_REASON.notProcType)
}

function checkKey({ label, header, der }: PemBlock): void {
  if (header !== '' || label === ENCRYPTED_KEY) return
  try {
    createPrivateKey(pem(label, der))
  } catch {
    throw new PemError('error:1E08010C:DECODER routines::unsupported')
  }
}
