// Directives that whoever composes a server hands in: they are read, counted, finished and rewritten
// as redis-server's own are.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Directive, DirectiveKind, DirectiveReader } from '../../src/host/config/directives.ts'
import { ConfigError } from '../../src/host/config/parameter.ts'
import { createServer } from '../../src/redis.ts'
import { startServer } from '../helpers/server.ts'

class Watched implements DirectiveReader {
  readonly lines: Directive[] = []
  users = 0

  take(words: Directive): void {
    if (words[1] === 'nobody') throw new ConfigError('nobody is to be watched')
    this.lines.push(words)
  }

  finish({ users }: Parameters<NonNullable<DirectiveReader['finish']>>[0]): void {
    this.users = users.size
  }
}

function watchOver(readers: Watched[]): [string, DirectiveKind] {
  const kind: DirectiveKind = {
    least: 2,
    most: 3,
    reader: () => {
      const reader = new Watched()
      readers.push(reader)
      return reader
    },
    rewrite: () => [{ line: 'watch-over c', isNeeded: true }],
  }
  return ['watch-over', kind]
}

t.test('a further directive is taken in its place, by a reader of each start', async t => {
  const readers: Watched[] = []
  const directives = new Map([watchOver(readers)])
  const config = [
    ['watch-over', 'a'],
    ['user', 'alice', 'on'],
    ['Watch-Over', 'b', '1'],
  ]
  for (let i = 0; i < 2; i++) createServer({ directives, config }).close()
  t.equal(readers.length, 2)
  for (const { lines, users } of readers) {
    t.strictSame(lines, [
      ['watch-over', 'a'],
      ['Watch-Over', 'b', '1'],
    ])
    t.equal(users, 2, 'the users of the configuration were there when it was finished')
  }
})

t.test('what is wrong with one stops the start', async t => {
  const directives = new Map([watchOver([])])
  const start = (...words: readonly string[]) => createServer({ directives, config: [words] })
  const bad = new ConfigError('Bad directive or wrong number of arguments')
  t.throws(() => start('watch-over'), bad)
  t.throws(() => start('watch-over', 'a', 'b', 'c'), bad)
  t.throws(() => start('watch-over', 'nobody'), new ConfigError('nobody is to be watched'))
  t.throws(() => createServer({ config: [['watch-over', 'a']] }), bad, 'nobody handed it in')
  for (const name of ['constructor', '__proto__', '']) t.throws(() => start(name, 'a'), bad)
})

t.test('CONFIG REWRITE keeps its lines and gives it new ones', async t => {
  const file = path.join(t.testdir({}), 'redis.conf')
  fs.writeFileSync(file, 'watch-over a\n# here\nwatch-over b\nrename-command GET FETCH\n')
  const redis = await startServer({ configFile: file, directives: new Map([watchOver([])]) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  t.equal(await wire.ask('CONFIG', 'REWRITE'), '+OK')
  t.match(fs.readFileSync(file, 'latin1'), /^watch-over c\n# here\n\nrename-command GET FETCH\n/)
})
