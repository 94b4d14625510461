// TLS settings for tests, with files that exist in memory only.

import type { Identity } from '../../src/testing/tls/authority.ts'
import type { TlsSettings } from '../../src/transport/tls-settings.ts'

export function tlsSettings(
  server: Pick<Identity, 'cert' | 'key'>,
  authority: Pick<Identity, 'cert'>,
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
