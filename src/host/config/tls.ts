// The tls-* settings as the transport wants them.

import type { TlsSettings } from '../../transport/tls-settings.ts'
import { toText } from '../../util/bytes.ts'
import type { Settings } from './config.ts'

export function tlsSettings(settings: Settings): TlsSettings {
  return {
    certFile: toText(settings['tls-cert-file']),
    keyFile: toText(settings['tls-key-file']),
    keyFilePass: toText(settings['tls-key-file-pass']),
    clientCertFile: toText(settings['tls-client-cert-file']),
    clientKeyFile: toText(settings['tls-client-key-file']),
    clientKeyFilePass: toText(settings['tls-client-key-file-pass']),
    caCertFile: toText(settings['tls-ca-cert-file']),
    caCertDir: toText(settings['tls-ca-cert-dir']),
    dhParamsFile: toText(settings['tls-dh-params-file']),
    authClients: settings['tls-auth-clients'],
    protocols: settings['tls-protocols'],
    ciphers: settings['tls-ciphers'],
    ciphersuites: settings['tls-ciphersuites'],
    preferServerCiphers: settings['tls-prefer-server-ciphers'],
    sessionCaching: settings['tls-session-caching'],
    sessionCacheSize: settings['tls-session-cache-size'],
    sessionCacheTimeout: settings['tls-session-cache-timeout'],
    needsCa: settings['tls-replication'] || settings['tls-cluster'],
  }
}
