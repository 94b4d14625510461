// TLS settings for tests, with PEM texts instead of files.

import type { TlsSettings } from '../../src/transport/tls-settings.ts'
import type { TestIdentity } from './certs.ts'

export function tlsSettings(
  server: Pick<TestIdentity, 'cert' | 'key'>,
  authority: Pick<TestIdentity, 'cert'>,
  changes: Partial<TlsSettings> = {},
): TlsSettings {
  return {
    certFile: server.cert,
    keyFile: server.key,
    keyFilePass: '',
    clientCertFile: '',
    clientKeyFile: '',
    clientKeyFilePass: '',
    caCertFile: authority.cert,
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
    ...changes,
  }
}
