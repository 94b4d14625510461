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

t.test('the log says of which node each line is', async t => {
  const { said, until } = startCli(t, ['--tls-port', 'auto', '--json', '--replicas', '2'])
  await until('Ready to accept connections tls\n', 'stderr')
  const { replicas } = JSON.parse(said.stdout)
  const lines = said.stderr.trimEnd().split('\n')
  for (const [i, { port }] of replicas.entries()) {
    const head = `replicas[${i}] `
    const own = lines.filter(line => line.startsWith(head)).map(line => line.slice(head.length))
    // It listens, and then is told whom to follow.
    const [listening, ...following] = own
    t.match(listening, new RegExp(` \\* Running mode=standalone, port=${port}\\.$`), head)
    t.match(
      following,
      following.map(() => /^\d+:S \d\d \w{3} /),
      head,
    )
    t.ok(own.some(line => line.endsWith('sync: Finished with success')))
  }
  const others = lines.filter(line => !line.startsWith('replicas['))
  t.match(
    others,
    others.map(() => /^\d+:[CM] /),
  )
  t.match(others.at(-1), /:M .* \* Ready to accept connections tls$/)
  t.equal(said.stderr.match(/Ready to accept/g)?.length, 1)
})

t.test('a replica by its redis.conf is one in its log', async t => {
  const words = ['--port', 'auto', '--json', '--replicaof', '127.0.0.1', '1']
  const { said, until } = startCli(t, words)
  await until('Ready to accept connections tcp\n', 'stderr')
  t.match(said.stderr, /^\d+:C .* Redis is starting/)
  t.match(said.stderr, /\n\d+:S .* \* Ready to accept connections tcp/)
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
