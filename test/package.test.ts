// The package as its users meet it: imported and required, with types for both, and as a program.

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t from 'tap'
import { freePort } from './helpers/real.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const build_ = [path.join(root, 'scripts', 'build.mjs'), '--if-changed']
const built = spawnSync(process.execPath, build_, { encoding: 'utf8' })
t.equal(built.status, 0, `the build succeeds ${built.stdout}${built.stderr}`)

/** Runs a program in the package, where it can refer to itself by name. */
function run(file: string, source: string): Promise<string> {
  const script = path.join(root, 'dist', file)
  fs.writeFileSync(script, source)
  return new Promise(resolve => {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.on('close', () => {
      fs.rmSync(script)
      resolve(output.trim())
    })
  })
}

const BODY = `
  const redis = await startRedis()
  const url = redis.url
  await redis.close()
  console.log(url.replace(/\\d+$/, 'PORT'))`

t.test('import', async t => {
  const source = `import { startRedis } from 'redis-tls-mock'\n${BODY}`
  t.equal(await run('try-import.mjs', source), 'rediss://127.0.0.1:PORT')
})

t.test('require', async t => {
  const source = `const { startRedis } = require('redis-tls-mock')\n;(async () => {${BODY}\n})()`
  t.equal(await run('try-require.cjs', source), 'rediss://127.0.0.1:PORT')
})

t.test('types for both', t => {
  const folder = fs.mkdtempSync(path.join(root, 'dist', 'types-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true }))
  const use = `
const start: Promise<RunningRedis> = startRedis({ users: { alice: 'on nopass +get' } })
export const options: Promise<{ host: string }> = start.then(r => r.connectOptions('ioredis'))\n`
  const names = "{ type RunningRedis, startRedis } from 'redis-tls-mock'"
  fs.writeFileSync(path.join(folder, 'a.mts'), `import ${names}\n${use}`)
  fs.writeFileSync(path.join(folder, 'b.cts'), `import ${names}\n${use}`)
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
    '--skipLibCheck',
  ]
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags, 'a.mts', 'b.cts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  t.equal(status, 0, stdout)
  t.end()
})

// The files of the package that are loaded, but for the few that hold what all have in common.
const LOADED = `Object.keys(require.cache)
  .filter(file => /[/]dist[/]/.test(file) && !/[/](chunks|dist)[/][^/]+$/.test(file))
  .map(file => file.replace(/^.*[/]dist[/]cjs[/]|[.]js$/g, ''))`

t.test('what nobody uses is not loaded', async t => {
  const source = `
const { connect } = require('node:net')
const { once } = require('node:events')
const { lint, startRedis } = require('redis-tls-mock')
const said = []
const say = () => said.push(${LOADED})
;(async () => {
  say()
  const redis = await startRedis({ tls: false })
  const client = connect(redis.port)
  for (const words of ['SET k v', 'GET k', 'GEOADD g 1 1 a', 'GEOADD g 1 1 b', 'NOSUCH']) {
    client.write(words + '\\r\\n')
    said.push(String(await once(client, 'data')).trim())
    say()
  }
  client.destroy()
  lint('user app on nopass +@all ~*')
  say()
  await redis.close()
  console.log(JSON.stringify(said))
})()`
  const said = JSON.parse(await run('try-late.cjs', source))
  const unknown = "-ERR unknown command 'NOSUCH', with args beginning with:"
  // Options that are given are looked at.
  const started = ['index', 'testing/shapes']
  const geo = [...started, 'commands/geo']
  t.strictSame(said.slice(0, 5), [['index'], '+OK', started, '$1\r\nv', started])
  t.strictSame(said.slice(5), [':1', geo, ':1', geo, unknown, geo, [...geo, 'policy/judges']])
})

t.test('a stack leads to the sources', async t => {
  const source = `
process.setSourceMapsEnabled(true)
const { readPolicy, explain } = require('redis-tls-mock')
try {
  explain({ policy: readPolicy('user a on') }, ['NOSUCH'])
} catch (error) {
  console.log(error.stack)
}`
  const stack = await run('try-stack.cjs', source)
  t.match(stack, /QuestionError: Command 'NOSUCH' not found\n/)
  t.match(stack, /src[/]policy[/]question[.]ts:\d+:\d+/)
  t.match(stack, /src[/]index[.]ts:\d+:\d+/)
})

t.test(
  'no line of what node runs is long, since an error prints the whole of its line',
  async t => {
    const files = fs.readdirSync(path.join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    const long = files
      .filter(file => file.endsWith('.js') && !file.startsWith('lab'))
      .filter(file => fs.readFileSync(path.join(root, 'dist', file), 'utf8').match(/.{800}/))
    t.strictSame(long, [])
  },
)

const npm = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  shell: process.platform === 'win32',
})
const [{ files }] = JSON.parse(npm.stdout) as [{ files: { path: string }[] }]
const packed = new Set(files.map(({ path }) => path))

t.test('scripts run by the binary that is in the package, with its licences', async t => {
  const eval_ = `
const { connect } = require('node:net')
const { startRedis } = require('redis-tls-mock')
;(async () => {
  const redis = await startRedis({ tls: false })
  const client = connect(redis.port)
  client.write('EVAL "return cjson.encode({#ARGV[1]})" 0 four\\r\\n')
  client.once('data', async said => {
    client.destroy()
    await redis.close()
    console.log(String(said))
  })
})()`
  t.equal(await run('try-script.cjs', eval_), '$3\r\n[4]')
  const { outputFiles } = await build({
    stdin: { contents: eval_, resolveDir: root },
    bundle: true,
    platform: 'node',
    write: false,
  })
  t.equal(await run('try-bundled.cjs', outputFiles[0]?.text ?? ''), '$3\r\n[4]', 'bundled again')
  for (const file of ['redis_lua.wasm', 'LICENSE', 'THIRD_PARTY_NOTICES.md']) {
    t.ok(packed.has(`dist/lua/${file}`), file)
  }
})

t.test('nothing that is installed with the package wants another Node than the package', t => {
  const { engines } = readJson('package.json')
  const lock = readJson('package-lock.json').packages as Readonly<Record<string, LockedPackage>>
  t.notOk(lock['']?.dependencies?.['lua-redis-wasm'], 'nor is anything installed for scripts')
  const installed = Object.entries(lock).filter(([folder, { dev }]) => folder !== '' && !dev)
  t.ok(installed.length > Object.keys(lock['']?.dependencies ?? {}).length)
  for (const major of [18, 19, 20, 21, 22, 23, 24, 25, 26]) {
    if (!isAllowed(engines.node, major)) continue
    for (const [folder, { engines: wanted }] of installed) {
      t.ok(isAllowed(wanted?.node ?? '*', major), `${folder} with Node ${major}.0.0`)
    }
  }
  t.end()
})

interface LockedPackage {
  readonly dev?: boolean
  readonly engines?: { readonly node?: string }
  readonly dependencies?: Readonly<Record<string, string>>
}

function readJson(file: string) {
  return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'))
}

/** Whether a range takes the first version of a major one. */
function isAllowed(range: string, major: number): boolean {
  return range.split('||').some(part => {
    const [, sign, from = '', rest = ''] = /^ *(>=|\^|) *(\d+|\*)([.\d]*) *$/.exec(part) ?? []
    if (from === '*') return true
    const least = Number(from) + (/[1-9]/.test(rest) ? 1 : 0)
    return sign === '>=' ? major >= least : major === least
  })
}

t.test('source maps and the README lead to files of the package', async t => {
  for (const file of [
    'LICENSE',
    'CHANGELOG.md',
    'README.md',
    'src/API.md',
    'src/docs/redis-tls-mock.1',
  ]) {
    t.ok(packed.has(file), file)
  }
  const lost = new Set<string>()
  for (const map of [...packed].filter(file => file.endsWith('.js.map'))) {
    const { sources } = JSON.parse(fs.readFileSync(path.join(root, map), 'utf8'))
    for (const source of sources as string[]) {
      const file = path.posix.join(path.posix.dirname(map), source)
      if (!packed.has(file)) lost.add(file)
    }
  }
  t.strictSame([...lost], [], 'sources')
  for (const document of [...packed].filter(file => /^(README|src\/.*)\.md$/.test(file))) {
    for (const [, link = ''] of fs
      .readFileSync(path.join(root, document), 'utf8')
      .matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)) {
      const file = path.posix.join(path.posix.dirname(document), link)
      const isThere = packed.has(file) || [...packed].some(one => one.startsWith(`${file}/`))
      t.ok(isThere, `${document}: ${link}`)
    }
  }
})

t.test('the program knows its version', t => {
  const main = path.join(root, 'dist', 'esm', 'cli', 'main.js')
  const { stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
  t.match(stdout, /v=7\.4\.1/)
  t.end()
})

t.test('the program serves the lab', async t => {
  const main = path.join(root, 'dist', 'esm', 'cli', 'main.js')
  const port = await freePort()
  const child = spawn(process.execPath, [main, 'lab', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.includes('Ctrl-C')) break
  }
  t.match(output, /^Redis: rediss:\/\/127\.0\.0\.1:\d+$/m)
  const url = /^Lab: +(.*)$/m.exec(output)?.[1] ?? ''
  t.match(url, `http://127.0.0.1:${port}/?token=`)
  const page = await (await fetch(url)).text()
  const [, script = ''] = /src="([^"]+)"/.exec(page) ?? []
  t.ok((await (await fetch(new URL(script, url))).text()).length > 10_000)
  t.equal((await fetch(new URL('/', url))).status, 403)
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('the README lists the commands as they are', async t => {
  const { withCommandTable } = await import('../scripts/readme.ts')
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8')
  t.equal(withCommandTable(readme), readme, 'npm run readme')
})
