// The line that says what was wrong, out of what programs of many languages print.

import t from 'tap'
import { causeIn } from '../../src/testing/tls/check-output.ts'

const CASES: Readonly<Record<string, readonly [output: string, cause: string]>> = {
  'Java, a trace with causes': [
    `Exception in thread "main" redis.clients.jedis.exceptions.JedisConnectionException: Failed to connect to localhost:6380.
	at redis.clients.jedis.DefaultJedisSocketFactory.connectToFirstSuccessfulHost(DefaultJedisSocketFactory.java:80)
	at Main.main(Main.java:12)
Caused by: javax.net.ssl.SSLHandshakeException: PKIX path validation failed: validity check failed
	at java.base/sun.security.ssl.Alert.createSSLException(Alert.java:131)
	... 7 more
Caused by: java.security.cert.CertificateExpiredException: NotAfter: Fri Nov 27 08:00:00 UTC 2026
	at java.base/sun.security.x509.CertificateValidity.valid(CertificateValidity.java:277)
	... 24 more
`,
    'java.security.cert.CertificateExpiredException: NotAfter: Fri Nov 27 08:00:00 UTC 2026',
  ],
  'Java under Maven': [
    `Caused by: java.net.ConnectException: Connection refused
	at a.B.c(B.java:1)
[ERROR] -> [Help 1]
[ERROR] Re-run Maven using the -X switch to enable full debug logging.
`,
    'java.net.ConnectException: Connection refused',
  ],
  '.NET, with inner exceptions': [
    `Unhandled exception. StackExchange.Redis.RedisConnectionException: It was not possible to connect
 ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: NotTimeValid
   at System.Net.Security.SslStream.SendAuthResetSignal(ReadOnlySpan\`1 alert)
   --- End of inner exception stack trace ---
   at Program.<Main>$(String[] args) in /app/Program.cs:line 5
`,
    'System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: NotTimeValid',
  ],
  'redis-server, whose machine may fail under low memory': [
    `77:C 28 Nov 2026 17:02:56.111 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.
77:S 28 Nov 2026 17:02:56.112 # Error condition on socket for SYNC: error:0A000086:SSL routines::certificate verify failed
77:S 28 Nov 2026 17:02:56.113 * Connecting to MASTER localhost:6379
`,
    '77:S 28 Nov 2026 17:02:56.112 # Error condition on socket for SYNC: error:0A000086:SSL routines::certificate verify failed',
  ],
  'Go, log.Fatal under go run': [
    `2026/11/28 10:00:00 tls: failed to verify certificate: x509: certificate has expired or is not yet valid
exit status 1
`,
    '2026/11/28 10:00:00 tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  ],
  'Go, a panic': [
    `panic: x509: certificate is valid for other.example, not localhost

goroutine 1 [running]:
main.main()
	/src/main.go:21 +0x1d4
exit status 2
`,
    'panic: x509: certificate is valid for other.example, not localhost',
  ],
  'Python, one during another': [
    `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/redis/connection.py", line 699, in connect
    sock = self.retry.call_with_retry(
ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:992)

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in <module>
    client.ping()
    ^^^^^^^^^^^^^
redis.exceptions.ConnectionError: Error 1 connecting to localhost:6380. certificate has expired
`,
    'redis.exceptions.ConnectionError: Error 1 connecting to localhost:6380. certificate has expired',
  ],
  'Node, with a cause and under npm': [
    `node:internal/process/promises:394
      triggerUncaughtException(err, true /* fromPromise */);
      ^

Error: cannot start
    at main (file:///app/app.mjs:3:9) {
  [cause]: Error: certificate has expired
      at TLSSocket.onConnectSecure (node:_tls_wrap:1679:34) {
    code: 'CERT_HAS_EXPIRED'
  }
}

Node.js v20.20.2
npm ERR! Lifecycle script \`start\` failed with error
`,
    'Error: certificate has expired',
  ],
  PHP: [
    `PHP Fatal error:  Uncaught RedisException: SSL operation failed with code 1 in /app/a.php:3
Stack trace:
#0 /app/a.php(3): Redis->connect('tls://localhost', 6380)
#1 {main}
  thrown in /app/a.php on line 3
`,
    'PHP Fatal error:  Uncaught RedisException: SSL operation failed with code 1 in /app/a.php:3',
  ],
  Rust: [
    `thread 'main' panicked at src/main.rs:5:37:
called \`Result::unwrap()\` on an \`Err\` value: invalid peer certificate: Expired
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
`,
    'called `Result::unwrap()` on an `Err` value: invalid peer certificate: Expired',
  ],
  nothing: ['\n \n', ''],
  'no error at all': ['starting\nhello\n', 'hello'],
}

t.test('the cause', async t => {
  for (const [what, [output, cause]] of Object.entries(CASES)) t.equal(causeIn(output), cause, what)
})
