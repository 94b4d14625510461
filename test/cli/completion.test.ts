// What shells and `man` are told of the program: all that there is, and in a real bash, the right
// words at the right places.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { manual } from '../../scripts/manual.ts'
import { COMMANDS, SERVER_OPTIONS } from '../../src/cli/commands.ts'
import { allCommands } from '../../src/cli/subcommands.ts'
import { PROFILES } from '../../src/testing/tls/profiles.ts'
import { startRunner } from '../helpers/cli.ts'

t.setTimeout(120_000)

const { run, stop } = startRunner()
t.teardown(stop)

async function scriptFor(shell: string): Promise<string> {
  const { code, said } = await run('completion', shell)
  t.equal(code, 0, String(said).slice(0, 200))
  return String(said)
}

/** Whether a program is there; of zsh and fish, which check a script without running it, too. */
function has(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}

const folder = t.testdir({ 'users.acl': '', 'redis.conf': '', tls: {} })
const names = COMMANDS.map(({ name }) => name)
const members = (group: string): string[] =>
  names.filter(name => name.startsWith(`${group} `)).map(name => name.slice(group.length + 1))
const firsts = [...new Set(names.map(name => name.split(' ')[0] ?? ''))]
const profiles = PROFILES.map(({ name }) => name)

/** What has to be offered, all of it or among other things. */
const lines: readonly (readonly [line: string[], all: readonly string[], some?: 'some'])[] = [
  [[''], firsts],
  [['ac'], ['acl']],
  [['acl', ''], members('acl')],
  [
    ['acl', 'l'],
    ['lint', 'learn'],
  ],
  [['tls', 'ch'], ['check']],
  [['help', 'cer'], ['certs']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['redi'], ['redis.conf']],
  [
    ['acl', 'lint', ''],
    ['redis.conf', 'tls', 'users.acl'],
  ],
  [['acl', 'lint', '--le'], ['--level']],
  [
    ['acl', 'lint', '--level', ''],
    ['error', 'warning', 'note'],
  ],
  [['acl', 'lint', '--reporter', 'ju'], ['junit']],
  [['acl', 'lint', '--reporter', '=', 'ju'], ['junit']],
  [['acl', 'diff', '--from', ''], ['7.4'], 'some'],
  [['tls', 'check', '--profiles', 'expi'], ['expired']],
  [['tls', 'check', '--profiles', 'valid,expi'], ['valid,expired']],
  [['--tls-profile', ''], profiles],
  [['exec', '--tls-profile', 'expir'], ['expired']],
  [['--'], SERVER_OPTIONS.map(({ name }) => name), 'some'],
  [['--maxmemory-pol'], ['--maxmemory-policy']],
  [['redis.conf', '--ready'], ['--ready-file']],
  [['--port', ''], ['auto']],
  [['certs', '--out', ''], ['tls']],
  [['certs', '--for'], ['--force']],
  [['certs', ''], []],
  [['exec', '--', 'node', '--l'], []],
]

t.test('bash', { skip: !has('bash') && 'no bash' }, async t => {
  const script = await scriptFor('bash')
  const asked = lines.map(([line]) => {
    const words = ['redis-tls-mock', ...line].map(word => `'${word}'`).join(' ')
    return `COMP_WORDS=(${words}); COMP_CWORD=${line.length}; _redis_tls_mock; echo "\${COMPREPLY[*]}"`
  })
  const { stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '-u', '-c', `${script}\n${asked.join('\n')}`],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  t.equal(stderr, '')
  const said = stdout.split('\n')
  for (const [i, [line, expected, some]] of lines.entries()) {
    const offered = (said[i] ?? '').split(' ').filter(word => word !== '')
    const found = some ? offered.filter(word => expected.includes(word)) : offered
    t.strictSame([...new Set(found)].sort(), [...expected].sort(), line.join(' '))
  }
})

for (const shell of ['zsh', 'fish']) {
  t.test(`${shell}: every command and option is in it`, async t => {
    const script = await scriptFor(shell)
    for (const { name, what, options } of await allCommands()) {
      t.ok(script.includes(what.replaceAll("'", "'\\''")), name)
      for (const option of Object.keys(options)) {
        t.match(script, new RegExp(`(--|-l )${option}\\b`), `${name} --${option}`)
      }
    }
    for (const profile of profiles) t.ok(script.includes(profile), profile)
  })

  t.test(`${shell} can read it`, { skip: !has(shell) && `no ${shell}` }, async t => {
    const file = path.join(folder, `completion.${shell}`)
    fs.writeFileSync(file, await scriptFor(shell))
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    t.strictSame([status, stderr], [0, ''])
  })
}

t.test('another shell is refused', async t => {
  for (const words of [[], ['tcsh'], ['bash', 'zsh']]) {
    const { code, said } = await run('completion', ...words)
    t.match([code, String(said)], [2, 'Which shell? One of bash, zsh, fish'])
  }
})

const root = new URL('../../', import.meta.url)
const { man } = JSON.parse(fs.readFileSync(new URL('package.json', root), 'utf8'))

t.test('the manual page is as the program is, and names every command and option', async t => {
  const page = fs.readFileSync(new URL(man, root), 'utf8')
  t.equal(page, await manual(), 'npm run readme')
  const text = page.replaceAll('\\-', '-')
  for (const { name, usage, options } of await allCommands()) {
    t.ok(text.includes(`\n.SS ${`${name} ${usage}`.trimEnd()}\n`), name)
    for (const [option, { what }] of Object.entries(options)) {
      if (what !== undefined) t.ok(text.includes(`\\fB--${option}\\fR`), `${name} --${option}`)
    }
  }
})

t.test('man can read it', { skip: !has('groff') && 'no groff' }, async t => {
  const page = new URL(man, root).pathname
  const words = ['-man', '-Tascii', '-ww', '-z', page]
  const { status, stderr } = spawnSync('groff', words, { encoding: 'utf8' })
  t.strictSame([status, stderr], [0, ''])
})
