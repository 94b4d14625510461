// Who gets anything from the lab: bytes on a socket, for whoever has no token, for other sites in
// the same browser, and for names that were pointed at this machine.

import net from 'node:net'
import t from 'tap'
import { openLab } from '../../src/lab/lab.ts'

const folder = t.testdir({
  'index.html': '<script src="./lab.js"></script><b data-nonce="%NONCE%"></b>',
  'lab.js': 'page()',
})
const lab = await openLab({ pageFolder: folder })
t.teardown(() => lab.close())
const { host, port, searchParams } = new URL(lab.url)
const token = searchParams.get('token') ?? ''

/** Everything that is answered until the connection is closed. */
function send(head: readonly string[], body = ''): Promise<string> {
  return new Promise(resolve => {
    const socket = net.connect(Number(port), '127.0.0.1', () => {
      socket.write(`${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`)
    })
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}

const STATE = ['POST /api/state HTTP/1.1', `Host: ${host}`, 'Content-Length: 0']
const WITH_TOKEN = `X-Lab-Token: ${token}`

const REFUSED: readonly (readonly [string, readonly string[]])[] = [
  ['no token', STATE],
  ['another token', [...STATE, `X-Lab-Token: ${'x'.repeat(token.length)}`]],
  ['half the token', [...STATE, `X-Lab-Token: ${token.slice(0, 10)}`]],
  [
    'the token in the address, where a header is wanted',
    [`POST /api/state?token=${token} HTTP/1.1`, `Host: ${host}`, 'Content-Length: 0'],
  ],
  ['another origin', [...STATE, WITH_TOKEN, 'Origin: https://evil.example']],
  ['an origin that hides', [...STATE, WITH_TOKEN, 'Origin: null']],
  ['another port as origin', [...STATE, WITH_TOKEN, 'Origin: http://127.0.0.1:1']],
  ['another site', [...STATE, WITH_TOKEN, 'Sec-Fetch-Site: cross-site']],
  ['a sister site', [...STATE, WITH_TOKEN, 'Sec-Fetch-Site: same-site']],
  ['a name for this machine', [STATE[0]!, 'Host: rebound.example', WITH_TOKEN]],
  ['that name with the port', [STATE[0]!, `Host: rebound.example:${port}`, WITH_TOKEN]],
  ['no host', [STATE[0]!, WITH_TOKEN]],
  ['the page without token', ['GET / HTTP/1.1', `Host: ${host}`]],
  ['a file of the page', ['GET /lab.js HTTP/1.1', `Host: ${host}`]],
  ['the events', ['GET /api/events HTTP/1.1', `Host: ${host}`]],
  [
    'a body that waits for leave',
    [...STATE.slice(0, 2), 'Content-Length: 9', 'Expect: 100-continue'],
  ],
  ['an upgrade', ['GET / HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket']],
  ['what is not there', ['GET /nowhere HTTP/1.1', `Host: ${host}`]],
]

for (const [name, head] of REFUSED) {
  t.test(`nothing for ${name}`, async t => {
    const [first = '', ...rest] = (await send(head)).split('\r\n')
    t.equal(first, 'HTTP/1.1 403 Forbidden')
    t.strictSame(
      rest.filter(line => !line.startsWith('Date: ')).sort(),
      ['', '', 'connection: close', 'content-length: 0'].sort(),
    )
  })
}

const VISIT = ['GET / HTTP/1.1', `Host: ${host}`, 'Accept: text/html,*/*;q=0.8']

t.test('who opens the page without token is told where the address stands', async t => {
  for (const more of [[], ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Dest: document']]) {
    const answer = await send([...VISIT, ...more])
    t.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/)
    t.match(answer, /<h1>Open the address in your terminal<\/h1>/)
    t.notMatch(answer, token)
    t.notMatch(answer, /set-cookie/i)
    const nonce = /<style nonce="([^"]+)"/.exec(answer)?.[1]
    t.match(answer, `content-security-policy: default-src 'none'; style-src 'nonce-${nonce}'; `)
  }
})

t.test('other sites and names get not even that', async t => {
  for (const more of [
    ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Dest: iframe'],
    ['Origin: https://evil.example'],
    [],
  ]) {
    const [line, ours, accept] = VISIT as [string, string, string]
    const name = more.length === 0 ? 'Host: rebound.example' : ours
    t.match(await send([line, name, accept, ...more]), /\r\ncontent-length: 0\r\n/)
  }
})

t.test('a code opens the page once', async t => {
  const { search } = new URL(lab.openingUrl())
  t.notMatch(search, token)
  const visit = [`GET /${search} HTTP/1.1`, ...VISIT.slice(1)]
  t.match(await send([...visit, 'Sec-Fetch-Dest: iframe']), /^HTTP\/1\.1 403 /)
  const opened = await send(visit)
  t.match(opened, /^HTTP\/1\.1 303 See Other\r\n/)
  t.match(opened, `location: /?token=${token}\r\n`)
  t.match(await send(visit), /^HTTP\/1\.1 403 /)
})

t.test('what is not HTTP gets no byte', async t => {
  t.equal(await send(['*1', '$4', 'PING']), '')
})

t.test('whoever has the token is answered, and told to keep and load nothing', async t => {
  const page = await send([`GET /?token=${token} HTTP/1.1`, `Host: ${host}`])
  t.match(page, /^HTTP\/1\.1 200 OK\r\n/)
  const pass = /src="\/lab\.js\?pass=([\w-]+)"/.exec(page)?.[1] ?? ''
  t.notMatch(page, token, 'the token is in no page')
  t.match(page, `set-cookie: lab-${port}=${pass}; Path=/; HttpOnly; SameSite=Lax`)
  t.match(page, /cache-control: no-store/)
  t.match(page, /referrer-policy: no-referrer/)
  const policy = /content-security-policy: (.*)\r\n/.exec(page)?.[1] ?? ''
  const nonce = /data-nonce="([^"]+)"/.exec(page)?.[1]
  t.match(policy, `default-src 'self'; style-src 'self' 'nonce-${nonce}';`)
  t.notMatch(policy, /unsafe|https?:|data:/)
  for (const head of [
    [`GET /lab.js?pass=${pass} HTTP/1.1`],
    ['GET /lab.js HTTP/1.1', `Cookie: other=1; lab-${port}=${pass}`],
  ]) {
    const script = await send([...head, `Host: ${host}`])
    t.match(script, /content-type: text\/javascript.*page\(\)/s)
  }
  const again = await send(['GET / HTTP/1.1', `Host: ${host}`, `Cookie: lab-${port}=${pass}`])
  t.match(again, /^HTTP\/1\.1 200 OK\r\n/, 'the page can be loaded again')
  const asked = await send([...STATE, `X-Lab-Token: ${pass}`, `Cookie: lab-${port}=${pass}`])
  t.match(asked, /^HTTP\/1\.1 403 /, 'who has the pass alone may ask nothing')
  const origin = `Origin: http://${host}`
  const state = await send([...STATE, WITH_TOKEN, origin, 'Sec-Fetch-Site: same-origin'])
  t.match(state, /^HTTP\/1\.1 200 OK\r\n.*"url":"rediss:/s)
})

t.test('files beside the page are not served', async t => {
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/lab.js/x', '//etc/passwd']) {
    const answer = await send([`GET ${path}?token=${token} HTTP/1.1`, `Host: ${host}`])
    t.match(answer, /^HTTP\/1\.1 404 Not Found\r\n/, path)
  }
})

t.test('wrong questions are refused in a sentence', async t => {
  const ask = (path: string, body: string): Promise<string> =>
    send(
      [`POST ${path} HTTP/1.1`, `Host: ${host}`, WITH_TOKEN, `Content-Length: ${body.length}`],
      body,
    )
  t.match(await ask('/api/run', '{'), /400 Bad Request.*no JSON/s)
  t.match(await ask('/api/run', '{"user":"web"}'), /400 Bad Request.*command is missing/s)
  t.match(await ask('/api/run', '{"user":"nobody","command":"PING"}'), /400.*no user nobody/s)
  t.match(await ask('/api/run', '{"user":"web","command":"GET \\""}'), /400.*quotes/s)
  t.match(await ask('/api/apply', `"${'x'.repeat(1024 * 1024)}"`), /400.*too long/s)
  t.match(await ask('/api/nothing', '{}'), /404 Not Found/)
})

t.test('it listens on loopback only, and says what is missing', async t => {
  t.equal(new URL(lab.url).hostname, '127.0.0.1')
  await t.rejects(openLab({ pageFolder: t.testdir({}) }), /page is not built/)
  await t.rejects(openLab({ pageFolder: folder, port: Number(port) }), /EADDRINUSE/)
  await t.rejects(openLab({ pageFolder: folder, rules: 'user a +nosuch' }), /1:8: '\+nosuch'/)
})
