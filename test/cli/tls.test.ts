// `redis-tls-mock tls explain`, `tls profiles` and `--tls-profile` as a shell meets them.

import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { startRedis } from '../../src/index.ts'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { cli } from '../helpers/cli.ts'
import { freePort } from '../helpers/real.ts'

// Programs start slowly on a busy machine.
t.setTimeout(110_000)

t.test('tls explain, as text and as JSON', async t => {
  const redis = await startRedis({ tls: { profile: 'expired' } })
  t.teardown(() => redis.close())
  const { caFile = '', certFile = '', keyFile = '' } = redis.tls ?? {}
  const asked = ['tls', 'explain', `rediss://alice:wonderland@localhost:${redis.port}`]
  const files = ['--cacert', caFile, '--cert', certFile, '--key', keyFile]
  const text = await cli([...asked, ...files, '--client', 'ioredis'])
  t.equal(text.status, 1, text.stderr)
  t.match(text.stdout, /^right +host name +/m)
  t.match(text.stdout, /^WRONG +dates +.* ended on /m)
  t.match(text.stdout, /Renew/)
  await redis.tlsProfile('valid')
  const json = await cli([...asked.slice(0, 2), `localhost:${redis.port}`, ...files, '--json'])
  t.equal(json.status, 0, json.stdout)
  t.match(JSON.parse(json.stdout)[0], { name: 'files', verdict: 'right', text: String })
  for (const { stdout, stderr } of [text, json]) t.notMatch(stdout + stderr, /wonderland|PRIVATE/)
  t.match(text.stdout, /\n\d wrong.*\. Begin with: dates\.\n$/)
  const plain = await cli(['tls', 'explain', `redis://localhost:${redis.port}`, ...files])
  t.equal(plain.status, 1)
  t.match(plain.stdout, /^WRONG +scheme +redis:\/\/ speaks no TLS, and this is a TLS port\.$/m)
  t.match(plain.stdout, /rediss:\/\/ instead of redis:\/\//)
  const bare = await cli(['tls', 'explain', `redis://localhost:${redis.port}`])
  t.equal(bare.stdout.match(/tls: \{ ca: readFileSync/g)?.length, 1, 'one cause, one cure')
  const noFile = await cli(['tls', 'explain', 'localhost', '--cacert', '/no/such/file'])
  t.match(
    [noFile.status, noFile.stderr],
    [2, /Cannot read \/no\/such\/file: No such file or directory/],
  )
})

t.test('tls explain of several servers, with a threshold and for Prometheus', async t => {
  const [right, old] = await Promise.all([
    startRedis({ tls: { profile: 'valid' } }),
    startRedis({ tls: { profile: 'expired' } }),
  ])
  t.teardown(() => Promise.all([right.close(), old.close()]))
  // Another authority, and wrong for that as well.
  const { caFile = '', certFile = '', keyFile = '' } = right.tls ?? {}
  const files = ['--cacert', caFile, '--cert', certFile, '--key', keyFile]
  const urls = [right, old].map(({ port }) => `rediss://default:wonderland@localhost:${port}`)
  const explain = (...words: readonly string[]) => cli(['tls', 'explain', ...words, ...files])
  const folder = t.testdir({})
  const file = path.join(folder, 'tls.prom')
  const both = await explain(...urls, '--reporter', 'text', '--reporter', `prometheus=${file}`)
  t.equal(both.status, 1)
  t.match(both.stdout, new RegExp(`^localhost:${right.port}\n\n[^]*\n\nlocalhost:${old.port}\n\n`))
  const metrics = fs.readFileSync(file, 'utf8')
  const target = (port: number): string => `target="localhost:${port}"`
  t.match(metrics, `# TYPE redis_tls_wrong gauge\nredis_tls_wrong{${target(right.port)}} 0\n`)
  t.match(metrics, `redis_tls_certificate_days_left{${target(right.port)}} 364\n`)
  t.match(metrics, `redis_tls_step_info{${target(old.port)},step="dates",verdict="wrong"} 1\n`)
  t.notMatch(metrics + both.stdout + both.stderr, /wonderland/)
  const [url = ''] = urls
  t.equal((await explain(url, '--days', '300')).status, 0)
  const soon = await explain(url, '--days', '400')
  t.match([soon.status, soon.stdout], [1, /^WRONG +dates +Valid for 364 more days, less than 400/m])
  const json = await explain(...urls, '--json')
  t.match(JSON.parse(json.stdout), [{ target: `localhost:${right.port}`, steps: [{}] }, {}])
})

t.test('tls profiles', async t => {
  const { status, stdout } = await cli(['tls', 'profiles'])
  t.equal(status, 0)
  const lines = stdout.trimEnd().split('\n')
  t.strictSame(
    lines.map(line => line.split(' ')[0]),
    PROFILES.map(({ name }) => name),
  )
  t.match(stdout, /^expired +The certificate ended yesterday\.$/m)
})

/** Serves until the test ends it; what it says until it is ready. */
async function serving(t: Test, words: readonly string[]) {
  let child: ChildProcess | undefined
  let tell = (_text: string): void => {}
  const ready = new Promise<string>(resolve => {
    tell = resolve
  })
  const ended = cli(words, {
    started: started => {
      child = started
      let said = ''
      started.stdout?.on('data', chunk => {
        said += chunk
        if (said.includes('Ready to accept connections tls\n')) tell(said)
      })
    },
  })
  t.teardown(() => child?.kill('SIGKILL'))
  const said = await Promise.race([ready, ended.then(({ stderr }) => `ended: ${stderr}`)])
  return { said, stop: () => child?.kill('SIGTERM'), ended }
}

/** The error of a handshake, or '' if there is none. */
function shake(port: number, ca: Buffer, servername: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, servername })
    socket.once('secureConnect', () => {
      socket.destroy()
      resolve('')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}

t.test('--tls-profile serves one fault, and the others by name', async t => {
  const folder = path.join(t.testdir({}), 'made')
  const port = String(await freePort())
  const server = ['--port', '0', '--tls-port', port, '--tls-profile', 'expired']
  const words = [...server, '--tls-host', 'redis,cache', '--tls-profile-dir', folder]
  const { said, stop, ended } = await serving(t, words)
  t.match(said, `TLS profile 'expired' on port ${port}`)
  t.match(said, `--cacert ${folder}/ca.crt`)
  const modes = ['ca.crt', 'client.crt', 'client.key'].map(
    file => fs.statSync(path.join(folder, file)).mode & 0o777,
  )
  t.strictSame(modes, [0o644, 0o644, 0o600])
  const ca = fs.readFileSync(path.join(folder, 'ca.crt'))
  t.equal(await shake(Number(port), ca, 'localhost'), 'CERT_HAS_EXPIRED')
  t.equal(await shake(Number(port), ca, 'valid.localhost'), '')
  // As in a network of containers.
  for (const name of ['redis', 'cache']) {
    t.equal(await shake(Number(port), ca, name), 'CERT_HAS_EXPIRED')
    t.equal(await shake(Number(port), ca, `valid.${name}`), '')
    t.equal(await shake(Number(port), ca, `wrong-host.${name}`), 'ERR_TLS_CERT_ALTNAME_INVALID')
  }
  stop()
  const { status, stdout, stderr } = await ended
  t.equal(status, 0, stderr)
  t.notMatch(stdout, /PRIVATE KEY/)
})

t.test('--tls-profile refuses what it cannot do', async t => {
  const { status, stderr } = await cli(['--tls-profile', 'expired', '--tls-cert-file', 'a.crt'])
  t.match([status, stderr], [2, /--tls-profile decides tls-cert-file/])
})
