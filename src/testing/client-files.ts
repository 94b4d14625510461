// What clients need to know of TLS, as texts and as files.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { ClientTls } from './client-tls.ts'

/** The client's side of TLS; files are written when somebody asks for a path. */
export class ClientFiles implements ClientTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
  #folder: string | undefined

  constructor({ ca, cert, key }: Pick<ClientTls, 'ca' | 'cert' | 'key'>) {
    this.ca = ca
    this.cert = cert
    this.key = key
  }

  get caFile(): string {
    return this.#file('ca.crt', this.ca)
  }

  get certFile(): string {
    return this.#file('client.crt', this.cert)
  }

  get keyFile(): string {
    return this.#file('client.key', this.key)
  }

  #file(name: string, content: string): string {
    this.#folder ??= fs.mkdtempSync(path.join(os.tmpdir(), 'redis-tls-mock-'))
    const file = path.join(this.#folder, name)
    if (!fs.existsSync(file)) fs.writeFileSync(file, content, { mode: 0o600 })
    return file
  }

  remove(): void {
    if (this.#folder !== undefined) fs.rmSync(this.#folder, { recursive: true, force: true })
  }
}
