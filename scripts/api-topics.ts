// What the public names are about, in the order in which somebody needs them.

export interface Topic {
  readonly title: string
  readonly what: string
  readonly example?: string
  readonly names: readonly string[]
}

export const TOPICS: readonly Topic[] = [
  {
    title: 'Starting a server',
    what: 'A server of its own for a test, or for a program; in this thread or in one beside it.',
    example: `
const redis = await startRedis({ users: { app: 'on >secret ~app:* +get' }, config: { maxmemory: '10mb' } })
await redis.close()`,
    names: [
      'startRedis',
      'StartOptions',
      'TlsMaterial',
      'Pem',
      'SettingName',
      'SettingValue',
      'StrictOptions',
      'RunningRedis',
      'StartError',
      'ThreadOptions',
      'ThreadedRedis',
    ],
  },
  {
    title: 'Connecting clients',
    what: 'What each client library has to be given, and the environment of a child process.',
    example: `
const client = new Redis(redis.connectOptions('ioredis', { username: 'app' }))
spawn('pytest', { env: { ...process.env, ...redis.env() } })`,
    names: [
      'ClientName',
      'ConnectOptions',
      'Login',
      'ClientTls',
      'IoredisOptions',
      'NodeRedisOptions',
      'RedisPyOptions',
      'GlideOptions',
      'ConnectionVariables',
      'EnvOptions',
    ],
  },
  {
    title: 'Master and replicas',
    what: 'All nodes in one process, over TLS, with one clock and links that a test can break.',
    example: `
const set = await startReplication({ replicas: 2 })
await set.links[0].cut()
await set.promote(1)`,
    names: [
      'startReplication',
      'ReplicationOptions',
      'NodeOptions',
      'ReplicatedRedis',
      'SetConnectOptions',
      'ReplicationLink',
    ],
  },
  {
    title: 'A cluster',
    what: 'All nodes in one process, over TLS, with one clock; slots move and masters fail when a test says.',
    example: `
const cluster = await startCluster({ masters: 3, replicas: 1 })
cluster.moveSlot(cluster.slotOf('user:1'), cluster.masters[2])
await cluster.nodeOf('user:2').close()
cluster.clock.advance('40s')`,
    names: ['startCluster', 'ClusterOptions', 'ClusteredRedis'],
  },
  {
    title: 'Fixtures of test runners',
    what: 'One entry a runner: `redis-tls-mock/node-test`, `/vitest`, `/jest`, `/mocha`, `/tap`.',
    example: `
import { useRedis } from 'redis-tls-mock/vitest'
const fixture = useRedis()
test('…', async () => { fixture.redis })`,
    names: [
      'useRedis',
      'UseRedis',
      'Fixture',
      'FixtureOptions',
      'ThreadedFixtureOptions',
      'useReplication',
      'UseReplication',
      'ReplicationFixture',
      'ReplicationFixtureOptions',
      'redisFor',
      'redisFixtures',
      'RedisFixtures',
      'test',
      'NodeTest',
      'TapTest',
    ],
  },
  {
    title: 'What a test does with a server',
    what: 'Data, states, faults and waiting, all by the running server.',
    example: `
redis.seed({ name: 'x', queue: ['a'] })
redis.fault({ command: 'get', error: 'LOADING wait', times: 2 })
await redis.waitFor('SET', 'app:*')`,
    names: [
      'RedisControl',
      'Seed',
      'SeedValue',
      'StreamEntry',
      'TestDatabase',
      'PubSubState',
      'ServerState',
      'ForkOptions',
      'Fault',
      'FaultEffect',
      'FaultOptions',
      'WaitOptions',
    ],
  },
  {
    title: 'Time',
    what: "The server's clock: expiry, time-outs, ages, stream ids, and dates of certificates.",
    example: `
redis.clock.freeze()
redis.clock.advance('1h30m')`,
    names: ['TestClock', 'FakedTimers', 'Duration'],
  },
  {
    title: 'What clients did',
    what: 'Recorded calls and connections, and claims about them.',
    example: `
redis.callsOf({ command: 'get', key: 'app:*' })
redis.expect.onlyCommands(['get', 'set'])`,
    names: [
      'Call',
      'CallFilter',
      'CommandName',
      'ConnectedClient',
      'RedisEvents',
      'Assertions',
      'TlsSession',
      'ClientHello',
      'HandshakeError',
      'Sighting',
    ],
  },
  {
    title: 'In a thread',
    what: 'The same names, where all that is read or done is a promise.',
    names: [
      'ThreadedAssertions',
      'ThreadedClock',
      'ThreadedDatabase',
      'ThreadedFault',
      'ThreadedState',
    ],
  },
  {
    title: 'Certificates',
    what: 'An authority that makes any certificate, right or wrong, and TLS faults by name.',
    example: `
const authority = await createAuthority()
const { cert, key } = await authority.server(['redis.test'])
const redis = await startRedis({ tls: { cert, key, ca: authority.cert } })`,
    names: [
      'createAuthority',
      'Authority',
      'AuthorityOptions',
      'CertificateOptions',
      'Identity',
      'CrlOptions',
      'Hash',
      'KeyType',
      'OcspStatus',
      'TlsProfileName',
    ],
  },
  {
    title: 'ACL rules',
    what: 'Why a user may run a command, what is wrong with a policy, what an application needs.',
    example: `
explain({ rules: 'on ~app:* +get' }, ['set', 'app:x', '1']).allowed
lint(readPolicy(fs.readFileSync('users.acl', 'utf8')))`,
    names: [
      'explain',
      'ExplainOptions',
      'Explanation',
      'Trace',
      'Change',
      'readPolicy',
      'Policy',
      'PolicyError',
      'QuestionError',
      'lint',
      'LintOptions',
      'Finding',
      'Severity',
      'matrix',
      'Matrix',
      'MatrixOptions',
      'diff',
      'DiffOptions',
      'UserDiff',
      'RightsChange',
      'SelectorDiff',
      'learn',
      'LearnOptions',
      'Learned',
      'LearnedUser',
      'LearnedRule',
      'LeftOut',
      'ObservedCall',
    ],
  },
]
