// ACL files and redis.conf as people write and publish them, and what becomes of such files by
// mistakes: words, lines and bytes that are gone, twice, exchanged or from elsewhere.

import { hashPassword } from '../../src/acl/password.ts'
import type { Random } from '../../src/util/random.ts'

/** Texts by the names of files, of which redis.conf is the server's; <dir> stands for the folder. */
export type PolicyScene = Readonly<Record<string, string>>

const HASH = hashPassword('swordfish')

/** Users as documentation, charts and images have them, and as servers of any version list them. */
const RIGHT_USERS: readonly string[] = [
  'user default off\nuser alice on >p1pp0 ~cached:* +get\nuser worker +@list +@connection ~jobs:* on >ffa9203c493aa99\n',
  'user default on nopass ~* &* +@all\nuser antirez on nopass ~objects:* ~items:* ~public:* +@all -@dangerous\n',
  `user admin on #${HASH} ~* &* +@all\nuser replica on #${HASH} +psync +replconf +ping\n` +
    `user sentinel on #${HASH} allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill\n`,
  `user default on sanitize-payload #${HASH} ~* &* +@all\nuser exporter on sanitize-payload #${HASH} ~* resetchannels -@all +client +ping +info +config|get +cluster|info +slowlog +latency +memory +select +get +scan +xinfo +type +pfcount +strlen +llen +scard +zcard +hlen +xlen +eval allkeys\n`,
  // As 6.0 and 6.2 list users, and as 7.0 does.
  `user a on #${HASH} ~app:* -@all +@read +@write -@dangerous +info\nuser b off nopass ~* +@all\n`,
  `user a on #${HASH} ~app:* resetchannels &app:* -@all +@hash +@bitmap -bitop +select|0 +select|1\n`,
  `user a on sanitize-payload #${HASH} %R~in:* %W~out:* ~both:* resetchannels &in:* -@all +@read +@write (~x:* resetchannels -@all +set) (%R~y:* &* -@all +@pubsub +get)\n`,
  'user app on >secret resetkeys ~{app}:* resetchannels &{app}:* -@all +@all -@admin -@dangerous +client|setinfo +client|id\n',
  'user queue on >pw allkeys allchannels allcommands -flushall -flushdb -keys -config -debug -shutdown\n',
  'user a reset on >one >two <one ~a ~b nocommands +@fast -@write clearselectors (+get ~z)\n',
]

/** What a server refuses, in whole or in part. */
const WRONG_USERS: readonly string[] = [
  `user "quoted name" on\nuser 'b' on ~"x y"\n`,
  '\tuser tabs\ton\t>pw ~* +@all\nuser  two on  >pw  ~a\n',
  'user a on nopass %RW~x %r~y %~z %X~q ~* ~after\n',
  'user a on +get +@nosuch +nosuch +config|nosuch +get|set|x -@all|x +@ + - @read\n',
  'user a on #abc #ABCDEF !0 (+get (+set ~x) ) () ( ) (( )) (~a\n',
  'user a on (+get ~x\n~y +set)\nuser default off\n',
  'user a on +@read\n+@write ~*\n  ~b\n',
  'usr bob on >x +@all\nuser\nuser default off\n',
  '',
  '# who may what\nuser a on\n\n   \n#user b on\n',
]

/** A server's own file without users. */
const SETTINGS: readonly string[] = [
  '# Network\nbind 127.0.0.1 -::1\nprotected-mode yes\nport 6379\ntcp-backlog 511\ntimeout 0\ntcp-keepalive 300\n',
  'bind * -::*\nport 0\ntls-port 6380\ntls-cert-file /tls/redis.crt\ntls-key-file /tls/redis.key\ntls-ca-cert-file /tls/ca.crt\ntls-auth-clients optional\n',
  'save 900 1\nsave 300 10\nsave 60 10000\nsave ""\nappendonly yes\nappendfsync everysec\nmaxmemory 256mb\nmaxmemory-policy allkeys-lru\n',
  'rename-command FLUSHDB ""\nrename-command FLUSHALL ""\nrename-command CONFIG b840fc02d524045429941cc15f59e41cb7be6c52\n',
  'client-output-buffer-limit normal 0 0 0 pubsub 32mb 8mb 60\nnotify-keyspace-events Ex\nlatency-monitor-threshold 100\nlazyfree-lazy-eviction yes\n',
  'requirepass "foo bared"\nmasterauth x\nmasteruser replica\nreplica-read-only yes\n',
  'requirepass "it\'s"\nREQUIREPASS swordfish\nmaxclients 10000\n',
  'acl-pubsub-default allchannels\nacllog-max-len 128\n',
  'acl-pubsub-default resetchannels\nloglevel notice\ndatabases 16\nhash-max-ziplist-entries 512\n',
  'replicaof 10.0.0.1 6379\nslave-serve-stale-data yes\ncluster-enabled no\n',
  'io-threads 4\nio-threads-do-reads yes\nenable-debug-command local\nunixsocketperm 700\n',
]

const WRONG_SETTINGS: readonly string[] = [
  'sentinel monitor mymaster 127.0.0.1 6379 2\nsentinel auth-pass mymaster x\n',
  'search.timeout 500\n',
  "requirepass 'it''s'\nmaxclients 10000\n",
  'maxmemory 1zb\n',
  'rename-command nosuch x\nrename-command GET SET\n',
]

/** A scene as it was published, or put together of such. */
export function publishedScene(random: Random): PolicyScene {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const settings = (): string => pick(random.below(12) > 0 ? SETTINGS : WRONG_SETTINGS)
  const users = (): string => pick(random.below(4) > 0 ? RIGHT_USERS : WRONG_USERS)
  return pick<() => PolicyScene>([
    () => ({ 'redis.conf': `aclfile <dir>/users.acl\n`, 'users.acl': users() }),
    () => ({ 'redis.conf': `dir <dir>\naclfile users.acl\n`, 'users.acl': users() }),
    () => ({
      'redis.conf': `${settings()}aclfile "<dir>/users.acl"\n${settings()}`,
      'users.acl': users(),
    }),
    () => ({ 'redis.conf': settings() + users() + settings() }),
    () => ({ 'redis.conf': users() }),
    () => ({
      'redis.conf': `${settings()}include <dir>/*.conf.d\ninclude <dir>/users.conf\n`,
      'a.conf.d': settings(),
      'b.conf.d': users(),
      'users.conf': users(),
    }),
    () => ({
      'redis.conf': `dir <dir>\ninclude ${pick(['a', '[a-b]', '[!c]', '?', '*', '{a,b}', '[a', '\\\\a'])}.part\n${settings()}`,
      'a.part': `include b.part\n${users().slice(0, -1)}`,
      'b.part': users() + settings(),
    }),
    () => ({
      'redis.conf': `include <dir>/none*\naclfile <dir>/users.acl\n${users()}`,
      'users.acl': users(),
    }),
    () => ({ 'redis.conf': settings() + settings() }),
  ])()
}

const STRANGE_BYTES = [
  '\0',
  '\r',
  '\t',
  '\n',
  ' ',
  '  ',
  '\xff',
  '\x0b',
  '\x0c',
  '"',
  "'",
  '\\',
  '#',
]
const STRANGE_WORDS = [
  'user',
  'USER',
  'include',
  'aclfile',
  'requirepass',
  'rename-command',
  'default',
  'on',
  'reset',
  '~*',
  '&*',
  '+@all',
  '-@all',
  '+@nosuch',
  '>pw',
  '<pw',
  `#${HASH}`,
  `!${HASH}`,
  `#${HASH.toUpperCase()}`,
  `#${HASH.slice(1)}`,
  '(+get',
  '~x)',
  '(',
  ')',
  '""',
  '"a b"',
  "'x'y",
  'get',
  '<dir>/users.acl',
  '+select|0',
  '+config|get|x',
]

/** The scene after some mistakes; now and then none. */
export function mistaken(scene: PolicyScene, random: Random): PolicyScene {
  const files = { ...scene }
  const names = Object.keys(files)
  for (let i = random.below(3); i > 0; i--) {
    const name = names[random.below(names.length)]!
    files[name] = mistakenText(files[name]!, random)
  }
  return files
}

function mistakenText(text: string, random: Random): string {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const at = random.below(text.length + 1)
  return pick<() => string>([
    () => rearranged(text, '\n', random),
    () => rearranged(text, '\n', random),
    () => rearranged(text, ' ', random),
    () => rearranged(text, ' ', random),
    () => inserted(text, ' ', pick(STRANGE_WORDS), random),
    () => inserted(text, '\n', pick(STRANGE_WORDS), random),
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at) + pick(STRANGE_BYTES) + text.slice(at),
    () => text.slice(0, at) + pick(STRANGE_BYTES) + text.slice(at + 1),
    () => text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1),
    () => text.slice(0, at),
    () => text.replaceAll('\n', '\r\n'),
    () => text.replaceAll(' ', '\t'),
    () => `\xef\xbb\xbf${text}`,
    () => text.trimEnd(),
    () => `${text.slice(0, at)}${'x'.repeat(900 + random.below(300))}${text.slice(at)}`,
    () => text.replaceAll('\n', `${' ~long:*'.repeat(random.below(400))}\n`),
    () => text.replaceAll('\n', ' \\\n '),
    () => text + text,
    () => text.toUpperCase(),
  ])()
}

function rearranged(text: string, between: string, random: Random): string {
  const parts = text.split(between)
  const [one, other] = [random.below(parts.length), random.below(parts.length)]
  switch (random.below(4)) {
    case 0:
      return parts.toSpliced(one, 1).join(between)
    case 1:
      return parts.toSpliced(other, 0, parts[one]!).join(between)
    case 2:
      return parts.with(one, parts[other]!).with(other, parts[one]!).join(between)
    default:
      return parts.toSpliced(one, 1, parts[one]!.repeat(2)).join(between)
  }
}

function inserted(text: string, between: string, word: string, random: Random): string {
  const parts = text.split(between)
  return parts.toSpliced(random.below(parts.length + 1), 0, word).join(between)
}
