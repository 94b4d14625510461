// TLS settings for tests, with files that exist in memory only.

import type { TlsSettings } from '../../src/transport/tls-settings.ts'
import type { TestIdentity } from './certs.ts'

export function tlsSettings(
  server: Pick<TestIdentity, 'cert' | 'key'>,
  authority: Pick<TestIdentity, 'cert'>,
  changes: Partial<TlsSettings> = {},
): TlsSettings {
  return {
    certFile: 'server.crt',
    keyFile: 'server.key',
    keyFilePass: '',
    clientCertFile: '',
    clientKeyFile: '',
    clientKeyFilePass: '',
    caCertFile: 'ca.crt',
    caCertDir: '',
    dhParamsFile: '',
    authClients: 'yes',
    protocols: '',
    ciphers: '',
    ciphersuites: '',
    preferServerCiphers: false,
    sessionCaching: true,
    sessionCacheSize: 20480,
    sessionCacheTimeout: 300,
    needsCa: false,
    memoryFiles: new Map([
      ['server.crt', server.cert],
      ['server.key', server.key],
      ['ca.crt', authority.cert],
    ]),
    ...changes,
  }
}
