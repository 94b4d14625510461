// Source text that connects from Go, Java and C#, to be pasted. Only what connecting takes is in
// it.

import { addressText } from '../transport/connection.ts'
import type { Endpoint, Login } from './connect-options.ts'

export function goSource({ host, port, tls }: Endpoint, { username, password }: Login): string {
  return lines(
    tls && `ca, _ := os.ReadFile(${text(tls.caFile)})`,
    tls && 'roots := x509.NewCertPool()',
    tls && 'roots.AppendCertsFromPEM(ca)',
    tls && `pair, _ := tls.LoadX509KeyPair(${text(tls.certFile)}, ${text(tls.keyFile)})`,
    'client := redis.NewClient(&redis.Options{',
    `  Addr: ${text(addressText(host, port))},`,
    username !== undefined && `  Username: ${text(username)},`,
    password !== undefined && `  Password: ${text(password)},`,
    tls && '  TLSConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}},',
    '})',
  )
}

export function jedisSource({ host, port, tls }: Endpoint, { username, password }: Login): string {
  return lines(
    tls && pemComment(tls),
    'JedisClientConfig config = DefaultJedisClientConfig.builder()',
    tls && '  .ssl(true)',
    tls && '  .sslSocketFactory(sslContext.getSocketFactory())',
    username !== undefined && `  .user(${text(username)})`,
    password !== undefined && `  .password(${text(password)})`,
    '  .build();',
    `Jedis jedis = new Jedis(new HostAndPort(${text(host)}, ${port}), config);`,
  )
}

export function lettuceSource(
  { host, port, tls }: Endpoint,
  { username, password }: Login,
): string {
  const login = [username ?? 'default', password ?? ''].map(text).join(', ')
  return lines(
    `RedisURI uri = RedisURI.builder().withHost(${text(host)}).withPort(${port})`,
    tls && '  .withSsl(true)',
    (username ?? password) !== undefined && `  .withAuthentication(${login})`,
    '  .build();',
    'RedisClient client = RedisClient.create(uri);',
    tls && 'client.setOptions(ClientOptions.builder().sslOptions(SslOptions.builder()',
    tls && `  .trustManager(new File(${text(tls.caFile)}))`,
    tls && `  .keyManager(new File(${text(tls.certFile)}), new File(${text(tls.keyFile)}), null)`,
    tls && '  .build()).build());',
  )
}

export function dotnetSource({ host, port, tls }: Endpoint, { username, password }: Login): string {
  return lines(
    'var options = new ConfigurationOptions {',
    `  EndPoints = { { ${text(host)}, ${port} } },`,
    username !== undefined && `  User = ${text(username)},`,
    password !== undefined && `  Password = ${text(password)},`,
    tls && '  Ssl = true,',
    '};',
    tls && `options.SetUserPemCertificate(${text(tls.certFile)}, ${text(tls.keyFile)});`,
    tls && `options.TrustIssuer(${text(tls.caFile)});`,
    'var redis = await ConnectionMultiplexer.ConnectAsync(options);',
  )
}

function pemComment(tls: NonNullable<Endpoint['tls']>): string {
  return (
    `// sslContext: trusts ${tls.caFile}, presents ${tls.certFile} with ${tls.keyFile}, ` +
    'both read into key stores.'
  )
}

// JSON's escapes are those of string literals in all three languages.
function text(value: string): string {
  return JSON.stringify(value)
}

function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(part => typeof part === 'string').join('\n')
}
