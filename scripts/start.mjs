// npm start: serves certs/demo.conf, built first if need be, and says how to connect.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const program = join(root, 'dist', 'esm', 'cli', 'main.js')

if (!existsSync(program)) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

const HELP = `
Connect as the user "default" (or with client-alice as "alice", who may use app:* only):

  redis-cli -p 6380 --tls --cacert certs/ca.crt \\
    --cert certs/client-default.crt --key certs/client-default.key

  import Redis from 'ioredis'
  const redis = new Redis({ port: 6380, tls: {
    ca: readFileSync('certs/ca.crt'),
    cert: readFileSync('certs/client-default.crt'),
    key: readFileSync('certs/client-default.key'),
  } })

  import { createClient } from 'redis'
  const client = createClient({ socket: { host: 'localhost', port: 6380, tls: true,
    ca: readFileSync('certs/ca.crt'),
    cert: readFileSync('certs/client-default.crt'),
    key: readFileSync('certs/client-default.key'),
  } })

The certificates are public: see certs/README.md.
`

const server = spawn(process.execPath, [program, 'certs/demo.conf', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'inherit'],
})
let isReady = false
server.stdout.on('data', chunk => {
  process.stdout.write(chunk)
  if (isReady || !String(chunk).includes('Ready to accept connections')) return
  isReady = true
  process.stdout.write(HELP)
})
server.on('exit', code => process.exit(code ?? 1))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal))
