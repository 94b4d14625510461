// What to change in which client library: one line for each fault that a library has a line for.

export const LIBRARIES = [
  'ioredis',
  'node-redis',
  'redis-py',
  'Jedis',
  'Lettuce',
  'go-redis',
  'StackExchange.Redis',
  'redis-cli',
  // A replica, which is a client of its master.
  'redis-server',
] as const

export type Library = (typeof LIBRARIES)[number]

/**
 * Whatever its case; undefined for none.
 * @throws Error naming the libraries that there are
 */
export function libraryNamed(name: string | undefined): Library | undefined {
  if (name === undefined) return undefined
  const library = LIBRARIES.find(known => known.toLowerCase() === name.toLowerCase())
  if (library === undefined) throw new Error(`--client is one of ${LIBRARIES.join(', ')}`)
  return library
}

export type Fault =
  | 'verification-off'
  | 'host-name-unchecked'
  | 'plaintext'
  | 'client-certificate'
  | 'no-timeout'
  | 'old-protocol'
  | 'authority'
  | 'tls-missing'
  | 'version'
  | 'narrowness'
  | 'impatience'
  | 'host-name'
  | 'tls-off'
  | 'login'

type Lines = Readonly<Record<Library, string>>

const CURES: Readonly<Record<Fault, Lines>> = {
  'verification-off': {
    ioredis: 'remove rejectUnauthorized: false (and NODE_TLS_REJECT_UNAUTHORIZED=0); tls: { ca }',
    'node-redis':
      'remove rejectUnauthorized: false (and NODE_TLS_REJECT_UNAUTHORIZED=0); socket: { tls: true, ca }',
    'redis-py': "ssl_cert_reqs='required', ssl_ca_certs='ca.crt'",
    Jedis:
      'remove the trust manager that trusts all; sslSocketFactory() from a trust store with the CA',
    Lettuce: 'RedisURI.builder()….withVerifyPeer(SslVerifyMode.FULL)',
    'go-redis': 'TLSConfig: &tls.Config{RootCAs: pool} without InsecureSkipVerify',
    'StackExchange.Redis':
      'remove CertificateValidation += … return true; options.TrustIssuer("ca.crt")',
    'redis-cli': 'remove --insecure; --cacert ca.crt',
    'redis-server': 'nothing switches it off: tls-ca-cert-file trusts too much, or a proxy answers',
  },
  'host-name-unchecked': {
    ioredis: 'remove checkServerIdentity from tls; tls: { servername } if the name differs',
    'node-redis':
      'remove checkServerIdentity from socket; socket: { servername } if the name differs',
    'redis-py': 'ssl_check_hostname=True (the default from 6.0 on)',
    Jedis:
      'DefaultJedisClientConfig.builder()….hostnameVerifier(…), or endpointIdentificationAlgorithm HTTPS',
    Lettuce: 'withVerifyPeer(SslVerifyMode.FULL), not CA',
    'go-redis':
      'TLSConfig: &tls.Config{ServerName: "redis.example"} without a VerifyConnection of your own',
    'StackExchange.Redis':
      'options.SslHost = "redis.example", and no RemoteCertificateNameMismatch allowed',
    'redis-cli': 'redis-cli compares no host names: trust a CA that signs nothing else',
    'redis-server':
      'replicas compare no host names: let tls-ca-cert-file be a CA that signs nodes alone',
  },
  plaintext: {
    ioredis: 'always give tls: {…}, or rediss://; no second attempt without it',
    'node-redis': 'always socket: { tls: true }, or rediss://; no second attempt without it',
    'redis-py': 'always ssl=True, or rediss://; no second attempt without it',
    Jedis: 'always .ssl(true), or rediss://; no second attempt without it',
    Lettuce: 'always withSsl(true), or rediss://; no second attempt without it',
    'go-redis': 'always TLSConfig, or rediss://; no second attempt without it',
    'StackExchange.Redis': 'always ssl=true; no second attempt without it',
    'redis-cli': 'always --tls',
    'redis-server': 'always tls-replication yes',
  },
  'client-certificate': {
    ioredis: "tls: { cert: readFileSync('client.crt'), key: readFileSync('client.key') }",
    'node-redis':
      "socket: { tls: true, cert: readFileSync('client.crt'), key: readFileSync('client.key') }",
    'redis-py': "ssl_certfile='client.crt', ssl_keyfile='client.key'",
    Jedis: '-Djavax.net.ssl.keyStore=client.p12 -Djavax.net.ssl.keyStoreType=PKCS12',
    Lettuce:
      'SslOptions.builder().keyManager(new File("client.crt"), new File("client.key"), null)',
    'go-redis': 'TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}',
    'StackExchange.Redis':
      'options.CertificateSelection += delegate { return new X509Certificate2("client.p12", "…"); }',
    'redis-cli': '--cert client.crt --key client.key',
    'redis-server':
      'tls-client-cert-file client.crt; tls-client-key-file client.key (or tls-cert-file, with clientAuth)',
  },
  'no-timeout': {
    ioredis: 'connectTimeout: 5000, commandTimeout: 5000, and a retryStrategy that ends',
    'node-redis':
      'socket: { connectTimeout: 5000, socketTimeout: 5000, reconnectStrategy that ends }',
    'redis-py': 'socket_connect_timeout=5, socket_timeout=5',
    Jedis: '.connectionTimeoutMillis(5000).socketTimeoutMillis(5000)',
    Lettuce: 'SocketOptions.connectTimeout(…) and TimeoutOptions.enabled(…)',
    'go-redis': 'DialTimeout, ReadTimeout, WriteTimeout, and a context with a deadline',
    'StackExchange.Redis': 'connectTimeout=5000,asyncTimeout=5000,syncTimeout=5000',
    'redis-cli': '-t 5',
    'redis-server': 'repl-timeout 60, after which it tries again, for ever',
  },
  'old-protocol': {
    ioredis: "tls: { minVersion: 'TLSv1.2' }",
    'node-redis': "socket: { tls: true, minVersion: 'TLSv1.2' }",
    'redis-py': 'ssl_min_version=ssl.TLSVersion.TLSv1_2',
    Jedis: 'SSLParameters.setProtocols({"TLSv1.2", "TLSv1.3"})',
    Lettuce: 'SslOptions.builder().protocols("TLSv1.2", "TLSv1.3")',
    'go-redis': 'TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}',
    'StackExchange.Redis': 'options.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13',
    'redis-cli': 'no option: OpenSSL decides (MinProtocol in openssl.cnf)',
    'redis-server': 'tls-protocols "TLSv1.2 TLSv1.3"',
  },
  authority: {
    ioredis: "tls: { ca: readFileSync('ca.crt') }",
    'node-redis': "socket: { tls: true, ca: readFileSync('ca.crt') }",
    'redis-py': "ssl_ca_certs='ca.crt'",
    Jedis:
      'keytool -importcert -file ca.crt -keystore trust.p12; -Djavax.net.ssl.trustStore=trust.p12',
    Lettuce: 'SslOptions.builder().trustManager(new File("ca.crt"))',
    'go-redis': 'pool.AppendCertsFromPEM(ca); TLSConfig: &tls.Config{RootCAs: pool}',
    'StackExchange.Redis': 'options.TrustIssuer("ca.crt")',
    'redis-cli': '--cacert ca.crt',
    'redis-server': 'tls-ca-cert-file ca.crt',
  },
  'tls-missing': {
    ioredis:
      'rediss:// instead of redis://, or new Redis({ tls: { ca } }): ca within tls, not beside it',
    'node-redis':
      'rediss:// instead of redis://, or socket: { tls: true, ca }: tls within socket, not beside it',
    'redis-py':
      'rediss:// instead of redis://, or ssl=True; ssl_ca_certs alone switches nothing on',
    Jedis: 'rediss:// instead of redis://, or .ssl(true)',
    Lettuce: 'rediss:// instead of redis://, or withSsl(true)',
    'go-redis': 'rediss:// instead of redis:// (ParseURL), or TLSConfig: &tls.Config{…}',
    'StackExchange.Redis': 'ssl=true in the configuration string, or options.Ssl = true',
    'redis-cli': '--tls, or -u rediss://…; --cacert alone switches nothing on',
    'redis-server': 'tls-replication yes; tls-ca-cert-file ca.crt; tls-cert-file …; tls-key-file …',
  },
  version: {
    ioredis: "tls: { minVersion: 'TLSv1.2' } without maxVersion and secureProtocol",
    'node-redis': "socket: { tls: true, minVersion: 'TLSv1.2' } without maxVersion, secureProtocol",
    'redis-py': 'ssl_min_version=ssl.TLSVersion.TLSv1_2, no ssl_ciphers of its own',
    Jedis: 'SSLParameters.setProtocols({"TLSv1.2", "TLSv1.3"}); -Djdk.tls.client.protocols of both',
    Lettuce: 'SslOptions.builder().protocols("TLSv1.2", "TLSv1.3")',
    'go-redis': 'TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12} without MaxVersion',
    'StackExchange.Redis': 'options.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13',
    'redis-cli': 'without --tls-ciphers and --tls-ciphersuites; MinProtocol in openssl.cnf',
    'redis-server': 'tls-protocols "TLSv1.2 TLSv1.3"',
  },
  narrowness: {
    ioredis: 'tls: { ca } without ciphers, sigalgs, ecdhCurve and a checkServerIdentity of its own',
    'node-redis':
      'socket: { tls: true, ca } without ciphers, sigalgs, ecdhCurve, checkServerIdentity',
    'redis-py': 'ssl_ca_certs alone, without ssl_ciphers; trust the CA, not the one certificate',
    Jedis: 'SSLParameters without setCipherSuites; trust the CA, not the one certificate',
    Lettuce: 'SslOptions without cipherSuites; trust the CA, not the one certificate',
    'go-redis': 'TLSConfig without CipherSuites, CurvePreferences and VerifyPeerCertificate',
    'StackExchange.Redis':
      'options.TrustIssuer("ca.crt") instead of one certificate that is pinned',
    'redis-cli': '--cacert of the CA, without --tls-ciphers and --tls-ciphersuites',
    'redis-server': 'without tls-ciphers and tls-ciphersuites',
  },
  impatience: {
    ioredis: 'connectTimeout and commandTimeout of some seconds: 5000',
    'node-redis': 'socket: { connectTimeout, socketTimeout } of some seconds: 5000',
    'redis-py': 'socket_connect_timeout and socket_timeout of some seconds: 5',
    Jedis: '.connectionTimeoutMillis(5000).socketTimeoutMillis(5000)',
    Lettuce: 'connectTimeout and commandTimeout of some seconds',
    'go-redis': 'DialTimeout, ReadTimeout and the deadline of the context: some seconds',
    'StackExchange.Redis': 'connectTimeout=5000,asyncTimeout=5000,syncTimeout=5000',
    'redis-cli': '-t of some seconds, or none',
    'redis-server': 'repl-timeout of some seconds: 60',
  },
  'host-name': {
    ioredis: "tls: { servername: 'a name in the certificate' }",
    'node-redis': "socket: { tls: true, servername: 'a name in the certificate' }",
    'redis-py': "host='a name in the certificate' (it has no option for another one)",
    Jedis: 'new HostAndPort("a name in the certificate", port)',
    Lettuce: 'RedisURI.builder().withHost("a name in the certificate")',
    'go-redis': 'TLSConfig: &tls.Config{ServerName: "a name in the certificate"}',
    'StackExchange.Redis': 'sslHost=a name in the certificate',
    'redis-cli': '--sni NAME (it compares no host names, so that this alone does not trouble it)',
    'redis-server': 'nothing: replicas compare no host names',
  },
  'tls-off': {
    ioredis: 'redis:// instead of rediss://, no tls option',
    'node-redis': 'redis:// instead of rediss://, no socket.tls',
    'redis-py': 'redis:// instead of rediss://, ssl=False',
    Jedis: '.ssl(false)',
    Lettuce: 'withSsl(false)',
    'go-redis': 'no TLSConfig',
    'StackExchange.Redis': 'ssl=false',
    'redis-cli': 'without --tls',
    'redis-server': 'replicaof HOST TLS-PORT, or tls-replication no',
  },
  login: {
    ioredis: "new Redis({ username: '…', password: '…' })",
    'node-redis': "createClient({ username: '…', password: '…' })",
    'redis-py': "redis.Redis(username='…', password='…')",
    Jedis: '.user("…").password("…")',
    Lettuce: 'withAuthentication("…", "…")',
    'go-redis': '&redis.Options{Username: "…", Password: "…"}',
    'StackExchange.Redis': 'user=…,password=…',
    'redis-cli': '--user … --pass …',
    'redis-server': 'masteruser …; masterauth …',
  },
}

export function cureFor(fault: Fault, library: Library): string {
  return CURES[fault][library]
}

export function curesFor(fault: Fault): Lines {
  return CURES[fault]
}

/** By what a client calls itself in CLIENT SETINFO, and by what its programs import. */
const SIGNS: readonly (readonly [Library, RegExp])[] = [
  ['ioredis', /\bioredis\b/i],
  ['node-redis', /\bnode-redis\b|@redis\/client|(?:from|require\(|import\() ?['"]redis['"]/],
  ['redis-py', /\bredis-py\b|^\s*(?:import redis\b|from redis[. ])|\bredis\.exceptions\b/m],
  ['Jedis', /\bjedis\b/i],
  ['Lettuce', /\blettuce\b/i],
  ['go-redis', /\bgo-redis\b/],
  ['StackExchange.Redis', /\bStackExchange\.Redis\b|\bSE\.Redis\b/],
  ['redis-cli', /\bredis-cli\b/],
  // By its log alone: a host of that name is none.
  ['redis-server', /^.*MASTER <-> REPLICA sync/m],
]

/** The library that a text is of: a name, a line of output, a program. */
export function recognize(text: string): Library | undefined {
  return SIGNS.find(([, sign]) => sign.test(text))?.[0]
}
