// Plain and unix sockets: where they listen, who may come in, and what is left when they close.

import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Connection } from '../../src/transport/connection.ts'
import { Listener, type ListenerEvents } from '../../src/transport/listener.ts'

interface Accepting {
  readonly accepted: Connection[]
  readonly events: ListenerEvents
}

function accepting(admit: () => string | undefined = () => undefined): Accepting {
  const accepted: Connection[] = []
  const events: ListenerEvents = {
    admit,
    failed: () => {},
    broke: error => {
      throw error
    },
    accepted(connection) {
      accepted.push(connection)
      connection.socket.on('data', data => connection.socket.write(data))
    },
  }
  return { accepted, events }
}

function closing(t: Test, listener: Listener): Listener {
  t.teardown(() => {
    listener.destroyConnections()
    return listener.close()
  })
  return listener
}

function tcp(t: Test, host: string, port: number, { events }: Accepting): Listener {
  return closing(t, Listener.tcp({ host, port, backlog: 10 }, events))
}

function ask(target: net.NetConnectOpts): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(target, () => socket.write('hello'))
    socket.once('data', () => resolve(socket))
    socket.once('error', reject)
  })
}

const hasIpv6 = Object.values(os.networkInterfaces()).some(list =>
  list?.some(({ address }) => address === '::1'),
)

t.test('who is connected with whom', async t => {
  const accepts = accepting()
  const { port } = tcp(t, '127.0.0.1', 0, accepts)
  const socket = await ask({ port, host: '127.0.0.1' })
  t.match(accepts.accepted[0], {
    kind: 'tcp',
    peer: `127.0.0.1:${socket.localPort}`,
    local: `127.0.0.1:${port}`,
    isLoopback: true,
    certificateNames: undefined,
  })
  socket.destroy()
})

t.test('IPv6 addresses stand in brackets', { skip: !hasIpv6 && 'no IPv6' }, async t => {
  const accepts = accepting()
  const { port } = tcp(t, '::*', 0, accepts)
  const socket = await ask({ port, host: '::1' })
  t.equal(accepts.accepted[0]?.peer, `[::1]:${socket.localPort}`)
  t.equal(accepts.accepted[0]?.local, `[::1]:${port}`)
  t.ok(accepts.accepted[0]?.isLoopback)
  socket.destroy()
  tcp(t, '*', port, accepting())
  t.pass('IPv4 keeps the port free for itself')
})

t.test('an address that cannot be had is told at once', async t => {
  const { port } = tcp(t, '127.0.0.1', 0, accepting())
  t.throws(() => tcp(t, '127.0.0.1', port, accepting()), { code: 'EADDRINUSE' })
  t.throws(() => tcp(t, '192.0.2.1', 0, accepting()), { code: 'EADDRNOTAVAIL' })
  t.throws(() => tcp(t, 'no.such.host.test', 0, accepting()), 'Name or service not known')
})

t.test('a port is free as soon as its listener closes, and connections live on', async t => {
  const first = tcp(t, '127.0.0.1', 0, accepting())
  const { port } = first
  const socket = await ask({ port, host: '127.0.0.1' })
  first.close()
  const accepts = accepting()
  tcp(t, '127.0.0.1', port, accepts)
  const other = await ask({ port, host: '127.0.0.1' })
  t.equal(accepts.accepted.length, 1)
  socket.write('still here')
  const [data] = await new Promise<[Buffer]>(resolve => socket.once('data', d => resolve([d])))
  t.equal(String(data), 'still here')
  for (const each of [socket, other]) each.destroy()
})

t.test('who may not come in is told why and cut off', async t => {
  const accepts = accepting(() => '-ERR max number of clients reached\r\n')
  const { port } = tcp(t, '127.0.0.1', 0, accepts)
  const received = await new Promise<string>(resolve => {
    let text = ''
    const socket = net.connect({ port, host: '127.0.0.1' })
    socket.on('data', data => (text += data))
    socket.on('close', () => resolve(text))
  })
  t.equal(received, '-ERR max number of clients reached\r\n')
  t.equal(accepts.accepted.length, 0)
})

t.test('a unix socket', { skip: process.platform === 'win32' && 'no unix sockets' }, async t => {
  const file = path.join(t.testdir(), 'redis.sock')
  const unix = (permissions: number, { events }: Accepting): Listener =>
    closing(t, Listener.unix(file, permissions, 10, events))

  t.test('has the permissions that are asked for, and its name as address', async t => {
    const accepts = accepting()
    const listener = unix(0o700, accepts)
    t.equal(fs.statSync(file).mode & 0o777, 0o700)
    t.equal(listener.port, 0)
    const socket = await ask({ path: file })
    t.match(accepts.accepted[0], { kind: 'unix', peer: `${file}:0`, local: `${file}:0` })
    t.ok(accepts.accepted[0]?.isLoopback)
    socket.destroy()
    await listener.close()
    t.notOk(fs.existsSync(file), 'its file goes with it')
  })

  t.test('takes the place of what a dead server has left', async t => {
    fs.writeFileSync(file, 'stale')
    const listener = unix(0, accepting())
    t.ok(fs.statSync(file).isSocket())
    const umask = process.umask()
    t.equal(fs.statSync(file).mode & 0o777, 0o777 & ~umask)
    await listener.close()
  })

  t.test('tells at once why it cannot be had', async t => {
    const { events } = accepting()
    const missing = path.join(file, 'missing', 'redis.sock')
    t.throws(() => Listener.unix(missing, 0o700, 10, events), { code: 'ENOENT' })
  })

  t.test('cannot take the place of a folder', async t => {
    fs.mkdirSync(file)
    t.throws(() => unix(0o700, accepting()), { code: 'EADDRINUSE' })
    fs.rmdirSync(file)
  })
})
