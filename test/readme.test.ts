// What the README shows runs as it stands, with the clients that are installed here.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'

const root = path.join(import.meta.dirname, '..')
const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8')
/** What comes then is for those who change the package. */
const [forUsers = ''] = readme.split('\n## How the code is laid out')

interface Block {
  readonly language: string
  readonly text: string
}

const blocks: readonly Block[] = [...forUsers.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
  ([, language = '', text = '']) => ({ language, text }),
)

interface Ended {
  readonly status: number | null
  readonly output: string
}

function run(folder: string, args: readonly string[]): Promise<Ended> {
  // The runner that runs this test must not be taken for that of the example.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_TEST)/.test(name))
  const env = { ...Object.fromEntries(inherited), NODE_OPTIONS: '', NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return new Promise(resolve => child.on('close', status => resolve({ status, output })))
}

// ---- TypeScript ----------------------------------------------------------------------------------

const programs = blocks.filter(({ language }) => language === 'ts')
t.ok(programs.length >= 2, 'there are examples')

for (const { text } of programs) {
  const [first = ''] = /^(?!import)\S.*$/m.exec(text) ?? []
  t.test(first, async t => {
    const isVitest = text.includes('redis-tls-mock/vitest')
    const name = isVitest ? 'example.test.ts' : 'example.ts'
    const folder = t.testdir({
      [name]: text,
      'package.json': '{ "type": "module", "imports": {} }',
      'vitest.config.mjs': 'export default {}',
    })
    // The package is found by its name, as its users find it.
    fs.mkdirSync(path.join(folder, 'node_modules'))
    fs.symlinkSync(root, path.join(folder, 'node_modules', 'redis-tls-mock'))
    const vitest = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run']
    const { status, output } = await run(folder, isVitest ? vitest : ['--import=tsx', name])
    t.equal(status, 0, output)
    // A comment behind what is printed says what that is.
    const printed = [...text.matchAll(/console\.log\(.*\) *\/\/ (.*)$/gm)].map(([, said]) => said)
    if (!isVitest) t.equal(output, `${printed.join('\n')}\n`)
  })
}
