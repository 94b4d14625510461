// redis-py against us, where the machine has it.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Adapter, authorityOf, playScenario } from './scenario.ts'

const SCRIPT = fileURLToPath(new URL('redis-py-session.py', import.meta.url))
const python = ['/usr/bin/python3', 'python3'].find(
  command => spawnSync(command, ['-c', 'import redis']).status === 0,
)

const adapter: Adapter = {
  name: 'redis-py',
  async open(redis, username, password) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-py-'))
    const caFile = path.join(folder, 'ca.crt')
    fs.writeFileSync(caFile, authorityOf(redis))
    const options = redis.connectOptions('redis-py', { username, password })
    const child = spawn(python ?? '', [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const write = (value: unknown): void => {
      child.stdin.write(`${JSON.stringify(value)}\n`)
    }
    const ask = async <T>(...action: unknown[]): Promise<T> => {
      write(action)
      const { value } = await lines.next()
      return JSON.parse(value ?? 'null') as T
    }
    const close = async (): Promise<void> => {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
      fs.rmSync(folder, { recursive: true })
    }
    write({ ...options, ssl_ca_certs: caFile })
    const greeting = await ask<string>('send', ['PING'])
    if (greeting !== 'PONG' && greeting !== 'OK') {
      await close()
      throw new Error(greeting.includes('WRONGPASS') ? greeting : `WRONGPASS ${greeting.slice(1)}`)
    }
    return {
      send: async words => {
        const outcome = await ask<string>('send', words)
        return words[0] === 'PING' && outcome === 'OK' ? 'PONG' : outcome
      },
      transaction: commands => ask('transaction', commands),
      async receive(channel, publish) {
        await ask('subscribe', channel)
        await publish()
        return ask('message')
      },
      close,
    }
  },
}

t.test(adapter.name, { skip: python === undefined && 'no Python with redis-py' }, t =>
  playScenario(t, adapter),
)
