// Random ACL files and redis.conf, made by mistakes of those that people publish: what the tools
// say of them is what a server makes of them at its start. It starts or not, with these users, who
// have these rights, and these commands have other names.
//
// Not judged, since it depends on the machine: whether the folder of `dir` is there, what was
// compiled in (activedefrag), locales, log files that cannot be written, and modules. Nor is what a
// server of ours cannot do, since policies are for Redis.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { POLICY_FILES } from '../../src/cli/conf-file.ts'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { lint } from '../../src/policy/lint.ts'
import { type Policy, usersOf } from '../../src/policy/policy.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { NO_REAL_SERVER, realIsAtLeast } from '../helpers/real.ts'
import { type Start, startOurs, startTheirs, writeFiles } from '../helpers/starts.ts'
import { mistaken, type PolicyScene, publishedScene } from './policy-forms.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const SCENES = Number(process.env['SCENES'] ?? (process.env['TEST_LONG'] ? 200_000 : 1500))
const REAL_SCENES = process.env['TEST_LONG'] ? 2000 : 200
const NO_REAL = NO_REAL_SERVER || (!realIsAtLeast(7, 4) && 'the real server is older than 7.4')

t.setTimeout(SCENES > 1500 ? 3_600_000 : 110_000)

const corpus = new Corpus<PolicyScene>('policies')

const OF_THE_MACHINE =
  />>> '["']?(?:dir|activedefrag|locale-collate|logfile)\b|Can't open the log file|Can't chdir|Can't load module/i

const OF_OURS = /This server does not do what/

/** The scene in an empty folder. */
function folderWith(t: { testdir(): string }): (scene: PolicyScene) => string {
  const folder = t.testdir()
  return scene => {
    for (const name of fs.readdirSync(folder)) {
      fs.rmSync(path.join(folder, name), { recursive: true })
    }
    return writeFiles(folder, scene)
  }
}

function policyIn(file: string): Policy {
  return readPolicy(fs.readFileSync(file, 'latin1'), { kind: 'conf', files: POLICY_FILES })
}

const REFUSED = new Set(['refused', 'duplicate-user', 'users-and-aclfile'])

/** What the tools say differs from the start; undefined if nothing does. */
function difference(file: string, start: Start): string | undefined {
  if ('said' in start && (OF_THE_MACHINE.test(start.said) || OF_OURS.test(start.said))) {
    return undefined
  }
  const policy = policyIn(file)
  const [problem] = policy.problems
  const isRefused = lint(policy, { level: 'error' }).some(({ id }) => REFUSED.has(id))
  if ('said' in start) {
    if (problem === undefined) return `no problem was found: ${start.said}`
    return isRefused ? undefined : 'lint says nothing of it'
  }
  if (problem !== undefined) return `a problem was found: ${JSON.stringify(problem)}`
  if (isRefused) return 'lint says that it is refused'
  const users = [...usersOf(policy).values()].map(({ name, text }) => `user ${name} ${text}`)
  const [ours, theirs] = [users.sort().join('\n'), [...start.users].sort().join('\n')]
  return ours === theirs ? undefined : `${ours}\nis not\n${theirs}`
}

t.test('what the tools say is what a server of ours does', { timeout: 3_600_000 }, t => {
  const inFolder = folderWith(t)
  for (const { file, input } of corpus.specimens()) {
    const conf = inFolder(input)
    t.equal(difference(conf, startOurs(conf)), undefined, file)
  }
  const random = new SeededRandom(SEED)
  let [differences, started] = [0, 0]
  for (let i = 0; i < SCENES && differences < 10; i++) {
    const scene = mistaken(publishedScene(random), random)
    const file = inFolder(scene)
    const start = startOurs(file)
    if ('users' in start) started++
    const found = difference(file, start)
    if (found === undefined) continue
    differences++
    t.fail(`scene ${i}: ${found}: ${corpus.keep(found.slice(0, 200), scene)}`)
  }
  t.equal(differences, 0)
  t.ok(started > SCENES / 10 && started < SCENES * 0.9, `${started} of ${SCENES} started`)
  t.end()
})

/** Who may be asked for ACL LIST, whatever the others are. */
const PROBE = '\nuser probe on nopass ~* &* +@all\n'

t.test('and what a real one does', { skip: NO_REAL, timeout: 3_600_000 }, async t => {
  const inFolder = folderWith(t)
  const random = new SeededRandom(SEED + 1)
  let started = 0
  for (let i = 0; i < REAL_SCENES; i++) {
    const scene = mistaken(publishedScene(random), random)
    const file = inFolder(scene)
    const { isAclFileRead } = policyIn(file)
    fs.appendFileSync(isAclFileRead ? path.join(path.dirname(file), 'users.acl') : file, PROBE)
    const start = await startTheirs(file, ['probe', ''])
    if ('users' in start) started++
    const found = difference(file, start)
    const kept = found === undefined ? '' : corpus.keep(found.slice(0, 200), scene)
    t.equal(found, undefined, `scene ${i} ${kept}`)
  }
  t.ok(started > REAL_SCENES / 10, `${started} of ${REAL_SCENES} started`)
})
