// `redis-tls-mock tls check` as a shell meets it: what it prints and writes, what it ends with, and
// that nothing stays.

import { type ChildProcess, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { cli } from '../helpers/cli.ts'
import { workflowCommands } from '../helpers/workflow-commands.ts'

// Programs start slowly on a busy machine.
t.setTimeout(110_000)

/** A client without a library, which starts faster than one with. */
const clientThat = (options: string): string => `
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
const { env } = process
const socket = tls.connect({
  host: env.REDIS_HOST,
  port: Number(env.REDIS_PORT),
  ca: readFileSync(env.REDIS_TLS_CA_FILE),
  cert: readFileSync(env.REDIS_TLS_CERT_FILE),
  key: readFileSync(env.REDIS_TLS_KEY_FILE),
  ${options}
})
const end = (code, text) => {
  console.error(text)
  process.exit(code)
}
socket.setTimeout(4000, () => end(1, 'Error: timed out'))
socket.on('error', error => end(1, 'Error: ' + error.message))
socket.on('secureConnect', () => socket.write('PING\\r\\n'))
socket.on('data', () => end(0, 'hello'))
`

const PROGRAMS = {
  'right.mjs': clientThat(''),
  'wrong.mjs': clientThat('rejectUnauthorized: false,'),
  'told.mjs': `
    import { writeFileSync } from 'node:fs'
    const { REDIS_URL, REDIS_HOST, REDIS_PORT } = process.env
    const { REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE, REDIS_TLS_KEY_FILE } = process.env
    const files = [REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE, REDIS_TLS_KEY_FILE]
    const { REDIS_TLS_P12_FILE, REDIS_TLS_TRUSTSTORE_FILE } = process.env
    const stores = [REDIS_TLS_P12_FILE, REDIS_TLS_TRUSTSTORE_FILE]
    const variables = [REDIS_URL, REDIS_HOST, REDIS_PORT, ...files, ...stores]
    writeFileSync(REDIS_HOST, JSON.stringify([process.argv.slice(2), variables]))
    ${clientThat('')}`,
  'hung.mjs': `
    import fs from 'node:fs'
    fs.appendFileSync('pids', process.pid + '\\n')
    console.log('here I am')
    setInterval(() => {}, 1000)`,
}

const PLAYED = ['--profiles', 'valid,expired,wrong-host']
const FORMS = ['text', 'json', 'junit', 'markdown', 'github', 'html', 'sarif']

t.test('tls check of a program that is right', async t => {
  const cwd = t.testdir(PROGRAMS)
  const files = FORMS.flatMap(form => ['--reporter', `${form}=report.${form}`])
  const command = ['--', process.execPath, 'right.mjs']
  const { status, stdout, stderr } = await cli(['tls', 'check', ...PLAYED, ...files, ...command], {
    cwd,
  })
  const read = (form: string): string => fs.readFileSync(path.join(cwd, `report.${form}`), 'utf8')
  t.equal(status, 0, stderr)
  t.equal(stdout, '', 'all went to files')
  t.equal(stderr, '', 'progress is for terminals')
  t.match(read('text'), /^right {2}expired +refuse +refused +Error: certificate has expired$/m)
  t.match(read('text'), /^3 of 3 right, 0 findings/m)
  t.match(JSON.parse(read('json')), { findings: [], results: [{ isRight: true }, {}, {}] })
  t.match(read('junit'), /<testsuites tests="3" failures="0" errors="0" time="[\d.]+">/)
  t.match(read('markdown'), /^\| right \| `wrong-host` \| refuse \| refused \| /m)
  t.match(workflowCommands(read('github')), [{ name: 'notice', message: /^3 of 3 right/ }])
  t.match(read('html'), '<title>TLS check: 3 of 3 right')
})

t.test('tls check under another name', async t => {
  // The program knows where the name leads to, as one in a network of containers does.
  const source = clientThat("host: '127.0.0.1', servername: env.REDIS_HOST,")
  const cwd = t.testdir({ 'named.mjs': source })
  const named = ['--host', 'redis', '--bind', '127.0.0.1', '--', process.execPath, 'named.mjs']
  const { status, stdout } = await cli(['tls', 'check', ...PLAYED, ...named], { cwd })
  t.equal(status, 0, stdout)
  t.match(stdout, /^right {2}wrong-host +refuse +refused +Error: Hostname\/IP does not match/m)
})

t.test('tls check of a program that is wrong', async t => {
  const cwd = t.testdir(PROGRAMS)
  const files = FORMS.slice(1).flatMap(form => ['--reporter', `${form}=report.${form}`])
  const kept = ['--client-output', 'out/put', '--reporter', 'text', ...files]
  const words = [...PLAYED, ...kept, '--', process.execPath, 'wrong.mjs']
  const { status, stdout } = await cli(['tls', 'check', ...words], { cwd })
  const read = (form: string): string => fs.readFileSync(path.join(cwd, `report.${form}`), 'utf8')
  const title = 'verification of the server certificate is switched off'
  t.equal(status, 1)
  t.match(stdout, /^ACCEPTED {2}expired +refuse +accepted +hello$/m)
  t.match(stdout, `FINDING: ${title}\n  seen in: expired wrong-host\n`)
  t.match(stdout, /^ {2}change: {2}.*name it with --client/m)
  t.equal(fs.readFileSync(path.join(cwd, 'out/put/expired.log'), 'utf8'), 'hello\n')
  t.match(JSON.parse(read('json')).findings, [{ fault: 'verification-off', title }])
  t.match(read('junit'), `<failure message="${title}" type="ACCEPTED">`)
  t.match(read('markdown'), `- **${title}** (expired, wrong-host).`)
  t.match(workflowCommands(read('github')), [
    {
      name: 'error',
      properties: { title: `TLS: ${title}` },
      message: /seen in expired, wrong-host/,
    },
  ])
  t.match(read('html'), `<section><h2>${title}</h2>`)
  t.match(JSON.parse(read('sarif')).runs[0].results, [
    {
      ruleId: 'tls/verification-off',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'wrong.mjs' } } }],
    },
  ])
})

t.test('the library and the source are named', async t => {
  const cwd = t.testdir(PROGRAMS)
  const named = ['--client', 'Jedis', '--annotate', 'Main.java', '--reporter', 'github']
  const words = ['tls', 'check', '--profiles', 'expired', ...named]
  const { status, stdout } = await cli([...words, '--', process.execPath, 'wrong.mjs'], { cwd })
  t.equal(status, 1)
  t.match(workflowCommands(stdout), [
    { properties: { file: 'Main.java' }, message: /Change: remove the trust manager/ },
  ])
})

t.test('what the program is told of the server', async t => {
  const cwd = t.testdir(PROGRAMS)
  const places = [
    '{url}',
    '{host}',
    '{port}',
    '{ca}',
    '{cert}',
    '{key}',
    '{p12}',
    '{truststore}',
    '{other}',
    'a{port}b',
  ]
  const check = ['tls', 'check', '--profiles', 'valid,ip-without-san', '--reporter', 'json']
  const shown = await cli([...check, '--', process.execPath, 'told.mjs', ...places], { cwd })
  t.equal(shown.status, 0, shown.stderr)
  const told = (host: string): string[][] =>
    JSON.parse(fs.readFileSync(path.join(cwd, host), 'utf8'))
  const [args = [], variables = []] = told('localhost')
  const [url = '', , port, ...files] = variables
  t.match(url, /^rediss:\/\/localhost:\d+$/)
  t.equal(url, `rediss://localhost:${port}`)
  t.strictSame(
    files.map(file => path.basename(file)),
    ['ca.crt', 'client.crt', 'client.key', 'client.p12', 'truststore.p12'],
  )
  t.strictSame(args, [...variables, '{other}', `a${port}b`])
  t.match(told('127.0.0.1')[1]?.[0], /^rediss:\/\/127\.0\.0\.1:\d+$/)
})

t.test('tls check that cannot be done ends with 2', async t => {
  const cwd = t.testdir({})
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['check', '--profiles', 'no-such', '--', 'true'], /There is no TLS profile 'no-such'/],
    [['check', '--client', 'no-such', '--', 'true'], /--client is one of ioredis/],
    [['check', '--once', '--service', '--', 'true'], /--once or --service/],
    [['check', '--', './no-such-program'], /Cannot run \.\/no-such-program: .*ENOENT/],
  ]
  await Promise.all(
    wrong.map(async ([words, reason]) => {
      const { status, stdout, stderr } = await cli(['tls', ...words], { cwd })
      t.equal(status, 2, words.join(' '))
      t.equal(stdout, '')
      t.match(stderr, reason)
      t.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    }),
  )
})

t.test('a program that hangs is ended, and so is the check', async t => {
  const cwd = t.testdir(PROGRAMS)
  const isAlive = (pid: number): boolean => spawnSync('kill', ['-0', String(pid)]).status === 0
  const pids = (): number[] =>
    fs.existsSync(path.join(cwd, 'pids'))
      ? fs.readFileSync(path.join(cwd, 'pids'), 'utf8').trim().split('\n').map(Number)
      : []
  const words = ['tls', 'check', '--profiles', 'valid', '--timeout']
  const command = ['--', process.execPath, 'hung.mjs']
  const { status, stdout } = await cli([...words, '3', ...command], { cwd })
  t.equal(status, 2)
  t.match(stdout, /^ABSENT +valid +work +never came +here I am$/m)
  t.match(stdout, 'FINDING: never connects\n')
  t.match(stdout, 'The program printed:\n  here I am\n')
  t.strictSame(pids().filter(isAlive), [])

  const before = pids().length
  let check: ChildProcess | undefined
  const watcher = fs.watch(cwd, () => {
    if (pids().length > before) check?.kill('SIGINT')
  })
  const interrupted = await cli([...words, '50', ...command], {
    cwd,
    started: child => {
      check = child
    },
  })
  watcher.close()
  t.equal(interrupted.status, 2)
  t.match(interrupted.stderr, /The check was interrupted/)
  t.strictSame(pids().filter(isAlive), [])
})
