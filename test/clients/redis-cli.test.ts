// redis-cli against us, in RESP2 and RESP3, where the machine has it.

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { type Adapter, authorityOf, type Outcome, playScenario } from './scenario.ts'

const noRedisCli = spawnSync('redis-cli', ['--version']).error && 'no redis-cli on the PATH'

function adapterFor(protocol: '-2' | '-3'): Adapter {
  return {
    name: `redis-cli ${protocol}`,
    async open(redis, username, password) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-cli-'))
      const caFile = path.join(folder, 'ca.crt')
      // Every command is a connection of its own, so it meets the authority of the moment.
      const trust = (): void => fs.writeFileSync(caFile, authorityOf(redis))
      trust()
      // The last --cacert counts.
      const own = redis.connectOptions('redis-cli', { username, password })
      const args = [...own, '--cacert', caFile, '--no-auth-warning', protocol]
      const env = process.env
      const session = {
        async send(words: readonly string[]): Promise<Outcome> {
          trust()
          const [line = ''] = await run([...args, ...words], env)
          return line
        },
        async transaction(commands: readonly (readonly string[])[]): Promise<Outcome[]> {
          const lines = [['MULTI'], ...commands, ['EXEC']].map(words => words.join(' '))
          const replies = await run(args, env, `${lines.join('\n')}\n`)
          return replies.slice(1 + commands.length)
        },
        async receive(channel: string, publish: () => Promise<unknown>): Promise<string> {
          const child = spawn('redis-cli', [...args, 'SUBSCRIBE', channel], { env })
          let output = ''
          const seen = (text: string): Promise<void> =>
            new Promise(resolve => {
              const look = (): void => {
                if (output.includes(text)) resolve()
              }
              child.stdout.on('data', look)
              look()
            })
          child.stdout.on('data', chunk => {
            output += chunk
          })
          await seen('subscribe')
          await publish()
          await seen('extra extra')
          child.kill()
          return output.split('\n').find(line => line.includes('extra extra')) ?? ''
        },
        close: async (): Promise<void> => fs.rmSync(folder, { recursive: true, force: true }),
      }
      // What it says of the login and of PING comes in any order.
      const greeting = (await run([...args, 'PING'], env)).join(' ')
      if (greeting !== 'PONG') {
        await session.close()
        throw new Error(greeting)
      }
      return session
    },
  }
}

/** The lines of the answer; a nil is an empty line, and an error gets its mark. */
function run(args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Outcome[]> {
  return new Promise(resolve => {
    const child = spawn('redis-cli', [...args], { env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output += chunk
      })
    }
    child.on('close', () => {
      const lines = output.replace(/\n+$/, '').split('\n')
      resolve(lines.filter((line, i) => line !== '' || i === 0).map(shown))
    })
    child.stdin.end(input)
  })
}

function shown(line: string): Outcome {
  if (line === '') return '(nil)'
  return /^(NOPERM|EXECABORT|ERR|NOAUTH) /.test(line) ? `!${line}` : line
}

for (const protocol of ['-2', '-3'] as const) {
  const adapter = adapterFor(protocol)
  t.test(adapter.name, { skip: noRedisCli ?? false }, t => playScenario(t, adapter))
}
