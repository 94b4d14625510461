// Nothing that came from outside steers a terminal: every tool of the program, in every form that
// it has, on names, keys, files, errors and servers that try.

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { startRedis } from '../../src/index.ts'
import { KIT } from '../../src/testing/kit.ts'
import { printable, printableBytes, printableJson } from '../../src/util/printable.ts'
import { CLI, startRunner } from '../helpers/cli.ts'
import { freePort } from '../helpers/real.ts'
import { Wire } from '../helpers/wire.ts'

t.setTimeout(180_000)

/** A title of the window, a colour in both spellings, marks of direction, and what is not seen. */
const HOSTILE =
  '\x1b]0;PWNED\x07\x1b[31m\u009b32m\x7f\b\u202e\u2066\u200f\u061c\u200b\ufeff\u2028\u00ad\u{e0041}'
/** In bytes, with one that is not UTF-8. */
const HOSTILE_BYTES = `${Buffer.from(HOSTILE).toString('latin1')}\xff\xc3`
/** As redis.conf, tables of tests and MONITOR write it. */
const QUOTED = [...Buffer.from(HOSTILE_BYTES, 'latin1')]
  .map(byte => `\\x${byte.toString(16).padStart(2, '0')}`)
  .join('')

const STEERS =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/gu

/** Fails for what a terminal would not show as it is. CSV has lines that end in CR LF. */
function isHarmless(t: Test, said: Buffer, name: string): void {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(said)
  const found = text.replaceAll(/\r?\n/g, '').match(STEERS) ?? []
  t.strictSame(
    found.map(char => char.codePointAt(0)?.toString(16)),
    [],
    name,
  )
  t.notMatch(text, /^::(?:error|warning|set-output|add-mask)::(?:forged)/m, name)
}

// ---- The tools in one process ------------------------------------------------------------------

const { run, stop } = startRunner()
t.teardown(stop)

const folder = t.testdir({ empty: '' })
const place = (name: string): string => path.join(folder, name)

function write(name: string, bytes: string): string {
  fs.writeFileSync(place(name), bytes, 'latin1')
  return place(name)
}

const H = HOSTILE_BYTES
const RULES = `on nopass ~${H} %R~a${H}* &${H} +get +set +publish`
const ACL = write('a.acl', `user default on nopass ~* &* +@all\nuser ${H}x ${RULES}\n`)
/** The name of the file is hostile as well. */
const NAMED = write(`${HOSTILE}.acl`, fs.readFileSync(ACL, 'latin1'))
const REFUSED = write('bad.acl', `user ${H} on nopass +no${H} ~a\nuser ${H} on (~${H} >pw)\n`)
const FEWER = write('b.acl', `user default off\nuser ${H}y ${RULES}\nuser z${H} on ~${H}z +get\n`)
const TABLE = write(
  'rights.acltest',
  [
    'policy a.acl',
    `"${QUOTED}x" allow GET "${QUOTED}"`,
    `"${QUOTED}x" allow GET "b${QUOTED}\\n::error::forged"`,
    `"${QUOTED}x" deny GET "${QUOTED}"`,
    `"${QUOTED}x" deny:command SET "b${QUOTED}" "${QUOTED}"`,
    `"none${QUOTED}" allow GET "${QUOTED}"`,
    `default allow "no${QUOTED}" a`,
  ].join('\n'),
)
const BAD_TABLE = write('bad.acltest', `policy a.acl\n"x" "maybe${QUOTED}" GET a\n`)
const LOST_TABLE = write('lost.acltest', `policy "${QUOTED}.acl"\n"x" allow GET a\n`)
const MONITOR = write(
  'monitor.txt',
  [
    `1700000000.000000 [0 127.0.0.1:1] "SET" "${QUOTED}key:1" "1"`,
    `1700000000.000000 [0 127.0.0.1:1] "SET" "${QUOTED}key:2" "1"`,
    `1700000000.000000 [0 127.0.0.1:1] "PUBLISH" "a\\n::error::forged${QUOTED}" "1"`,
    `1700000000.000000 [0 127.0.0.1:1] "no${QUOTED}" "1"`,
    `1700000000.000000 [0 127.0.0.1:1] "GET" "\xe2\x80\xae\x9b"`,
  ].join('\n'),
)

/** What each tool is tried on; {} stands for the option that chooses a form. */
const TOOLS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'acl lint': [
    ['{}', '--level', 'note', NAMED],
    ['{}', '--level', 'note', ACL, REFUSED],
    ['{}', '--level', 'note', place(`none${HOSTILE}`)],
    ['{}', '--ignore', HOSTILE, ACL],
    ['{}', '--config', place(`none${HOSTILE}`), ACL],
    ['{}', '--baseline', place(`none${HOSTILE}`), ACL],
  ],
  'acl matrix': [
    ['{}', NAMED],
    ['{}', '--by-command', ACL],
    ['{}', '--user', `${HOSTILE}x`, ACL],
    ['{}', '--category', HOSTILE, ACL],
    ['{}', REFUSED],
  ],
  'acl explain': [
    ['--file', NAMED, '--user', HOSTILE, '--', 'GET', HOSTILE],
    ['--rules', `on ~${HOSTILE} +get`, '--user', HOSTILE, '--', 'GET', HOSTILE],
    ['--json', '--rules', `on ~${HOSTILE} +get`, '--user', HOSTILE, '--', 'GET', HOSTILE],
    ['--rules', `on ~${HOSTILE} (~b +set)`, '--user', HOSTILE, '--', 'SET', `a\n${HOSTILE}`, '1'],
    ['--json', '--rules', 'on', '--user', HOSTILE, '--', 'SET', `a${HOSTILE}`, '1'],
    ['--rules', `on ~a +no${HOSTILE}`, '--', 'GET', 'a'],
    ['--rules', 'on', '--', `GET${HOSTILE}`, 'a'],
  ],
  'acl diff': [
    ['{}', ACL, FEWER],
    ['--json', ACL, FEWER],
    ['--verbose', ACL, FEWER],
    ['--from', '7.0', REFUSED],
    ['--from', HOSTILE, ACL],
    [NAMED, REFUSED],
  ],
  'acl test': [
    ['{}', TABLE],
    ['{}', '--file', NAMED, TABLE],
    ['{}', BAD_TABLE],
    ['{}', LOST_TABLE],
    ['{}', '--file', REFUSED, TABLE],
  ],
  'acl learn': [
    ['{}', '--user', HOSTILE, '--monitor', MONITOR],
    ['{}', '--pattern', `${HOSTILE}*`, '--monitor', MONITOR],
    ['{}', '--monitor', place(`none${HOSTILE}`)],
    ['{}', '--monitor', NAMED],
    ['{}', '--', `./no-such${HOSTILE}`],
    ['{}', '--for', HOSTILE, '--', 'true'],
  ],
  'acl repl': [['--file', REFUSED], ['--file', place(HOSTILE)], [HOSTILE]],
  'tls check': [
    ['{}', '--profiles', 'valid', '--', 'node', '-e', `console.log(${JSON.stringify(HOSTILE)})`],
    ['{}', '--profiles', HOSTILE, '--', 'node'],
  ],
  'tls explain': [
    [`rediss://${encodeURIComponent(HOSTILE)}@127.0.0.1:1`],
    [`rediss://${HOSTILE}`],
    ['--cacert', place(HOSTILE), 'rediss://127.0.0.1:1'],
    ['--client', HOSTILE, 'rediss://127.0.0.1:1'],
  ],
  'tls profiles': [[], [HOSTILE]],
  certs: [
    ['--out', place(`kit${HOSTILE}`), '--client', HOSTILE],
    ['--out', place(`kit${HOSTILE}`), '--host', HOSTILE],
    [HOSTILE],
    [`--${HOSTILE}`],
  ],
  lab: [[place(HOSTILE)], [`--port=${HOSTILE}`], [`--${HOSTILE}`]],
  '--tls-profile': [[HOSTILE], ['valid', HOSTILE], ['valid', '--no-such', HOSTILE]],
}

async function helpOf(words: readonly string[]): Promise<string> {
  return String((await run(...words, '--help')).said)
}

t.test('every tool that there is is tried', async t => {
  const named: string[] = []
  for (const group of ['acl', 'tls']) {
    for (const [, name] of (await helpOf([group])).matchAll(/redis-tls-mock (\w+ \w+)/g)) {
      named.push(name ?? '')
    }
  }
  t.ok(named.length >= 10)
  for (const name of named) t.ok(TOOLS[name], name)
})

for (const [name, cases] of Object.entries(TOOLS)) {
  t.test(name, async t => {
    const [first = ''] = cases[0] ?? []
    const [, option = '', list = ''] =
      first === '{}'
        ? (/--(reporter|format) FORM +([a-z, ]+)/.exec(await helpOf(name.split(' '))) ?? [])
        : []
    const forms = list === '' ? [''] : list.trim().split(', ')
    if (first === '{}') t.ok(forms.length > 1, 'has several forms')
    for (const words of cases) {
      for (const form of forms) {
        const given = words.map(word => (word === '{}' ? `--${option}=${form}` : word))
        const { said } = await run(...name.split(' '), ...given)
        t.not(said.length, 0, 'something is said')
        isHarmless(t, said, printable(`${name} ${given.join(' ')}`))
      }
    }
  })
}

t.test(
  'reports that are written to files are as harmless, but for those that Redis reads',
  async t => {
    for (const [words, forms] of [
      [
        ['acl', 'lint', '--level', 'note', ACL],
        ['text', 'json', 'github', 'junit', 'sarif'],
      ],
      [
        ['acl', 'test', TABLE],
        ['text', 'tap', 'json', 'github', 'junit'],
      ],
      [
        ['acl', 'learn', '--user', HOSTILE, '--monitor', MONITOR],
        ['text', 'json'],
      ],
    ] as const) {
      for (const form of forms) {
        await run(...words, '--reporter', `${form}=${place('report')}`)
        const report = fs.readFileSync(place('report'))
        t.match(String(report), /PWNED/)
        isHarmless(t, report, `${words[1]} ${form}`)
        if (form === 'json') JSON.parse(String(report))
      }
    }
    for (const form of ['text', 'csv', 'html', 'svg', 'json']) {
      await run('acl', 'matrix', ACL, '--format', `${form}=${place('report')}`)
      isHarmless(t, fs.readFileSync(place('report')), `matrix ${form}`)
    }
  },
)

t.test('JSON says what was there', async t => {
  const { said } = await run('acl', 'matrix', '--format', 'json', ACL)
  const { users } = JSON.parse(String(said)) as { users: { name: string }[] }
  t.ok(users.some(({ name }) => name.startsWith(HOSTILE)))
})

t.test('rules for Redis are exact as to letters, and hold no control characters', async t => {
  const file = place('users.acl')
  const lines = `1700000000.000000 [0 127.0.0.1:1] "SET" "\\x1b[31mk\\xc3\\xa9\\xff" "1"`
  await run('acl', 'learn', '--monitor', write('one.txt', lines), '--out', file)
  const rules = fs.readFileSync(file, 'latin1')
  t.match(rules, '~?\\[31mk\xc3\xa9\xff')
  t.notMatch(rules, /[\x00-\x09\x0b-\x1f\x7f]/)
  const { code } = await run('acl', 'explain', '--file', file, '--', 'SET', '\x1b[31mk', '1')
  t.equal(code, 1)
})

// ---- Servers, programs and the terminal of the REPL --------------------------------------------

/** A server that answers whatever it is asked. */
async function answering(t: Test, reply: string): Promise<string> {
  const server = net.createServer(socket => {
    socket.on('data', () => socket.write(reply, 'latin1')).on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `redis://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

t.test('hostile servers', async t => {
  const text = `${H}hostile`
  const list = `user ${H} on nopass ~${H} +get`
  for (const reply of [`-ERR ${text}\r\n`, `*1\r\n$${list.length}\r\n${list}\r\n`, `${text}\r\n`]) {
    const url = await answering(t, reply)
    for (const words of [
      ['lint', '--level', 'note'],
      ['lint', '--reporter', 'github'],
      ['matrix'],
      ['diff', ACL],
      ['explain', '--user', HOSTILE],
    ]) {
      const { said } = await run(
        'acl',
        ...words,
        '--url',
        url,
        ...(words[0] === 'explain' ? ['--', 'GET', 'a'] : []),
      )
      t.not(said.length, 0)
      isHarmless(t, said, printable(words.join(' ')))
    }
    if (!reply.startsWith('-')) continue
    isHarmless(t, (await run('acl', 'learn', '--monitor', url)).said, 'learn --monitor')
  }
})

t.test('a hostile server behind TLS', async t => {
  const server = tls.createServer({ cert: KIT.serverCert, key: KIT.serverKey }, socket => {
    socket.on('data', () => socket.write(`-ERR ${H}\r\n-ERR ${H}\r\n`, 'latin1'))
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  for (const more of [[], ['--json']]) {
    const { said } = await run('tls', 'explain', `rediss://127.0.0.1:${port}`, ...more)
    t.match(String(said), /PWNED/)
    isHarmless(t, said, 'tls explain')
  }
})

/** The program itself, as a terminal would see it. */
function program(words: readonly string[], input = ''): Buffer {
  const [node = '', ...before] = CLI
  const { status, stdout, stderr } = spawnSync(node, [...before, ...words], {
    input,
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  if (status === null) throw new Error(`${words.join(' ')} did not end`)
  return Buffer.concat([stdout, stderr])
}

t.test('the REPL', async t => {
  const lines = [
    `ACL SETUSER "${QUOTED}" on ~a +no${HOSTILE}`,
    `ACL SETUSER "${QUOTED}" on "~${QUOTED}" +get`,
    `\\as ${HOSTILE}`,
    `\\as ${HOSTILE}none`,
    `GET "b${QUOTED}"`,
    `NO${HOSTILE} a`,
    '\\rules',
    `\\exercise ${HOSTILE}`,
    `\\${HOSTILE}`,
    `ACL DELUSER "${QUOTED}"`,
  ]
  const said = program(['acl', 'repl', '--file', ACL], lines.join('\n'))
  t.match(String(said), /PWNED/)
  isHarmless(t, said, 'acl repl')
})

t.test('a program that is watched', async t => {
  const script = `
    const socket = require('net').connect(process.env.REDIS_PORT, process.env.REDIS_HOST)
    const name = Buffer.from(${JSON.stringify(H)}, 'latin1').toString('latin1')
    const send = words => socket.write(\`*\${words.length}\\r\\n\` +
      words.map(w => \`$\${w.length}\\r\\n\${w}\\r\\n\`).join(''), 'latin1')
    send(['AUTH', name, 'x'])
    send(['SET', name + 'key', '1'])
    send(['no' + name, '1'])
    send(['QUIT'])
    socket.on('data', () => {}).on('end', () => process.exit())`
  for (const form of ['text', 'json', 'acl']) {
    const words = ['acl', 'learn', '--no-tls', '--reporter', form, '--', 'node', '-e', script]
    const { said } = await run(...words)
    t.match(String(said), /PWNED/, form)
    isHarmless(t, said, `acl learn ${form}`)
  }
})

t.test('a server that cannot start', async t => {
  const conf = write('bad.conf', `nonsense ${H} ${H}\n`)
  const users = write('users.conf', `user ${H} on nopass +no${H}\n`)
  const loose = write('loose.conf', `aclfile ${place('loose.acl')}\nport 0\n`)
  write('loose.acl', `user ${H} on +no${H}\n`)
  for (const words of [
    [place('none\x1b]0;PWNED\x07\u202e')],
    [conf],
    [users],
    [loose],
    [`--no${HOSTILE}`, 'x'],
    ['--bind', HOSTILE, '--port', '1'],
    ['--logfile', place(`none/${HOSTILE}`)],
    ['--dir', place(HOSTILE)],
    ['--loadmodule', HOSTILE],
    ['--port', '0', '--user', HOSTILE, 'on', HOSTILE],
    ['--port', '0', '--tls-port', '1', '--tls-cert-file', place(HOSTILE), '--tls-key-file', 'x'],
  ]) {
    const said = program(words)
    t.not(said.length, 0)
    isHarmless(t, said, printable(words.join(' ')))
  }
})

t.test('the log, on a terminal or in a file', async t => {
  const port = await freePort()
  const logfile = place('redis.log')
  const [node = '', ...before] = CLI
  for (const more of [[], ['--logfile', logfile]]) {
    const words = ['--port', String(port), '--loglevel', 'debug', ...more]
    const child = spawn(node, [...before, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', chunk => chunks.push(chunk))
    const ended = new Promise(resolve => child.once('close', resolve))
    const wire = await connected(port)
    const script = `redis.log(redis.LOG_WARNING, 'first\\n${process.pid}:M forged ' .. ARGV[1])`
    await wire.ask('EVAL', script, '0', H)
    await wire.ask('ACL', 'SETUSER', `n${H}`, 'on', 'nopass', '+@all')
    wire.write(`AUTH "${H}\r\n`)
    await wire.closed
    const last = await connected(port)
    last.write('SHUTDOWN NOSAVE\r\n')
    await ended
    const said = more.length === 0 ? Buffer.concat(chunks) : fs.readFileSync(logfile)
    t.match(String(said), /PWNED/)
    isHarmless(t, said, 'the log')
    t.notMatch(String(said), /^\d+:M forged/m, 'a line is one line')
  }
})

/** As soon as somebody listens. */
async function connected(port: number): Promise<Wire> {
  for (;;) {
    try {
      return await Wire.connect(port)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

t.test('what assertions of tests say, and the log as the library hands it out', async t => {
  const log: string[] = []
  const redis = await startRedis({ tls: false, log: line => log.push(line) })
  const wire = await Wire.connect(redis.port)
  await wire.ask('ACL', 'SETUSER', H, 'on', 'nopass', '~*', '+@all')
  await wire.ask('AUTH', H, 'x')
  await wire.ask(`no${H}`, H)
  await wire.ask('EVAL', 'return redis.error_reply(ARGV[1])', '0', `a${H}`)
  await wire.ask('EVAL', 'redis.log(redis.LOG_WARNING, ARGV[1])', '0', H)
  const messages: string[] = [...log]
  for (const claim of [
    () => redis.expect.noErrors(),
    () => redis.expect.onlyCommands([]),
    () => redis.expect.noConnections(),
    () => redis.expect.called({ command: HOSTILE, key: HOSTILE }),
  ]) {
    try {
      claim()
    } catch (error) {
      messages.push((error as Error).message)
    }
  }
  await redis.waitFor(HOSTILE, HOSTILE, { timeout: 1 }).catch(error => messages.push(error.message))
  t.ok(messages.length >= 6)
  for (const message of messages) {
    t.match(message, /PWNED/)
    isHarmless(t, Buffer.from(message), 'a message')
  }
  wire.close()
  await redis.close()
})

// ---- What is shown as it is --------------------------------------------------------------------

t.test('letters and signs of all scripts are shown as they are', async t => {
  for (const text of ['plain ~*[a-z]', 'näh', 'ключ', '键', 'キー', 'مفتاح', '🔑', '€', '\\x1b']) {
    t.equal(printable(text), text)
    t.equal(printableBytes(Buffer.from(text).toString('latin1')), text)
  }
  t.equal(
    printable('\x1b[1m\n\x7f\u009b\u202e\u{e0041}'),
    '\\x1b[1m\\n\\x7f\\u009b\\u202e\\u{e0041}',
  )
  t.equal(printableBytes('\xc3\xa9\xff\xe2\x80\xae\xc0\x80'), 'é\\xff\\u202e\\xc0\\x80')
  const json = JSON.stringify({ a: HOSTILE })
  t.strictSame(JSON.parse(printableJson(json)), { a: HOSTILE })
})

t.test('one file of the program writes to the terminal', async t => {
  const cliFolder = path.join(import.meta.dirname, '../../src/cli')
  const writes = /\b(?:stdout|stderr)\.write|\bconsole\.\w+\(|\bfs\.writeSync\(/
  const found = fs
    .readdirSync(cliFolder)
    .filter(file => writes.test(fs.readFileSync(path.join(cliFolder, file), 'utf8')))
  // The log escapes by itself what it writes.
  t.strictSame(found, ['log-file.ts', 'out.ts'])
})
