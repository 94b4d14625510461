// Rules go back to the file or the server they are from when that is asked for, and not where it has
// changed meanwhile; and the program opens a browser without telling its command line the token.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { fileHome, serverHome } from '../../src/cli/rules-home.ts'
import { startRedis } from '../../src/index.ts'
import { openLab } from '../../src/lab/lab.ts'
import { shareable } from '../../src/lab/share.ts'
import { askLab } from '../helpers/lab.ts'
import { freePort } from '../helpers/real.ts'
import { TYPESCRIPT } from '../helpers/typescript.ts'

const pageFolder = t.testdir({ 'index.html': '' })
const RULES = 'user default off\nuser app on >secret ~app:* +get\n'

t.test('a file is written when that is asked for, whole, with its permissions', async t => {
  const file = path.join(t.testdir({ 'users.acl': RULES }), 'users.acl')
  fs.chmodSync(file, 0o640)
  const lab = await openLab({ pageFolder, ...fileHome(file) })
  t.teardown(() => lab.close())
  const ask = askLab(lab.url)
  t.strictSame((await ask('state')).home, { kind: 'file', name: file, isWritable: true })
  const rules = 'user default off\nuser app on >secret ~app:* +get +set\nuser eve off\n'
  await ask('apply', { rules })
  t.equal(fs.readFileSync(file, 'utf8'), RULES, 'Apply writes no file')
  const { changes, mark } = await ask('plan', { rules })
  t.strictSame(changes, ['eve is made', 'app changes'])
  await t.rejects(ask('save', { rules: `${rules}user x +nosuch`, mark }), /4:8: '\+nosuch'/)
  await ask('save', { rules, mark })
  t.equal(fs.readFileSync(file, 'utf8'), rules)
  t.equal(fs.statSync(file).mode & 0o777, 0o640)
  await t.rejects(ask('save', { rules: RULES, mark }), /changed meanwhile/)
  const seen = await ask('plan', { rules: RULES })
  fs.appendFileSync(file, 'user other off\n')
  await t.rejects(ask('save', { rules: RULES, mark: seen.mark }), /changed meanwhile/)
  t.match(fs.readFileSync(file, 'utf8'), 'user other off')
})

t.test('a file that is no UTF-8 is never written: it would be another', async t => {
  const file = path.join(t.testdir(), 'users.acl')
  fs.writeFileSync(file, Buffer.from('user a on nopass ~\xff +get\n', 'latin1'))
  t.equal(fileHome(file).home, undefined)
  t.end()
})

t.test('a running server is read, and changed only when that is asked for', async t => {
  const live = await startRedis({
    tls: false,
    users: { boss: 'on >chief ~* &* +@all', app: 'on >secret ~app:* +get', old: 'on nopass' },
  })
  t.teardown(() => live.close())
  const url = `redis://boss:chief@127.0.0.1:${live.port}`
  const lab = await openLab({ pageFolder, ...(await serverHome({ url })) })
  t.teardown(() => lab.close())
  const ask = askLab(lab.url)
  const { rules, home } = await ask('state')
  t.match(home, { kind: 'server', isWritable: true })
  t.notMatch(home.name, 'chief')
  t.match(rules, /^user app on sanitize-payload #[0-9a-f]{64} ~app:\*/m)
  const before = live.server.users.save()
  const edited = `${rules.replace(/^user old .*\n/m, '').replace('+get', '+get +set')}user eve off\n`
  await ask('apply', { rules: edited })
  t.equal(live.server.users.save(), before, 'Apply is for the server of the lab')
  const { changes, mark } = await ask('plan', { rules: edited })
  t.match(changes, ['eve is made', 'app changes', 'old is deleted', /ACL SAVE/])
  await ask('save', { rules: edited, mark })
  t.equal(live.server.users.get('old'), undefined)
  t.match(live.server.users.get('app')?.text, /^on sanitize-payload #.* \+get \+set$/)
  await t.rejects(ask('save', { rules, mark }), /changed meanwhile/)
  for (const locked of ['user boss off\n', 'user boss on nopass ~* +get\n', '']) {
    const without = `${edited.replace(/^user boss .*\n/m, '')}${locked}`
    await t.rejects(ask('plan', { rules: without }), /Nothing is written: boss/, locked)
  }
})

t.test('a server that cannot be asked is a plain error', async t => {
  const live = await startRedis({ tls: false, users: { app: 'on >secret ~app:* +get' } })
  t.teardown(() => live.close())
  const url = `redis://app:secret@127.0.0.1:${live.port}`
  await t.rejects(serverHome({ url }), /ACL: NOPERM/)
})

const isLinux = process.platform === 'linux'

t.test('--open starts a browser by the system', { skip: !isLinux && 'no Linux' }, async t => {
  const main = path.join(import.meta.dirname, '../../src/cli/main.ts')
  const folder = t.testdir({
    lab: { 'index.html': 'page' },
    bin: {
      'xdg-open':
        '#!/bin/sh\nprintf "%s\\n" "$#" "$1" > "$OPENED.part"; mv "$OPENED.part" "$OPENED"\n',
    },
    esm: { cli: { 'main.ts': `await import(${JSON.stringify(main)})` } },
  })
  fs.chmodSync(path.join(folder, 'bin', 'xdg-open'), 0o755)
  const opened = path.join(folder, 'opened')
  const { fragment } = shareable(RULES)
  const words = [
    'lab',
    '--open',
    '--port',
    String(await freePort()),
    `http://127.0.0.1:8379/${fragment}`,
  ]
  const program = path.join(folder, 'esm', 'cli', 'main.ts')
  const child = spawn(process.execPath, [...TYPESCRIPT, program, ...words], {
    env: { ...process.env, OPENED: opened, PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const seen = new Promise<string>((resolve, reject) => {
    let said = ''
    const look = (chunk: Buffer): void => {
      said += chunk
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('exit', () => reject(new Error(said)))
    fs.watch(folder, () => fs.existsSync(opened) && resolve(said)).unref()
  })
  const said = await seen
  const token = /token=([\w-]+)/.exec(said)?.[1] ?? ''
  t.not(token, '')
  const [count, address = ''] = fs.readFileSync(opened, 'utf8').split('\n')
  t.equal(count, '1')
  t.match(address, /^http:\/\/127\.0\.0\.1:\d+\/\?open=[\w-]+$/)
  t.notMatch(address, token)
  const visit = () => fetch(address, { headers: { accept: 'text/html' }, redirect: 'manual' })
  t.equal((await visit()).headers.get('location'), `/?token=${token}`)
  t.equal((await visit()).status, 403)
  const { rules } = await askLab(`${new URL('/', address)}?token=${token}`)('state')
  t.equal(rules, 'user default off\nuser app on ~app:* +get\n')
})
