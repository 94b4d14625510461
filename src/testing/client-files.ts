// Certificates and keys: the server's, which exist in memory only, though settings name them as if
// they were files; and what clients need to know of TLS, as texts and as files.

import fs from 'node:fs'
import path from 'node:path'
import * as temporary from '../util/temporary.ts'
import type { ClientTls } from './client-tls.ts'
import { KIT } from './kit.ts'
import * as stores from './tls/key-stores.ts'
import type { Lab } from './tls/lab.ts'
import type { Texts } from './tls-material.ts'

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
    return this.#file('ca.crt', () => this.ca)
  }

  get certFile(): string {
    return this.#file('client.crt', () => this.cert)
  }

  get keyFile(): string {
    return this.#file('client.key', () => this.key)
  }

  get p12File(): string {
    return this.#file('client.p12', () => stores.keyStore(this))
  }

  get truststoreFile(): string {
    return this.#file('truststore.p12', () => stores.trustStore(this.ca))
  }

  get p12Password(): string {
    return stores.STORE_PASSWORD
  }

  #file(name: string, content: () => string | Buffer): string {
    this.#folder ??= temporary.temporaryFolder('redis-tls-mock-')
    const file = path.join(this.#folder, name)
    if (!fs.existsSync(file)) fs.writeFileSync(file, content(), { mode: 0o600 })
    return file
  }

  remove(): void {
    if (this.#folder !== undefined) temporary.removeTemporaryFolder(this.#folder)
  }
}

/** Names of files that exist in memory only; CONFIG GET shows them, and never a key. */
export const MEMORY_FILES = {
  cert: '(memory) server.crt',
  key: '(memory) server.key',
  ca: '(memory) ca.crt',
  clientCert: '(memory) client.crt',
  clientKey: '(memory) client.key',
} as const

/** Whether a setting names one of them. */
export function isInMemory(file: string): boolean {
  return Object.values<string>(MEMORY_FILES).includes(file)
}

/** The directives that name the server's. */
export function memoryDirectives(): string[][] {
  return [
    ['tls-cert-file', MEMORY_FILES.cert],
    ['tls-key-file', MEMORY_FILES.key],
    ['tls-ca-cert-file', MEMORY_FILES.ca],
  ]
}

/** What they are: the demo kit's, where the material has no others. */
export function memoryFiles(material: Texts): ReadonlyMap<string, string> {
  return new Map([
    [MEMORY_FILES.cert, material.cert ?? KIT.serverCert],
    [MEMORY_FILES.key, material.key ?? KIT.serverKey],
    [MEMORY_FILES.ca, material.ca ?? KIT.ca],
    [MEMORY_FILES.clientCert, material.clientCert ?? KIT.clientCert],
    [MEMORY_FILES.clientKey, material.clientKey ?? KIT.clientKey],
  ])
}

/** What the clients of such a server need. */
export function clientFilesOf(material: Texts): ClientFiles {
  return new ClientFiles({
    ca: material.serverCa ?? material.ca ?? KIT.ca,
    cert: material.clientCert ?? KIT.clientCert,
    key: material.clientKey ?? KIT.clientKey,
  })
}

/** What a lab, which plays TLS faults, has made for both sides. */
export function materialOf({ identities: { root, server, client } }: Lab): Texts {
  return {
    cert: server.cert,
    key: server.key,
    ca: root.cert,
    clientCert: client.cert,
    clientKey: client.key,
  }
}
