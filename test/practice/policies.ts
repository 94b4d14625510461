// Policies to be judged: sound ones, in which nothing is to be found, and ones with a fault each.

/** SHA-256 of nothing that anybody would guess; one for each letter. */
export function hash(letter: string): string {
  return `#${letter.repeat(64)}`
}

const OFF = 'user default off\n'

export interface SoundPolicy {
  readonly name: string
  readonly text: string
}

export const SOUND: readonly SoundPolicy[] = [
  // The roles for which Redis's documentation says what they need.
  {
    name: 'a replica, as documented',
    text: `${OFF}user replica-user on ${hash('a')} +psync +replconf +ping`,
  },
  {
    name: 'Sentinel, as documented',
    text:
      `${OFF}user sentinel-user on ${hash('a')} allchannels +multi +slaveof +ping +exec +subscribe ` +
      '+config|rewrite +role +publish +info +client|setname +client|kill +script|kill',
  },
  {
    name: 'a worker with lists, as documented',
    text: `${OFF}user worker +@list +@connection ~jobs:* on ${hash('a')}`,
  },
  {
    name: 'a reader of a cache, as documented',
    text: `${OFF}user alice on ${hash('a')} ~cached:* +get`,
  },
  {
    name: 'a copier between prefixes, as documented',
    text: `${OFF}user copier on ${hash('a')} %R~app1:* %W~app2:* +copy`,
  },
  {
    name: 'a selector of its own, as documented',
    text: `${OFF}user virginia on ${hash('a')} +get ~* (+set ~app1:*)`,
  },
  {
    name: 'a chat with its channels, as documented',
    text: `${OFF}user chat on ${hash('a')} resetchannels &messages:* +subscribe +publish`,
  },
  {
    name: 'an administrator beside an application',
    text:
      `${OFF}user admin on ${hash('a')} ~* &* +@all\n` +
      `user app on ${hash('b')} ~app:* +@read +@write +@connection -@dangerous -@scripting -scan -randomkey`,
  },
  {
    name: 'as ACL SAVE writes it',
    text:
      `user app on sanitize-payload ${hash('b')} ~app:* resetchannels -@all +get +set\n` +
      `user default off sanitize-payload ${hash('c')} resetchannels -@all\n`,
  },
  {
    name: 'reading all and writing some',
    text: `${OFF}user app on ${hash('a')} %R~* %W~app:* +get +set +del`,
  },
  {
    name: 'resets first',
    text: `${OFF}user app reset on ${hash('a')} resetkeys ~app:* resetchannels &app:* +get +publish`,
  },
  {
    name: 'two passwords during a rotation',
    text: `${OFF}user app on ${hash('a')} ${hash('b')} ~app:* +get`,
  },
  {
    name: 'subcommands by name',
    text: `${OFF}user ops on ${hash('a')} -@all +config|get +client|list +slowlog|get +info`,
  },
  {
    name: 'a container without its dangerous parts',
    text: `${OFF}user app on ${hash('a')} ~app:* +get +client -client|kill -client|list -client|no-evict -client|pause -client|unblock -client|unpause`,
  },
  {
    name: 'a stream worker',
    text: `${OFF}user worker on ${hash('a')} ~events:* +@stream +ping`,
  },
  {
    name: 'scripts over its own keys',
    text: `${OFF}user app on ${hash('a')} ~app:* +eval +evalsha +script|load +get +set`,
  },
  {
    name: 'a pattern subscriber',
    text: `${OFF}user audit on ${hash('a')} &app:* &app:users:* +psubscribe +punsubscribe`,
  },
  {
    name: 'hash tags and other separators',
    text: `${OFF}user app on ${hash('a')} ~{app}:* ~app/* ~app-* ~app.* ~a\\*b:* +get`,
  },
  {
    name: 'redis.conf with client certificates only',
    text:
      'port 0\ntls-port 6379\ntls-auth-clients yes\ntls-ca-cert-file ca.crt\n' +
      `user default off\nuser app on ${hash('a')} "~app:*" +get\n`,
  },
  {
    name: 'redis.conf that points to an ACL file',
    text: 'port 6379\naclfile /etc/redis/users.acl\nacl-pubsub-default resetchannels\n',
  },
  { name: 'nothing but comments in redis.conf', text: '# port 1\n\nport 6379\n' },
  {
    name: 'a default user with little',
    text: `user default on ${hash('a')} ~pub:* +get\nuser app on ${hash('b')} ~app:* +get +set`,
  },
]

export interface FaultyPolicy {
  readonly text: string
  /** The lint rule that is to find it. */
  readonly id: string
  /** Line and column. */
  readonly at: string
}

const app = (rules: string): string => `${OFF}user app on ${hash('a')} ${rules}`
/** Where the rules of app() begin. */
const START = `user app on ${hash('a')} `.length + 1
const col = (rules: string, part: string): string => `2:${START + rules.lastIndexOf(part)}`
const fault = (id: string, rules: string, part: string): FaultyPolicy => ({
  text: app(rules),
  id,
  at: col(rules, part),
})

export const FAULTY: readonly FaultyPolicy[] = [
  { id: 'nopass', text: `${OFF}user app on nopass ~app:* +get`, at: '2:13' },
  { id: 'nopass', text: 'user default on nopass ~app:* +get', at: '1:17' },
  {
    id: 'nopass-optional-certificate',
    text: 'port 0\ntls-port 1\ntls-auth-clients optional\nuser default off\nuser app on nopass ~a:* +get',
    at: '5:13',
  },
  {
    id: 'nopass-any-certificate',
    text: 'port 0\ntls-port 1\nuser default off\nuser app on nopass ~a:* +get',
    at: '4:13',
  },
  { id: 'default-undeclared', text: `user app on ${hash('a')} ~app:* +get`, at: '1:1' },
  {
    id: 'default-on',
    text: `user default on ${hash('a')} ~* &* +@all\nuser app on ${hash('b')} ~app:* +get`,
    at: '1:6',
  },
  {
    id: 'plaintext-password',
    text: `${OFF}user app on >nobodyguessesthis ~app:* +get`,
    at: '2:13',
  },
  { id: 'plaintext-password', text: 'requirepass nobodyguessesthis\n', at: '1:1' },
  { id: 'weak-password', text: `${OFF}user app on >short1 ~app:* +get`, at: '2:13' },
  {
    id: 'weak-password',
    text: `${OFF}user app on #5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 ~a:* +get`,
    at: '2:13',
  },
  {
    id: 'weak-password',
    text: `${OFF}user some-application on >Some-Application ~a:* +get`,
    at: '2:26',
  },
  {
    id: 'shared-password',
    text: `${app('~app:* +get')}\nuser two on ${hash('a')} ~two:* +get`,
    at: '3:13',
  },
  { id: 'no-login', text: `${OFF}user app on ~app:* +get`, at: '2:6' },
  { id: 'user-off', text: `${OFF}user app off ${hash('a')} ~app:* +get`, at: '2:10' },
  {
    id: 'requirepass-ignored',
    text: 'aclfile users.acl\nrequirepass nobodyguessesthis',
    at: '2:1',
  },
  {
    id: 'users-and-aclfile',
    text: `aclfile users.acl\nuser default off\nuser a on ${hash('a')} ~a:* +get`,
    at: '1:1',
  },
  fault('all-commands', '~app:* +@all', '+@all'),
  fault('all-commands', '~* &* allcommands', 'allcommands'),
  fault('future-commands', '~app:* +@all -@dangerous -@admin', '+@all'),
  fault('dangerous-left', '~app:* +@write', '+@write'),
  fault('dangerous-left', '~app:* +get (~q:* +@keyspace)', '+@keyspace'),
  fault('client-admin', '~app:* +get +@connection', '+@connection'),
  fault('names-shown', '~app:* +@read -keys', '+@read'),
  fault('names-shown', '~app:* +get +scan', '+scan'),
  fault('count-shown', '~app:* +get +dbsize', '+dbsize'),
  fault('beyond-keys', '~app:* +get +flushdb', '+flushdb'),
  fault('beyond-keys', '~app:* +get +monitor', '+monitor'),
  fault('escalation', '~app:* +get +acl|setuser', '+acl|setuser'),
  fault('escalation', '~app:* +get +config', '+config'),
  fault('shared-functions', '~app:* +get +@scripting', '+@scripting'),
  fault('script-broad', '~* +eval +get', '+eval'),
  fault('subcommand-hole', '~app:* +get +config|get +config', '+config'),
  fault(
    'subcommand-hole',
    '~app:* +@read -@dangerous -scan -randomkey +client -client|kill',
    '-client|kill',
  ),
  fault('first-argument', '~app:* +get +select|0', '+select|0'),
  fault('sort-by-get', '~app:* +sort', '+sort'),
  fault('unsanitized-restore', 'skip-sanitize-payload ~app:* +restore', 'skip-sanitize-payload'),
  { id: 'no-commands', text: app('~app:*'), at: '2:6' },
  fault('missing-separator', '~cache* +get', '~cache*'),
  fault('missing-separator', '&news* +subscribe', '&news*'),
  fault('leading-star', '~*:cache:x +get', '~*'),
  fault('bare-prefix', '~app: +get', '~app:'),
  fault('no-regular-expression', '~^app:.* +get', '~^app'),
  fault('unclosed-bracket', '~app:[ab:* +get', '~app'),
  fault('pattern-list', '~app:*,~web:* +get', '~app'),
  fault('quoted-pattern', '~"app:*" +get', '~"'),
  fault('all-keys', '~* +get', '~*'),
  fault('channels-open', '~app:* &* +get +publish', '&*'),
  {
    id: 'channels-by-default',
    text: `acl-pubsub-default allchannels\n${app('~app:* +get')}`,
    at: '1:1',
  },
  fault('unusable-command', '%W~app:* +set +get', '+get'),
  fault('unusable-command', '~app:* +get +publish', '+publish'),
  fault('unusable-category', '~app:* +@pubsub', '+@pubsub'),
  fault('unusable-category', '+@read', '+@read'),
  fault('unusable-category', '%R~app:* +get +@hash -@read', '+@hash'),
  fault('unusable-category', '~app:* +get (&app:* +@set)', '+@set'),
  fault('unusable-category', '~* +@all', '+@all'),
  fault('unusable-category', '+@all -@dangerous', '+@all'),
  fault('unusable-in-category', '~app:* +@all -@dangerous', '+@all'),
  fault('unusable-in-category', '%R~app:* +@string', '+@string'),
  fault('unusable-pattern', '%W~app:* +get +mget', '%W'),
  fault('unusable-pattern', '~app:* +get &news:*', '&news'),
  fault('undone-rule', '&app:* resetchannels &web:* +publish', '&app:*'),
  fault('undone-rule', '~app:* -get +@read -@dangerous -scan', '-get'),
  { id: 'undone-rule', text: app('off ~app:* +get'), at: '2:10' },
  fault('useless-rule', '~app:* ~* +get', '~app:*'),
  fault('useless-rule', '~app:* ~app:users:* +get', '~app:users:*'),
  fault('useless-rule', '~app:* +@string +get', '+get'),
  fault('nothing-removed', '~app:* +get -set', '-set'),
  fault('useless-selector', '~app:* +get (~app:x +get)', '('),
  fault('useless-selector', '~app:* +get (~q:*)', '('),
  fault('refused', '~app:* +nosuch', '+nosuch'),
  fault('refused', '~app:* +get (~q:* %~x +get)', '%~x'),
  { id: 'refused', text: `# users\n${app('~app:* +get')}`, at: '1:1' },
  { id: 'duplicate-user', text: `${app('~a:* +get')}\nuser app on ${hash('b')} +ping`, at: '3:6' },
  { id: 'name-case', text: `${OFF}user Default on ${hash('a')} ~a:* +get`, at: '2:6' },
]
