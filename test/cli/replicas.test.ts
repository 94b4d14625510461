// `--replicas`: a master and replicas for tests in other languages.

import fs from 'node:fs'
import { Redis } from 'ioredis'
import t from 'tap'
import { cli } from '../helpers/cli.ts'
import { startCli } from '../helpers/cli-start.ts'

t.setTimeout(180_000)

t.test('--replicas: the JSON line names all nodes, and MOCK steers them', async t => {
  const words = ['--tls-port', 'auto', '--requirepass', 'hidden', '--mock-command', '--json']
  const { said, until } = startCli(t, [...words, '--replicas', '2', '--maxmemory', '3mb'])
  await until('\n')
  const { tls, port, replicas } = JSON.parse(said.stdout)
  t.equal(replicas.length, 2)
  const connect = (to: number): Redis => {
    const [ca, cert, key] = [tls.caFile, tls.certFile, tls.keyFile].map(file =>
      fs.readFileSync(file, 'utf8'),
    )
    const client = new Redis({ port: to, password: 'hidden', tls: { ca, cert, key } as object })
    t.teardown(() => client.disconnect())
    return client
  }
  const [master, replica] = [connect(port), connect(replicas[0].port)]
  t.match(await master.info('replication'), /connected_slaves:2/)
  await master.set('a', '1')
  t.equal(await master.wait(2, 0), 2)
  t.equal(await replica.get('a'), '1')
  t.strictSame(await replica.config('GET', 'maxmemory'), ['maxmemory', '3145728'])
  await t.rejects(replica.set('a', '2'), /READONLY/)
  await master.call('MOCK', 'PROMOTE', '0')
  t.equal(await replica.set('a', '2'), 'OK')
  t.equal(await replica.wait(2, 0), 2)
  t.equal(await master.get('a'), '2')
})

t.test('exec --replicas: the program finds them in REDIS_REPLICA_URLS', async t => {
  const program = 'console.log(process.env.REDIS_URL, process.env.REDIS_REPLICA_URLS)'
  const words = ['exec', '--replicas', '2', '--requirepass', 'hidden', '--']
  const { status, stdout, stderr } = await cli([...words, process.execPath, '-e', program])
  t.match([status, stderr], [0, ''])
  const url = String.raw`rediss:\/\/:hidden@127\.0\.0\.1:\d+`
  t.match(stdout.trim(), new RegExp(`^${url} ${url},${url}$`))
})

t.test('--replicas that cannot be', async t => {
  for (const [words, what] of [
    [['--replicas', '0'], '--replicas wants a number, 1 to 20'],
    [['--replicas', '1', '--tls-profile', 'valid'], '--replicas cannot be beside a TLS profile'],
  ] as const) {
    const { status, stderr } = await cli([...words])
    t.match([status, stderr], [2, what])
  }
})
