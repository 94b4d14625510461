import t from 'tap'
import { Compressor, compress, decompress } from '../../src/persistence/lzf.ts'
import { SeededRandom } from '../../src/util/random.ts'

t.test('what was compressed comes back', async t => {
  const random = new SeededRandom(1)
  let compressed = 0
  for (let i = 0; i < 400; i++) {
    const length = 21 + random.below(i % 10 === 0 ? 20_000 : 500)
    const alphabet = 1 + random.below(20)
    const bytes = Buffer.from(Array.from({ length }, () => random.below(256) % alphabet))
    const short = compress(bytes, length - 4)
    if (short === undefined) continue
    compressed++
    t.ok(short.length <= length - 4)
    if (Buffer.compare(decompress(short, length) ?? Buffer.alloc(0), bytes) !== 0) {
      t.fail(`run ${i}: ${Buffer.from(bytes).toString('hex')}`)
    }
  }
  t.ok(compressed > 100, `${compressed} of 400 were compressed`)
})

t.test('what was compressed before makes no difference', async t => {
  const random = new SeededRandom(2)
  const compressor = new Compressor()
  for (let i = 0; i < 300; i++) {
    const length = random.below(i % 10 === 0 ? 20_000 : 500)
    const bytes = Buffer.from(Array.from({ length }, () => random.below(5)))
    const short = compressor.compress(bytes, length - 4)
    t.strictSame(short, compress(bytes, length - 4), `run ${i}, ${length} bytes`)
  }
})

t.test('what has no repetition is left alone', async t => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  t.equal(compress(bytes, bytes.length - 4), undefined)
  t.equal(compress(Buffer.alloc(0), 10), undefined)
  t.equal(compress(Buffer.alloc(100), 0), undefined)
})

t.test('anything but well-formed bytes of exactly that length is refused', async t => {
  const bytes = Buffer.from('abcabcabcabcabcabcabcabc')
  const short = Buffer.from(compress(bytes, bytes.length - 4) ?? [])
  t.strictSame(decompress(short, bytes.length), bytes)
  t.equal(decompress(short, bytes.length - 1), undefined)
  t.equal(decompress(short, bytes.length + 1), undefined)
  for (let end = 1; end < short.length; end++) {
    t.equal(decompress(short.subarray(0, end), bytes.length), undefined, `${end} bytes`)
  }
  t.equal(decompress(Buffer.of(0x20, 0), 3), undefined, 'a reference to what is not there')
  t.equal(decompress(Buffer.of(0, 97, 0xff, 0xff, 0xff), 264), undefined)
  t.equal(decompress(Buffer.of(0, 97), 2 ** 40), undefined, 'a length that only claims to be')
})
