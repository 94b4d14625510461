// The demo kit: it has years to run, its chains verify, and the constants are the files.

import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import t from 'tap'
import { KIT } from '../../src/testing/kit.ts'

const YEAR_MS = 365 * 24 * 3600 * 1000

function read(name: string): string {
  return fs.readFileSync(new URL(`../../certs/${name}`, import.meta.url), 'utf8')
}

function certificate(name: string): X509Certificate {
  return new X509Certificate(read(`${name}.crt`))
}

const LONG_LIVED = [
  'ca',
  'server',
  'client-default',
  'client-alice',
  'client-foreign',
  'client-wrong-purpose',
  'foreign-ca',
]

t.test('what is not meant to be expired has five years to run', async t => {
  for (const name of LONG_LIVED) {
    const { validFrom, validTo } = certificate(name)
    t.ok(Date.parse(validTo) - Date.now() > 5 * YEAR_MS, `${name} ends ${validTo}`)
    t.ok(Date.parse(validFrom) < Date.now(), `${name} has begun`)
  }
  t.ok(Date.parse(certificate('client-expired').validTo) < Date.now())
})

t.test('every certificate is signed by the authority that it should be', async t => {
  const own = certificate('ca')
  const foreign = certificate('foreign-ca')
  for (const name of [
    'server',
    'client-default',
    'client-alice',
    'client-expired',
    'client-wrong-purpose',
  ]) {
    t.ok(certificate(name).verify(own.publicKey), name)
  }
  t.ok(certificate('client-foreign').verify(foreign.publicKey))
  t.notOk(certificate('client-foreign').verify(own.publicKey))
})

t.test('the server is known by the names of this machine', async t => {
  const server = certificate('server')
  for (const host of ['localhost', 'redis.test', 'any.redis.test'])
    t.ok(server.checkHost(host), host)
  for (const ip of ['127.0.0.1', '::1']) t.ok(server.checkIP(ip), ip)
  t.notOk(server.checkHost('example.com'))
})

t.test('keys belong to their certificates', async t => {
  const { createPrivateKey } = await import('node:crypto')
  for (const name of [...LONG_LIVED, 'client-expired']) {
    t.ok(certificate(name).checkPrivateKey(createPrivateKey(read(`${name}.key`))), name)
  }
})

t.test('the constants are the files', async t => {
  t.equal(KIT.ca, read('ca.crt'))
  t.equal(KIT.serverCert, read('server.crt'))
  t.equal(KIT.serverKey, read('server.key'))
  t.equal(KIT.clientCert, read('client-default.crt'))
  t.equal(KIT.clientKey, read('client-default.key'))
})
