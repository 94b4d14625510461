// The check values that every catalogue of CRCs gives, and slots that CLUSTER KEYSLOT answers.

import t from 'tap'
import { Crc64, crc16, crc64, keySlot } from '../../src/util/crc.ts'

t.test('crc16', async t => {
  t.equal(crc16(''), 0)
  t.equal(crc16('123456789'), 0x31c3)
})

t.test('crc64', async t => {
  const bytes = Buffer.from('123456789')
  t.equal(crc64(new Uint8Array()), 0n)
  t.equal(crc64(bytes), 0xe9c6d914c4b8d9can)
  const crc = new Crc64()
  crc.add(bytes.subarray(0, 4))
  crc.add(bytes, 4)
  t.equal(crc.value, 0xe9c6d914c4b8d9can)
})

t.test('a hash tag decides the slot', async t => {
  t.equal(keySlot('somekey'), 11_058)
  t.equal(keySlot('foo'), 12_182)
  t.equal(keySlot('foo{hash_tag}'), 2515)
  t.equal(keySlot('bar{hash_tag}'), 2515)
  t.equal(keySlot('{user1000}.following'), keySlot('user1000'))
  t.equal(keySlot('foo{}{bar}'), crc16('foo{}{bar}') % 16_384, 'an empty tag is none')
  t.equal(keySlot('foo{{bar}}zap'), keySlot('{bar'))
  t.equal(keySlot('foo{bar}{zap}'), keySlot('bar'))
  t.equal(keySlot('foo{bar'), crc16('foo{bar') % 16_384, 'an open tag is none')
})
