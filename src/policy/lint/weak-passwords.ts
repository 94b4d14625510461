// Passwords that everybody tries first, as hashes may hide them too: the common ones, and those of
// examples and containers of Redis.

import { hashPassword } from '../../acl/password.ts'

const COMMON = [
  '0000 1111 1234 12345 123456 1234567 12345678 123456789 1234567890 123123 111111 000000 654321',
  'password password1 password123 passw0rd p@ssw0rd pass pw pwd secret secret123 changeme change_me',
  'changeit letmein welcome welcome1 admin admin123 administrator root toor qwerty qwerty123 abc123',
  'iloveyou monkey dragon test test123 testing guest user default example foobar foo bar hello',
  'redis redis123 redispass redispassword redis_password yourpassword mypassword mypass somepassword',
  'strongpassword supersecret topsecret p1pp0 master cache session worker app dev development prod',
  'production staging local localhost docker bitnami rediss redis-password thispasswordisnotsecret',
].flatMap(line => line.split(' '))

/** Whether a SHA-256 in hex is that of a common password. */
export function isCommon(hash: string): boolean {
  return COMMON.some(password => hashPassword(password) === hash)
}
