// Certificates and keys as startRedis() was given them: PEM or the path of a file. What cannot be
// right is told with the name of the option, before a server is made of it. No key is in a message.

import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { StartError } from '../host/config/directives.ts'
import { readPemFile } from '../transport/pem-files.ts'
import { codeOf, systemReason } from '../util/system-error.ts'
import type { Pem, TlsMaterial } from './start-options.ts'

const NAMES = ['cert', 'key', 'ca', 'clientCert', 'clientKey', 'serverCa'] as const
type Name = (typeof NAMES)[number]

/** What was given, as PEM. */
export type Texts = { readonly [N in Name]?: string }

/** Which go together, and what holds a private key. */
const PAIRS = [
  ['cert', 'key'],
  ['clientCert', 'clientKey'],
] as const
const KEYS: ReadonlySet<Name> = new Set(['key', 'clientKey'])

/** @throws StartError */
export function readMaterial(given: TlsMaterial): Texts {
  const first = NAMES.flatMap(name => [name, `${name}File` as const]).find(
    option => given[option] !== undefined,
  )
  if (given.profile !== undefined && first !== undefined) {
    throw conflict(
      first,
      `tls.profile brings its own certificates: tls.${first} cannot be beside it`,
    )
  }
  if (given.hosts !== undefined && given.profile === undefined) {
    const message = 'tls.hosts goes with tls.profile; else tls.cert says which hosts it is for'
    throw conflict('hosts', message)
  }
  const texts: { [N in Name]?: string } = {}
  for (const name of NAMES) {
    const text = textOf(given, name)
    if (text !== undefined) texts[name] = text
  }
  for (const [cert, key] of PAIRS) checkPair(texts, cert, key)
  for (const name of ['ca', 'serverCa'] as const) checkAuthority(texts[name], name)
  return texts
}

function textOf(given: TlsMaterial, name: Name): string | undefined {
  const [pem, file] = [given[name], given[`${name}File`]]
  if (pem !== undefined && file !== undefined) {
    throw conflict(name, `tls.${name} and tls.${name}File are the same thing: give one of them`)
  }
  const option = file === undefined ? `tls.${name}` : `tls.${name}File`
  const text = file === undefined ? pem && joined(pem, name) : fileText(file, option)
  if (text === undefined) return undefined
  if (!text.includes('-----BEGIN ')) throw noPem(text, name, option)
  const wanted = KEYS.has(name) ? 'PRIVATE KEY-----' : '-----BEGIN '
  if (!text.includes(wanted)) throw invalid(option, `${option} holds no private key`)
  return text
}

function joined(pem: Pem, name: Name): string {
  const parts = typeof pem === 'string' || pem instanceof Uint8Array ? [pem] : pem
  if (KEYS.has(name) && parts.length > 1) {
    throw invalid(`tls.${name}`, `tls.${name} must be one key, not ${parts.length}`)
  }
  return parts
    .map(part => (typeof part === 'string' ? part : Buffer.from(part).toString('latin1')))
    .join('\n')
}

function fileText(file: string, option: string): string {
  try {
    return readPemFile(path.resolve(file)).toString('latin1')
  } catch (cause) {
    const facts = { code: codeOf(cause), option, cause }
    throw new StartError(`${option}: ${file}: ${systemReason(cause)}`, facts)
  }
}

function noPem(text: string, name: Name, option: string): StartError {
  if (option.endsWith('File')) return invalid(option, `${option}: there is no PEM in this file`)
  if (!isPath(text)) return invalid(option, `${option} must be PEM: there is no -----BEGIN in it`)
  const hint = `give what is in the file, or the path as tls.${name}File`
  return invalid(option, `${option} must be PEM, and '${text}' is a path: ${hint}`)
}

function isPath(text: string): boolean {
  if (text === '' || text.length > 500 || /[\n\0]/.test(text)) return false
  return /\.(pem|crt|cer|cert|key|ca)$/i.test(text) || fs.existsSync(text)
}

function checkPair(texts: Texts, certName: 'cert' | 'clientCert', keyName: Name): void {
  const [cert, key] = [texts[certName], texts[keyName]]
  if (cert === undefined && key === undefined) return
  if (cert === undefined || key === undefined) {
    const [there, missing] = cert === undefined ? [keyName, certName] : [certName, keyName]
    throw conflict(missing, `tls.${there} goes with tls.${missing}, which is not given`)
  }
  // The server's own are looked at by the server, which has the words of Redis for them.
  if (certName === 'cert' || key.includes('ENCRYPTED')) return
  try {
    tls.createSecureContext({ cert })
  } catch (cause) {
    throw broken(certName, 'is no certificate that can be read', cause)
  }
  try {
    tls.createSecureContext({ cert, key })
  } catch (cause) {
    const isForeign = codeOf(cause) === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
    const what = isForeign ? `is not the key of tls.${certName}` : 'is no key that can be read'
    throw broken(keyName, what, cause)
  }
}

function checkAuthority(pem: string | undefined, name: 'ca' | 'serverCa'): void {
  if (pem === undefined || name === 'ca') return
  try {
    new X509Certificate(pem)
  } catch (cause) {
    throw broken(name, 'is no certificate that can be read', cause)
  }
}

function broken(name: Name, what: string, cause: unknown): StartError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const option = `tls.${name}`
  const code = KEYS.has(name) ? 'ERR_TLS_KEY' : 'ERR_TLS_CERTIFICATE'
  return new StartError(`${option} ${what}: ${message}`, { code, option, cause })
}

function invalid(option: string, message: string): StartError {
  return new StartError(message, { code: 'ERR_OPTION_VALUE', option })
}

function conflict(name: string, message: string): StartError {
  return new StartError(message, { code: 'ERR_OPTION_CONFLICT', option: `tls.${name}` })
}
