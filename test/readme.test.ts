// What the README shows runs as it stands, with the clients that are installed here.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { blocks, root, run } from './helpers/pages.ts'

const programs = blocks.filter(({ language }) => language === 'ts')
t.ok(programs.length >= 9, 'there are examples')

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
