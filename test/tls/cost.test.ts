// What an ordinary server pays for the lab: nothing, for it never loads it, and TLS without a
// profile goes the way that it went before there were profiles.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const src = fileURLToPath(new URL('../../src', import.meta.url))

/** Every file that is loaded with this one; import() waits until it is called, types are gone. */
function loadedWith(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found
  found.add(entry)
  const text = fs.readFileSync(path.join(src, entry), 'utf8')
  const imports = /^(?:import|export) (?!type )[^']*? ?from '(\.[^']+)'/gm
  for (const [, target = ''] of text.matchAll(imports)) {
    loadedWith(path.join(path.dirname(entry), target), found)
  }
  return found
}

t.test('the program as a server loads nothing of testing/', async t => {
  const loaded = [...loadedWith('cli/run.ts')]
  t.ok(loaded.length > 100, 'the server itself is found')
  t.strictSame(
    loaded.filter(file => file.startsWith('testing')),
    [],
  )
})

t.test('startRedis() loads no profile, and no library for certificates', async t => {
  const loaded = [...loadedWith('index.ts')]
  for (const file of ['lab', 'profiles', 'effects', 'wire', 'check', 'explain/connection']) {
    t.notOk(loaded.includes(`testing/tls/${file}.ts`), file)
  }
  const texts = loaded.map(file => fs.readFileSync(path.join(src, file), 'utf8'))
  const eager = /^import (?!type )[^']*'(?:@peculiar\/x509|asn1js|reflect-metadata)'/m
  t.strictSame(
    loaded.filter((_, i) => eager.test(texts[i] ?? '')),
    [],
  )
})
