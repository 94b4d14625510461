// What each client reports of each TLS profile, in the order of REPORTING_CLIENTS; where it depends
// on who is faster, several texts. Measured and written by scripts/tls-profiles.ts.

export type ReportingClient =
  | 'node'
  | 'openssl'
  | 'redis-cli'
  | 'ioredis'
  | 'iovalkey'
  | 'node-redis'
  | 'redis-py'

export const REPORTING_CLIENTS: readonly ReportingClient[] = [
  'node',
  'openssl',
  'redis-cli',
  'ioredis',
  'iovalkey',
  'node-redis',
  'redis-py',
]

/** Versions of the clients; those that are libraries are named by their Node. */
export const MEASURED_WITH: Readonly<Record<ReportingClient, string>> = {
  node: 'Node.js 20',
  openssl: '3.0.22',
  'redis-cli': '7.0.15',
  ioredis: 'Node.js 20',
  iovalkey: 'Node.js 20',
  'node-redis': 'Node.js 20',
  'redis-py': '4.3.4',
}

export const REPORTS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ['valid', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  [
    'expired',
    [
      ['CERT_HAS_EXPIRED'],
      ['10:certificate has expired'],
      ['SSL_connect failed: certificate verify failed'],
      ['CERT_HAS_EXPIRED'],
      ['CERT_HAS_EXPIRED'],
      ['CERT_HAS_EXPIRED'],
      ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired'],
    ],
  ],
  [
    'not-yet-valid',
    [
      ['CERT_NOT_YET_VALID'],
      ['9:certificate is not yet valid'],
      ['SSL_connect failed: certificate verify failed'],
      ['CERT_NOT_YET_VALID'],
      ['CERT_NOT_YET_VALID'],
      ['CERT_NOT_YET_VALID'],
      ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid'],
    ],
  ],
  [
    'wrong-host',
    [
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      ['62:hostname mismatch'],
      ['PONG'],
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      [
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'localhost'",
      ],
    ],
  ],
  [
    'ip-without-san',
    [
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      ['64:IP address mismatch'],
      ['PONG'],
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      ['ERR_TLS_CERT_ALTNAME_INVALID'],
      [
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch, certificate is not valid for '127.0.0.1'",
      ],
    ],
  ],
  ['cn-only', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  [
    'self-signed',
    [
      ['DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['18:self-signed certificate'],
      ['SSL_connect failed: certificate verify failed'],
      ['DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate'],
    ],
  ],
  [
    'self-signed-root-in-chain',
    [
      ['SELF_SIGNED_CERT_IN_CHAIN'],
      ['19:self-signed certificate in certificate chain'],
      ['SSL_connect failed: certificate verify failed'],
      ['SELF_SIGNED_CERT_IN_CHAIN'],
      ['SELF_SIGNED_CERT_IN_CHAIN'],
      ['SELF_SIGNED_CERT_IN_CHAIN'],
      [
        '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain',
      ],
    ],
  ],
  [
    'untrusted-root',
    [
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['20:unable to get local issuer certificate'],
      ['SSL_connect failed: certificate verify failed'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      [
        '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate',
      ],
    ],
  ],
  [
    'missing-intermediate',
    [
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['20:unable to get local issuer certificate'],
      ['SSL_connect failed: certificate verify failed'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      [
        '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate',
      ],
    ],
  ],
  [
    'name-constraint',
    [
      ['permitted subtree violation'],
      ['47:permitted subtree violation'],
      ['SSL_connect failed: certificate verify failed'],
      ['permitted subtree violation'],
      ['permitted subtree violation'],
      ['permitted subtree violation'],
      ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: permitted subtree violation'],
    ],
  ],
  [
    'server-wrong-eku',
    [
      ['INVALID_PURPOSE'],
      ['26:unsuitable certificate purpose'],
      ['SSL_connect failed: certificate verify failed'],
      ['INVALID_PURPOSE'],
      ['INVALID_PURPOSE'],
      ['INVALID_PURPOSE'],
      [
        '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unsuitable certificate purpose',
      ],
    ],
  ],
  ['revoked', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  [
    'sha1',
    [
      ['CA signature digest algorithm too weak'],
      ['68:CA signature digest algorithm too weak'],
      ['SSL_connect failed: certificate verify failed'],
      ['CA signature digest algorithm too weak'],
      ['CA signature digest algorithm too weak'],
      ['CA signature digest algorithm too weak'],
      [
        '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: CA signature digest algorithm too weak',
      ],
    ],
  ],
  [
    'rsa1024',
    [
      ['PONG'],
      ['66:EE certificate key too weak'],
      ['SSL_connect failed: certificate verify failed'],
      ['PONG'],
      ['PONG'],
      ['PONG'],
      ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: EE certificate key too weak'],
    ],
  ],
  ['rsa', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['intermediate', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['reversed-chain', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['extra-certificate', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['huge-certificate', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['tls12-only', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['tls13-only', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  [
    'tls10-only',
    [
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['legacy sigalg disallowed or unsupported'],
      ['SSL_connect failed: legacy sigalg disallowed or unsupported'],
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['[SSL] legacy sigalg disallowed or unsupported'],
    ],
  ],
  [
    'tls11-only',
    [
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['legacy sigalg disallowed or unsupported'],
      ['SSL_connect failed: legacy sigalg disallowed or unsupported'],
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
      ['[SSL] legacy sigalg disallowed or unsupported'],
    ],
  ],
  [
    'no-common-cipher',
    [
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['sslv3 alert handshake failure'],
      ['SSL_connect failed: sslv3 alert handshake failure'],
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure'],
    ],
  ],
  [
    'no-common-group',
    [
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['sslv3 alert handshake failure'],
      ['SSL_connect failed: sslv3 alert handshake failure'],
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
      ['[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure'],
    ],
  ],
  [
    'unknown-sni',
    [
      ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
      ['tlsv1 unrecognized name'],
      ['SSL_connect failed: tlsv1 unrecognized name'],
      ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
      ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
      ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
      ['[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name'],
    ],
  ],
  [
    'alert-internal-error',
    [
      ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
      ['tlsv1 alert internal error'],
      ['SSL_connect failed: tlsv1 alert internal error'],
      ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
      ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
      ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
      ['[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error'],
    ],
  ],
  [
    'plaintext',
    [
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['wrong version number'],
      ['SSL_connect failed: wrong version number'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['[SSL: WRONG_VERSION_NUMBER] wrong version number'],
    ],
  ],
  [
    'http',
    [
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['wrong version number'],
      ['SSL_connect failed: wrong version number'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['[SSL: WRONG_VERSION_NUMBER] wrong version number'],
    ],
  ],
  [
    'garbage',
    [
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['wrong version number'],
      ['SSL_connect failed: wrong version number'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['ERR_SSL_WRONG_VERSION_NUMBER'],
      ['[SSL: WRONG_VERSION_NUMBER] wrong version number'],
    ],
  ],
  ['ocsp-good', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['ocsp-revoked', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['ocsp-garbage', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['no-resumption', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['resumption-breaks', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  [
    'client-certificate-required',
    [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']],
  ],
  [
    'client-certificate-required-tls12',
    [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']],
  ],
  [
    'client-certificate-unknown-ca',
    [
      ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
      ['tlsv1 alert unknown ca'],
      ['Error: Server closed the connection'],
      ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
      ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
      ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
      [
        "Error while reading from localhost : (1, '[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca')",
      ],
    ],
  ],
  [
    'client-certificate-expired',
    [
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'],
      ['sslv3 alert certificate expired'],
      ['Error: Server closed the connection'],
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'],
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'],
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'],
      [
        "Error while reading from localhost : (1, '[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired')",
      ],
    ],
  ],
  [
    'client-certificate-bad',
    [
      ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
      ['sslv3 alert bad certificate'],
      ['Error: Server closed the connection'],
      ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
      ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
      ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
      [
        "Error while reading from localhost : (1, '[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate')",
      ],
    ],
  ],
  [
    'client-certificate-unsupported',
    [
      ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'],
      ['sslv3 alert unsupported certificate'],
      ['Error: Server closed the connection'],
      ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'],
      ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'],
      ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'],
      [
        "Error while reading from localhost : (1, '[SSL: SSLV3_ALERT_UNSUPPORTED_CERTIFICATE] sslv3 alert unsupported certificate')",
      ],
    ],
  ],
  [
    'client-certificate-revoked',
    [
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'],
      ['sslv3 alert certificate revoked'],
      ['Error: Server closed the connection'],
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'],
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'],
      ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'],
      [
        "Error while reading from localhost : (1, '[SSL: SSLV3_ALERT_CERTIFICATE_REVOKED] sslv3 alert certificate revoked')",
      ],
    ],
  ],
  [
    'client-certificate-reset',
    [
      ['ECONNRESET'],
      ['closed'],
      ['Error: Connection reset by peer'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['Connection closed by server'],
    ],
  ],
  [
    'client-certificate-fin',
    [
      ['closed'],
      ['unexpected eof while reading'],
      ['Error: Server closed the connection'],
      ['Connection is closed.'],
      ['Connection is closed.'],
      ['Socket closed unexpectedly'],
      ['Connection closed by server'],
    ],
  ],
  [
    'rst-on-accept',
    [
      ['ECONNRESET'],
      ['errno 104'],
      ['SSL_connect failed: Connection reset by peer', 'Connection reset by peer'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['Connection reset by peer'],
    ],
  ],
  [
    'fin-on-accept',
    [
      ['closed'],
      ['unexpected eof while reading'],
      ['SSL_connect failed: unexpected eof while reading'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['TLS/SSL connection has been closed (EOF)'],
    ],
  ],
  [
    'rst-mid-handshake',
    [
      ['ECONNRESET'],
      ['errno 104'],
      ['SSL_connect failed: Connection reset by peer'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['Connection reset by peer'],
    ],
  ],
  [
    'fin-mid-handshake',
    [
      ['closed'],
      ['unexpected eof while reading'],
      ['SSL_connect failed: unexpected eof while reading'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['TLS/SSL connection has been closed (EOF)'],
    ],
  ],
  [
    'stall-handshake',
    [
      ['silence'],
      ['silence'],
      ['silence'],
      ['ETIMEDOUT'],
      ['ETIMEDOUT'],
      ['Connection timeout'],
      ['Timeout connecting to server'],
    ],
  ],
  [
    'stall-mid-handshake',
    [
      ['silence'],
      ['silence'],
      ['silence'],
      ['ETIMEDOUT'],
      ['ETIMEDOUT'],
      ['Connection timeout'],
      ['Timeout connecting to server'],
    ],
  ],
  [
    'stall-after-handshake',
    [
      ['silence'],
      ['silence'],
      ['silence'],
      ['Command timed out'],
      ['Command timed out'],
      ["Socket timeout timeout. Expecting data, but didn't receive any in 900ms."],
      ['Timeout reading from socket'],
    ],
  ],
  [
    'half-open',
    [
      ['PONG'],
      ['PONG'],
      ['PONG'],
      ['Command timed out'],
      ['Command timed out'],
      ["Socket timeout timeout. Expecting data, but didn't receive any in 900ms."],
      ['PONG'],
    ],
  ],
  [
    'rst-after-handshake',
    [
      ['ECONNRESET'],
      ['closed'],
      ['Error: Connection reset by peer'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['Connection closed by server'],
    ],
  ],
  [
    'rst-after-command',
    [
      ['ECONNRESET'],
      ['closed'],
      ['Error: Connection reset by peer'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['ECONNRESET'],
      ['Connection closed by server'],
    ],
  ],
  [
    'no-close-notify',
    [
      ['PONG'],
      ['PONG'],
      ['PONG'],
      ['Connection is closed.'],
      ['Connection is closed.'],
      ['Socket closed unexpectedly'],
      ['PONG'],
    ],
  ],
  ['slow-drip', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  ['one-byte-records', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
  [
    'bad-record',
    [
      ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'],
      ['decryption failed or bad record mac'],
      ['Error: Success'],
      ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'],
      ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'],
      ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'],
      [
        "Error while reading from localhost : (1, '[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed or bad record mac')",
      ],
    ],
  ],
  [
    'truncated-record',
    [
      ['closed'],
      ['unexpected eof while reading'],
      ['Error: Server closed the connection'],
      ['Connection is closed.'],
      ['Connection is closed.'],
      ['Socket closed unexpectedly'],
      ['Connection closed by server'],
    ],
  ],
  [
    'oversized-record',
    [
      ['ERR_SSL_PACKET_LENGTH_TOO_LONG'],
      ['packet length too long'],
      ['Error: Success'],
      ['ERR_SSL_PACKET_LENGTH_TOO_LONG'],
      ['ERR_SSL_PACKET_LENGTH_TOO_LONG'],
      ['ERR_SSL_PACKET_LENGTH_TOO_LONG'],
      [
        "Error while reading from localhost : (1, '[SSL: PACKET_LENGTH_TOO_LONG] packet length too long')",
      ],
    ],
  ],
  ['rotation', [['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG'], ['PONG']]],
])
