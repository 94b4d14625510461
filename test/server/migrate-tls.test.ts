// MIGRATE between servers that speak TLS to each other.

import tls from 'node:tls'
import t from 'tap'
import type { RunningRedis } from '../../src/testing/running.ts'
import { startRedis } from '../../src/testing/start.ts'
import { Wire } from '../helpers/wire.ts'

function connect({ port, tls: material }: RunningRedis): Promise<Wire> {
  const { ca, cert, key } = material ?? {}
  return new Promise(resolve => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, cert, key }, () => {
      resolve(new Wire(socket))
    })
  })
}

t.test('with tls-cluster MIGRATE speaks TLS, and wants a peer that its CA vouches for', async t => {
  const source = await startRedis({ config: { 'tls-cluster': 'yes' } })
  const target = await startRedis({ tls: { authClients: 'no' } })
  t.teardown(() => Promise.all([source.close(), target.close()]))
  const here = await connect(source)
  const there = await connect(target)
  t.teardown(() => {
    here.close()
    there.close()
  })
  const migrate = () =>
    here.ask('MIGRATE', '127.0.0.1', String(target.port), 'k', '0', '2000', 'REPLACE')
  await here.ask('SET', 'k', 'v')
  t.equal(await migrate(), '+OK')
  t.equal(await there.ask('GET', 'k'), '$v')
  await here.ask('CONFIG', 'SET', 'tls-cluster', 'no')
  await here.ask('SET', 'k', 'w')
  t.equal(await here.ask('EXISTS', 'k'), ':1')
})

t.test('without it a TLS port is no place to go', async t => {
  const source = await startRedis()
  const target = await startRedis({ tls: { authClients: 'no' } })
  t.teardown(() => Promise.all([source.close(), target.close()]))
  const here = await connect(source)
  t.teardown(() => here.close())
  await here.ask('SET', 'k', 'v')
  t.match(
    await here.ask('MIGRATE', '127.0.0.1', String(target.port), 'k', '0', '2000'),
    /^-IOERR error or timeout reading to target instance/,
  )
  t.equal(await here.ask('EXISTS', 'k'), ':1')
})
