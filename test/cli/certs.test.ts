// `redis-tls-mock certs` as a shell meets it; what it makes is judged by openssl.

import { execFile, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { cli } from '../helpers/cli.ts'

// Programs start slowly on a busy machine.
t.setTimeout(110_000)

const NO_OPENSSL = spawnSync('openssl', ['version']).error === undefined ? false : 'no openssl'
const run = promisify(execFile)

/** Makes a kit in a folder of its own; the folder. */
async function made(t: Test, ...words: readonly string[]): Promise<string> {
  const folder = t.testdir({})
  const { status, stderr } = await cli(['certs', '--out', folder, ...words])
  t.equal(status, 0, stderr)
  return folder
}

async function openssl(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('openssl', [...args], { cwd })
  return stdout + stderr
}

const TRUST = 'truststore.p12'

/** Those that everybody may read; all others are their owner's. */
function publicFiles(folder: string, others = 0o600): string[] {
  return fs.readdirSync(folder).filter(file => {
    const mode = fs.statSync(path.join(folder, file)).mode & 0o777
    const isKnown = mode === 0o644 || mode === others || (file === 'ca.key' && mode === 0o600)
    if (!isKnown) throw new Error(`${file} has the mode ${mode.toString(8)}`)
    return mode === 0o644
  })
}

/** What a certificate says of itself. */
function facts(folder: string, file: string): Promise<string> {
  const asked = ['-subject', '-enddate', '-ext', 'subjectAltName,extendedKeyUsage,basicConstraints']
  return openssl(folder, 'x509', '-in', file, '-noout', '-text', ...asked)
}

t.test('all that is asked for', { skip: NO_OPENSSL }, async t => {
  const words = ['--host', 'redis.test', '10.0.0.1', '::1', '--client', 'app', 'batch']
  const folder = await made(t, ...words, '--days', '3', '--p12')
  const names = ['ca', 'server', 'client-app', 'client-batch']
  t.strictSame(
    fs.readdirSync(folder).sort(),
    [...names.flatMap(name => [`${name}.crt`, `${name}.key`]), 'ca.crl']
      .concat(['server.p12', 'client-app.p12', 'client-batch.p12', 'truststore.p12'])
      .sort(),
  )
  t.strictSame(publicFiles(folder), [...names.map(name => `${name}.crt`), 'ca.crl', TRUST].sort())
  const checked = ['-CAfile', 'ca.crt', '-CRLfile', 'ca.crl', '-crl_check', '-x509_strict']
  const server = ['-purpose', 'sslserver', '-verify_hostname', 'redis.test', 'server.crt']
  t.match(await openssl(folder, 'verify', ...checked, ...server), /server\.crt: OK/)
  const clients = ['-purpose', 'sslclient', 'client-app.crt', 'client-batch.crt']
  t.match(await openssl(folder, 'verify', ...checked, ...clients), /app\.crt: OK\n.*batch\.crt: OK/)
  t.match(await openssl(folder, 'crl', '-in', 'ca.crl', '-CAfile', 'ca.crt', '-noout'), /verify OK/)

  const said = await facts(folder, 'server.crt')
  t.match(said, /DNS:redis\.test, IP Address:10\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1/)
  t.match(said, /TLS Web Server Authentication/)
  t.match(said, /id-ecPublicKey/)
  t.match(said, /CA:FALSE/)
  const days = (Date.parse(/notAfter=(.*)/.exec(said)?.[1] ?? '') - Date.now()) / 86_400_000
  t.ok(days > 2.9 && days < 3.1, `ends in ${days} days`)
  const client = await facts(folder, 'client-app.crt')
  t.match(client, /subject=CN ?= ?app,/)
  t.match(client, /TLS Web Client Authentication/)

  const opened = ['pkcs12', '-in', 'client-app.p12', '-passin', 'pass:changeit', '-nodes']
  const p12 = await openssl(folder, ...opened)
  const key = fs.readFileSync(path.join(folder, 'client-app.key'), 'utf8')
  t.ok(p12.includes(key.trim()), 'the key is in the PKCS#12 file')
})

t.test('RSA, and everything anew in the same folder', { skip: NO_OPENSSL }, async t => {
  const folder = await made(t, '--rsa')
  t.match(await facts(folder, 'ca.crt'), /Public-Key: \(2048 bit\)/)
  t.match(await facts(folder, 'server.crt'), /Public-Key: \(2048 bit\)/)
  t.match(await facts(folder, 'server.crt'), /DNS:localhost, IP Address:127\.0\.0\.1/)
  fs.chmodSync(path.join(folder, 'server.key'), 0o644)
  fs.chmodSync(path.join(folder, 'server.crt'), 0o600)
  fs.writeFileSync(path.join(folder, 'mine.txt'), 'mine')
  const again = ['certs', '--out', folder, '--client', 'default']
  t.equal((await cli([...again, '--force', '--group'])).status, 0)
  t.match(await facts(folder, 'server.crt'), /id-ecPublicKey/, 'everything is new')
  const pairs = ['verify', '-CAfile', 'ca.crt', 'server.crt', 'client-default.crt']
  t.match(await openssl(folder, ...pairs), /OK\n.*OK/)
  t.notMatch(publicFiles(folder, 0o640), 'server.key')
  t.equal(fs.statSync(path.join(folder, 'server.key')).mode & 0o777, 0o640)
  t.equal(fs.readFileSync(path.join(folder, 'mine.txt'), 'utf8'), 'mine', 'nothing else is touched')
})

t.test('a second time nothing is missing, and more can be asked for', async t => {
  const folder = await made(t)
  const again = async (...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await cli(['certs', '--out', folder, ...words])
    t.equal(status, 0, stderr)
    return stdout.split('\n', 1)[0] ?? ''
  }
  t.equal(await again(), `${folder}: nothing is missing (--force makes all anew)`)
  const added = await again('--client', 'app')
  t.equal(added, `${folder}: client-app.crt client-app.key (by the authority in ${folder})`)
})

const NO_KEYTOOL = spawnSync('keytool', ['-help']).error === undefined ? false : 'no keytool'

t.test('Java reads the key and trusts the authority', { skip: NO_KEYTOOL }, async t => {
  const folder = await made(t, '--p12')
  const list = async (file: string): Promise<string> => {
    const words = ['-list', '-v', '-storetype', 'PKCS12', '-storepass', 'changeit', '-keystore']
    return (await run('keytool', [...words, file], { cwd: folder })).stdout
  }
  t.match(await list('client-default.p12'), /contains 1 entry[\s\S]*Entry type: PrivateKeyEntry/)
  t.match(await list(TRUST), /contains 1 entry[\s\S]*Entry type: trustedCertEntry/)
})

t.test('it says how clients are told', async t => {
  const cwd = t.testdir({})
  const { status, stdout } = await cli(['certs', '--host', 'redis.test', '--client', 'app'], {
    cwd,
  })
  t.equal(status, 0)
  t.match(stdout, /^certs: ca\.crt ca\.key ca\.crl server\.crt/)
  for (const client of ['redis-cli', 'ioredis', 'node-redis', 'redis-py', 'go-redis', 'Lettuce']) {
    t.match(
      stdout,
      new RegExp(`^${client} .*redis\\.test|^${client} .*certs/client-app\\.crt`, 'm'),
    )
  }
  t.notMatch(stdout, /PRIVATE KEY/)
})

t.test('what cannot be done ends with 2 and one line', async t => {
  const cwd = t.testdir({ file: 'a file' })
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--days', '-1'], /--days/],
    [['--days=0'], /--days wants a whole number/],
    [['--client', '../evil'], /cannot be named '\.\.\/evil'/],
    [['--ca', 'a', '--force'], /--ca takes an authority, --force makes a new one/],
    [['--host', 'not a host'], /'not a host' is neither a host name nor an address/],
    [['--host', '256.1.1.1'], /'256\.1\.1\.1' is neither/],
    [['stray'], /What is 'stray'\?/],
    [['--out', 'file/below'], /ENOTDIR/],
  ]
  await Promise.all(
    wrong.map(async ([words, reason]) => {
      const { status, stdout, stderr } = await cli(['certs', ...words], { cwd })
      t.equal(status, 2, words.join(' '))
      t.equal(stdout, '')
      t.match(stderr, /^redis-tls-mock certs: [^\n]*\n$/)
      t.match(stderr, reason)
    }),
  )
  t.strictSame(fs.readdirSync(cwd), ['file'], 'nothing was written')
})
