// What somebody meets who does not know the program: its help, and what it says of slips.

import t from 'tap'
import { COMMANDS, SERVER_OPTIONS } from '../../src/cli/commands.ts'
import { VERSION } from '../../src/version.ts'
import { cli, startRunner } from '../helpers/cli.ts'

// Each start of the program costs a second or more where the machine is busy.
t.setTimeout(120_000)

const { run, stop } = startRunner()
t.teardown(stop)

async function said(...words: readonly string[]): Promise<readonly [code: number, said: string]> {
  const ended = await run(...words)
  return [ended.code, String(ended.said)]
}

t.test('--help lists all that there is, on standard output', async t => {
  const { status, stdout, stderr } = await cli(['--help'])
  t.match([status, stderr], [0, ''])
  const lines = stdout.split('\n')
  for (const { name, what } of [...COMMANDS, ...SERVER_OPTIONS]) {
    const line = lines.find(one => one.startsWith(`  ${name} `))
    t.ok(line?.endsWith(`  ${what}`), name)
  }
  t.match(stdout, `redis-tls-mock ${VERSION}`)
  t.strictSame(await said('-h'), [0, stdout])
  t.strictSame(await said('help'), [0, stdout])
  t.strictSame(await said('help', '--help'), [0, stdout])
})

t.test('each command has help, by either way of asking', async t => {
  for (const { name } of COMMANDS.filter(command => command.name !== 'help')) {
    const words = name.split(' ')
    const [code, text] = await said(...words, '--help')
    t.equal(code, 0, name)
    t.ok(text.startsWith(`Usage: redis-tls-mock ${name}`), name)
    t.strictSame(await said('help', ...words), [0, text], name)
  }
})

t.test('a group lists its commands', async t => {
  for (const words of [['acl'], ['acl', '--help'], ['acl', 'help'], ['help', 'acl']]) {
    const [code, text] = await said(...words)
    t.equal(code, 0)
    for (const name of ['explain', 'lint', 'test', 'matrix', 'diff', 'learn', 'repl']) {
      t.match(text, new RegExp(`^.{6} redis-tls-mock acl ${name} .*  [a-z]`, 'm'))
    }
  }
})

t.test('version', async t => {
  const [code, text] = await said('version')
  t.equal(code, 0)
  t.match(text, new RegExp(`^Redis server v=7[.]4[.]1 .*\nredis-tls-mock ${VERSION}\n$`))
  for (const word of ['-v', '--version']) t.strictSame(await said(word), [0, text])
})

const slips: readonly (readonly [words: string, said: string])[] = [
  ['alc lint', "There is no command 'alc'. Did you mean 'acl'? See redis-tls-mock --help"],
  ['lint users.acl', "There is no command 'lint'. Did you mean 'acl lint'?"],
  ['exce -- true', "There is no command 'exce'. Did you mean 'exec'?"],
  ['start', "There is no command 'start'. "],
  ['help lnit', "There is no command 'lnit'. Did you mean 'acl lint'?"],
  ['acl lnit', "There is no 'acl lnit'. Did you mean 'acl lint'? There are: explain, lint,"],
  ['acl zzz', "There is no 'acl zzz'. There are: explain, lint,"],
  ['tls chekc -- true', "There is no 'tls chekc'. Did you mean 'tls check'?"],
  ['acl lint --reportr=json a.acl', "Unknown option '--reportr'. Did you mean '--reporter'?"],
  ['certs --hots a', "Unknown option '--hots'. Did you mean '--host'?"],
  ['certs --zzz', "Unknown option '--zzz'. See --help"],
  ['--tls-profile expierd', "There is no TLS profile 'expierd'"],
  ['--tls-profile', '--tls-profile wants a value'],
  ['--tls-profile valid --tls-host a/b', "'a/b' is neither a host name nor an address"],
  ['tls check --host a/b -- true', "'a/b' is neither a host name nor an address"],
  ['--ready-file --json', '--ready-file wants a value'],
  ['--tls-profile valid nosuch', "There is no command 'nosuch'."],
]

t.test('slips are told, with what may have been meant', async t => {
  for (const [words, text] of slips) {
    const [code, all] = await said(...words.split(' '))
    t.equal(code, 2, words)
    t.ok(all.includes(text), `${words}: ${all}`)
  }
})

t.test('what may be a redis.conf is one', async t => {
  const folder = t.testdir({ settings: 'bogus 1\n', acl: 'bogus 1\n' })
  const missing = await cli(['./nosuch'], { cwd: folder })
  t.match(
    [missing.status, missing.stdout],
    [1, "Fatal error, can't open config file './nosuch': No such file or directory"],
  )
  for (const file of ['settings', './acl']) {
    const { status, stderr } = await cli([file], { cwd: folder })
    t.match([status, stderr], [1, '*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***'])
  }
})

t.test('a directive that there is not is refused as by Redis, and one line is added', async t => {
  const refused = (line: number, text: string): string =>
    `\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\nReading the configuration file, at line ${line}\n` +
    `>>> '${text}'\nBad directive or wrong number of arguments\n`
  for (const [words, text, hint] of [
    [['--maxmemry', '1'], 'maxmemry "1"', "Did you mean 'maxmemory'?\n"],
    [['--tls-profil', 'valid'], 'tls-profil "valid"', "Did you mean 'tls-profile'?\n"],
    [['--zzzzzz', '1'], 'zzzzzz "1"', ''],
  ] as const) {
    const { status, stderr } = await cli(words)
    t.strictSame([status, stderr], [1, `${refused(2, text)}${hint}`])
  }
})
