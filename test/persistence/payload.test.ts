// Payloads as Redis 7.4.1 made them: ours must be the same bytes, and theirs must be read.

import fs from 'node:fs'
import t from 'tap'
import { CorruptRdb } from '../../src/persistence/format.ts'
import { dumpPayload, loadPayload } from '../../src/persistence/payload.ts'
import { defaultEncodingLimits } from '../../src/store/value.ts'
import { startServer } from '../helpers/server.ts'
import { OLD_PAYLOADS } from './old-payloads.ts'

interface Recorded {
  readonly name: string
  readonly commands: readonly (readonly string[])[]
  /** In hexadecimal. */
  readonly payload: string
  readonly digest: string
  readonly encoding: string
}

const recorded = JSON.parse(
  fs.readFileSync(new URL('../recorded/payloads-7.4.json', import.meta.url), 'utf8'),
) as readonly Recorded[]

t.test('DUMP gives the bytes that Redis gives, and RESTORE takes them', async t => {
  const redis = await startServer({ config: [['enable-debug-command', 'yes']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  for (const { name, commands, payload, digest, encoding } of recorded) {
    await wire.call('FLUSHALL')
    for (const words of commands) await wire.call(...words)
    const theirs = Buffer.from(payload, 'hex').toString('latin1')
    const ours = await wire.ask('DUMP', 'k')
    t.equal(Buffer.from(String(ours).slice(1), 'latin1').toString('hex'), payload, name)
    t.equal(await wire.ask('RESTORE', 'r', '0', theirs), '+OK', name)
    t.strictSame(
      await wire.ask('DEBUG', 'DIGEST-VALUE', 'k', 'r'),
      [`+${digest}`, `+${digest}`],
      name,
    )
    t.equal(await wire.ask('OBJECT', 'ENCODING', 'r'), `$${encoding}`, name)
    t.equal(await wire.ask('DUMP', 'r'), ours, `${name}, dumped again`)
  }
})

t.test('RESTORE takes what older versions wrote', async t => {
  const redis = await startServer({ config: [['enable-debug-command', 'yes']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('DEBUG', 'SET-SKIP-CHECKSUM-VALIDATION', '1')
  for (const [name, hex, command, reply] of OLD_PAYLOADS) {
    const payload = Buffer.from(`${hex} 0b00 0000000000000000`.replaceAll(' ', ''), 'hex')
    t.equal(await wire.ask('RESTORE', 'k', '0', payload.toString('latin1'), 'REPLACE'), '+OK', name)
    t.strictSame(await wire.ask(...command.split(' ')), reply, name)
  }
})

t.test('no payload, however it is broken, does more than fail', async t => {
  const limits = defaultEncodingLimits()
  let failed = 0
  let loaded = 0
  const tryOne = (payload: Buffer): void => {
    try {
      const value = loadPayload(payload, limits)
      // What was taken is whole: it can be written and read again.
      loadPayload(dumpPayload(value, true), limits)
      loaded++
    } catch (error) {
      if (!(error instanceof CorruptRdb)) throw error
      failed++
    }
  }
  for (const { payload } of recorded) {
    const bytes = Buffer.from(payload, 'hex')
    for (let end = 0; end < bytes.length - 10; end++) tryOne(bytes.subarray(0, end))
    for (let at = 0; at < Math.min(bytes.length - 10, 400); at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0x81, 0xc3, 0xff]) {
        const broken = Buffer.from(bytes)
        broken[at] = value
        tryOne(broken)
      }
    }
  }
  t.ok(failed > 1000 && loaded > 100, `${failed} failed, ${loaded} could be loaded`)
})

t.test('a length that is only claimed takes no memory', async t => {
  const limits = defaultEncodingLimits()
  for (const hex of [
    '0081ffffffffffffffff',
    '0181ffffffffffffff00',
    '00c3028400000000aabb',
    '00c30281000000ffffffffffaabb',
    '0281000000ffffffffff',
    '0f81000000ffffffffff',
    '12817fffffffffffffff02',
  ]) {
    const before = process.memoryUsage().arrayBuffers
    t.throws(() => loadPayload(Buffer.from(hex, 'hex'), limits), CorruptRdb, hex)
    t.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024, hex)
  }
})
