// The example for Docker Compose, where there is no Docker: its services are run as programs here,
// with the names and folders that containers would give them.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { startCli } from '../helpers/cli-start.ts'
import { freePort } from '../helpers/real.ts'
import { instructionsOf } from './dockerfile.ts'

t.setTimeout(120_000)

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = path.join(root, 'test', 'examples', 'compose')
const { services, volumes } = parse(fs.readFileSync(path.join(folder, 'compose.yaml'), 'utf8'))
const { redis, app } = services
const image = instructionsOf(fs.readFileSync(path.join(root, 'Dockerfile'), 'utf8'))

/** Every name is this machine. */
const LOOKUP = `import dns from 'node:dns'
dns.lookup = (name, options, done) => done(null, options.all ? [HERE] : HERE.address, HERE.family)
const HERE = { address: '127.0.0.1', family: 4 }`

async function run(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, words, { env: { ...process.env, ...env } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk))
  const [code] = await once(child, 'close')
  return [code, said.trim()]
}

t.test('the program finds the server by its name, once it is healthy', async t => {
  const tls = t.testdir()
  const port = await freePort()
  const health = image.find(({ name }) => name === 'HEALTHCHECK')?.rest ?? ''
  const [, check = ''] = / CMD (\[.*\])$/.exec(health) ?? []
  const [node, script, ...ports] = JSON.parse(check)
  t.strictSame([node, script, ports], ['node', '/app/healthcheck.mjs', ['6379', '6380']])
  const isHealthy = () =>
    run([path.join(root, 'scripts', 'healthcheck.mjs'), '0', String(port)]).then(([code]) => code)
  t.equal(await isHealthy(), 1)

  const words: string[] = redis.command.map((word: string) => (word === '/tls' ? tls : word))
  t.not(words.indexOf(tls), -1)
  const server = startCli(t, [...words, '--tls-port', String(port)])
  await server.until('Ready to accept connections tls\n')
  await server.until("TLS profile 'valid'")
  t.equal(await isHealthy(), 0)

  const environment = Object.entries<string>(app.environment).map(([name, value]) => [
    name,
    value.replace(/^\/tls(?=\/)/, tls).replace(/:6379$/, `:${port}`),
  ])
  t.equal(app.environment.REDIS_URL, 'rediss://redis:6379')
  const [program, file, ...rest] = app.command
  t.strictSame([program, rest], ['node', []])
  const lookup = `data:text/javascript,${encodeURIComponent(LOOKUP)}`
  const source = path.join(folder, path.posix.relative('/app', file))
  t.strictSame(await run(['--import', lookup, source], Object.fromEntries(environment)), [
    0,
    '+PONG',
  ])
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
})

t.test('its services belong together', async t => {
  t.strictSame(app.depends_on, { redis: { condition: 'service_healthy' } })
  const names = [redis, app].flatMap(({ volumes }) =>
    volumes.map((one: string) => one.split(':')[0]),
  )
  t.strictSame(
    names.filter(name => name !== '.' && !(name in volumes)),
    [],
  )
  const [base] = image.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0])
  t.equal(app.image, base, 'the same Node, and the same user')
  t.equal(app.user, image.find(({ name }) => name === 'USER')?.rest)
})
