// Lines for the shell of the README and of the pages that it leads to: each is run as it stands.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { blocks, ownEnvironment, root, runProgram } from './helpers/pages.ts'
import { freePort } from './helpers/real.ts'
import { PROGRAM } from './helpers/typescript.ts'

const SERVES = /redis-tls-mock(?: *$| +(?:--?\w|\.\/|-$))/

/** A line, and how it ends: `# exit 1` says so. */
const lines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
  .filter(line => line.trim() !== '')
  .map(line => ({
    line: line.replace(/ +#.*$/, ''),
    status: Number(/# exit (\d)/.exec(line)?.[1] ?? 0),
  }))
t.ok(lines.length >= 15, 'there are lines for the shell')

/** Of a password that nobody needs. */
const HASH = '6f1e8e6ba5d4c7f77dcdadd379ecd0471b29a23c08312e3aed1e7e0707b54c9b'

const FILES = {
  'app.js': fs.readFileSync(path.join(root, 'test/examples/tls/right-node-redis.mjs'), 'utf8'),
  'package.json': '{ "type": "module" }',
  'redis.conf': 'port 0\nunixsocket ./redis.sock\n',
  'replica.conf': 'replicaof 127.0.0.1 1\n',
  'users.acl': `user default off\nuser app on #${HASH} ~app:* +get +set\n`,
  'old.acl': `user default off\nuser app on #${HASH} ~app:* +get\n`,
  'rights.acltest': 'app allow GET app:1\napp deny KEYS *\n',
  bin: {
    npx: `#!/bin/sh\nshift\nexec '${process.execPath}' ${PROGRAM.join(' ')} "$@"\n`,
  },
}

t.test('lines for the shell', async t => {
  const folder = t.testdir(FILES)
  fs.chmodSync(path.join(folder, 'bin', 'npx'), 0o755)
  const PATH = `${path.join(folder, 'bin')}:${process.env['PATH']}`
  for (const { line, status } of lines) {
    if (SERVES.test(line)) await serves(t, line, folder, PATH)
    else {
      const ended = await runProgram('/bin/sh', ['-c', line], folder, { PATH })
      t.equal(ended.status, status, `${line}\n${ended.output}`)
    }
  }
})

/** A server of the README is started on a port of its own, and ended when it listens. */
async function serves(t: Test, line: string, folder: string, PATH: string): Promise<void> {
  const own = line
    .replace('7777', String(await freePort()))
    .replace(/redis-tls-mock$/, 'redis-tls-mock --tls-port auto')
  const env = { ...ownEnvironment(), PATH }
  const child = spawn('/bin/sh', ['-c', own], { cwd: folder, env, stdio: 'pipe', detached: true })
  let output = ''
  const listens = new Promise<boolean>(resolve => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output += chunk
        if (/Ready to accept|"port":/.test(output)) resolve(true)
      })
    }
    child.once('close', () => resolve(false))
  })
  t.ok(await listens, `${own}\n${output}`)
  const ended = new Promise(resolve => child.once('close', resolve))
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  await ended
}
