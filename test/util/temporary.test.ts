// Files that a process made for clients go with it, even where a signal ends it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import t from 'tap'
import { TYPESCRIPT } from '../helpers/typescript.ts'

t.setTimeout(120_000)

const LIBRARY = new URL('../../src/index.ts', import.meta.url).href

/** Says where its files are, and goes on. */
const program = (more: string): string => `
  import { startRedis } from ${JSON.stringify(LIBRARY)}
  ${more}
  const redis = await startRedis()
  console.log(redis.env().REDIS_TLS_CA_FILE)
  setInterval(() => {}, 1000)`

/** What becomes of the process, as shells say it. */
const ends: readonly (readonly [
  what: string,
  signal: NodeJS.Signals,
  end: number,
  more?: string,
])[] = [
  ['a program that hears no signals', 'SIGTERM', 143],
  ['a program that hears no signals', 'SIGINT', 130],
  ['a program that hears no signals', 'SIGHUP', 129],
  [
    'one with listeners that wait for all others to go',
    'SIGTERM',
    143,
    "import { onExit } from 'signal-exit'\nonExit(() => {})",
  ],
  ['one that ends itself', 'SIGTERM', 3, "process.on('SIGTERM', () => process.exit(3))"],
]

for (const [what, signal, end, more = ''] of ends) {
  t.test(`${signal}: ${what}`, async t => {
    const words = [...TYPESCRIPT, '--input-type=module', '-e']
    const child = spawn(process.execPath, [...words, program(more)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    const lines = readline.createInterface({ input: child.stdout })
    const { value: file } = await lines[Symbol.asyncIterator]().next()
    t.ok(fs.existsSync(file), file)
    child.kill(signal)
    const [code, endedBy] = await ended
    t.equal(code ?? 128 + constants.signals[endedBy as NodeJS.Signals], end)
    t.notOk(fs.existsSync(path.dirname(file)))
  })
}
