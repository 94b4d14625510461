// The folders of tls-ca-cert-dir. OpenSSL looks into them when it meets an issuer that it does not
// know: for files that are named by the hash of the issuer's name, as `openssl rehash` makes them,
// counted from .0 without a gap. All that is in such a file is then trusted for good, and the name
// is never looked for again. Node cannot look in the middle of a handshake, so the folders are
// looked at before each: what could be found is trusted for this one, what was used for good.

import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { issuerHashOf, subjectHashOf } from './certificate-fields.ts'
import { certificatesUntilWrong, readPemFile } from './pem-files.ts'

/** A file as it was when it was read. */
interface AuthorityFile {
  readonly stamp: string
  /** PEM, each. */
  readonly certificates: readonly string[]
  /** Those whose own name has the hash of the file's. */
  readonly named: readonly string[]
}

const HASH_NAME = /^([0-9a-f]{8})\.0$/

export class AuthorityFolder {
  readonly #folders: readonly string[]
  /** By their paths. */
  #files = new Map<string, AuthorityFile>()
  /** What is trusted for good, PEM, and the hashes of names that are not looked for again. */
  readonly #kept: string[] = []
  readonly #known = new Set<string>()
  #authorities: readonly string[] = []

  /**
   * @param folders one, or several as in PATH; one that is not there is no error to Redis
   * @param known authorities that are trusted without any folder, PEM
   */
  constructor(folders: string, known: readonly string[]) {
    this.#folders = folders.split(path.delimiter)
    for (const pem of known) this.#know(pem)
    this.look()
  }

  /** All that may vouch for a client of the next handshake, PEM. */
  get authorities(): readonly string[] {
    return this.#authorities
  }

  /** Reads what is new. True if the authorities are others than before. */
  look(): boolean {
    const seen = new Map<string, AuthorityFile>()
    for (const folder of this.#folders) {
      for (const hash of hashesIn(folder)) {
        if (!this.#known.has(hash)) this.#lookFor(path.join(folder, hash), hash, seen)
      }
    }
    this.#files = seen
    const found = [...seen.values()].flatMap(({ named }) => named)
    const authorities = [...this.#kept, ...found]
    const before = this.#authorities
    this.#authorities = authorities
    return authorities.length !== before.length || authorities.some((pem, i) => pem !== before[i])
  }

  #lookFor(base: string, hash: string, seen: Map<string, AuthorityFile>): void {
    for (let i = 0; ; i++) {
      const name = `${base}.${i}`
      const stamp = stampOf(name)
      if (stamp === undefined) return
      const old = this.#files.get(name)
      seen.set(name, old?.stamp === stamp ? old : readAuthorityFile(name, stamp, hash))
    }
  }

  /** Says which certificates a client has shown, with those of their issuers that were found. */
  used(chain: readonly X509Certificate[]): void {
    for (const certificate of chain) {
      const hash = hashOf(certificate, issuerHashOf)
      if (hash !== undefined && !this.#known.has(hash)) this.#keep(hash)
    }
  }

  #keep(hash: string): void {
    for (const [name, { certificates }] of this.#files) {
      if (path.basename(name).slice(0, hash.length) !== hash) continue
      for (const pem of certificates) {
        this.#kept.push(pem)
        this.#know(pem)
      }
    }
  }

  #know(pem: string): void {
    const hash = hashOf(pem, subjectHashOf)
    if (hash !== undefined) this.#known.add(hash)
  }
}

function hashesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).flatMap(file => HASH_NAME.exec(file)?.[1] ?? [])
  } catch {
    return []
  }
}

/** Differs where the file does; undefined where there is none. */
function stampOf(file: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(file, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return undefined
  }
}

function readAuthorityFile(file: string, stamp: string, hash: string): AuthorityFile {
  const certificates = certificatesUntilWrong(textOf(file))
  const named = certificates.filter(pem => hashOf(pem, subjectHashOf) === hash)
  return { stamp, certificates, named }
}

function textOf(file: string): string {
  try {
    return readPemFile(file).toString('latin1')
  } catch {
    return ''
  }
}

/** Undefined for what is no certificate, or not understood. */
function hashOf(
  certificate: X509Certificate | string,
  hash: (certificate: X509Certificate) => string,
): string | undefined {
  try {
    return hash(typeof certificate === 'string' ? new X509Certificate(certificate) : certificate)
  } catch {
    return undefined
  }
}
