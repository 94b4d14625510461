// learn(): what becomes a pattern and what stays as it is, which rights, and that nothing is spare.

import t from 'tap'
import { explain, learn } from '../../src/index.ts'
import { Learner } from '../../src/tools/learn.ts'

function rulesFor(...lines: readonly string[]): string {
  const calls = lines.map(line => ({ user: 'app', words: line.split(' ') }))
  const [user] = learn(calls).users
  return user?.rules.map(({ rule }) => rule).join(' ') ?? ''
}

const CASES: readonly (readonly [what: string, calls: readonly string[], rules: string])[] = [
  ['numbers that differ', ['GET user:1', 'GET user:22'], '%R~user:* +get'],
  ['one name alone stays', ['GET user:1'], '%R~user:1 +get'],
  ['an id that never differs stays', ['GET a:1:b:2', 'GET a:1:b:3'], '%R~a:1:b:* +get'],
  ['plain words stay', ['GET user:ann', 'GET user:bob'], '%R~user:ann %R~user:bob +get'],
  ['the first word stays', ['GET 1:x', 'GET 2:x'], '%R~1:x %R~2:x +get'],
  [
    'UUIDs and braces',
    [
      'GET {u:0f8fad5b-d9cb-469f-a165-70867728950e}:x',
      'GET {u:7c9e6679-7425-40de-944b-e07fc1f90ae7}:x',
    ],
    '%R~{u:*}:x +get',
  ],
  [
    'random words with dashes in them',
    ['GET sess:aB3xYz_9KLmn-PqRsT12', 'GET sess:Z-3xYz_9KL_mn-PqRsTuv'],
    '%R~sess:* +get',
  ],
  ['glob characters are escaped', ['GET a[1]*?'], '%R~a\\[1]\\*\\? +get'],
  [
    'reading and writing apart',
    ['GET conf', 'SET log:x 1', 'INCR n'],
    '%R~conf %W~log:x ~n +get +incr +set',
  ],
  ['COPY reads one and writes the other', ['COPY a b'], '%R~a %W~b +copy'],
  ['a wider pattern takes in the others', ['GET q:1', 'GET q:2', 'GET q:meta'], '%R~q:* +get'],
  ['nothing for HELLO, AUTH, QUIT', ['HELLO 3', 'AUTH a b', 'QUIT', 'PING'], '+ping'],
  ['subcommands', ['CLIENT SETINFO lib-name x', 'CONFIG GET x'], '+client|setinfo +config|get'],
  ['a container gives its own', ['COMMAND', 'COMMAND DOCS'], '+command'],
  ['channels', ['PUBLISH job:1 x', 'PUBLISH job:2 x'], '&job:* +publish'],
  ['patterns of PSUBSCRIBE to the letter', ['PSUBSCRIBE job:[1]*'], '&job:[1]* +psubscribe'],
  ['SORT with GET', ['SORT l BY w_* GET #'], '%R~* +sort'],
]

for (const [what, calls, rules] of CASES) {
  t.test(what, async t => {
    t.equal(rulesFor(...calls), rules)
    for (const line of calls) t.ok(explain({ rules }, line.split(' ')).allowed, line)
  })
}

const RUNS: readonly (readonly [
  what: string,
  runs: readonly (readonly string[])[],
  rules: string,
])[] = [
  [
    'what is another word in each run',
    [['SET lock-k3x9q2:held 1'], ['SET lock-aa:held 1']],
    '%W~lock-*:held +set',
  ],
  [
    'a number that came once',
    [['GET worker:17:beat'], ['GET worker:18:beat']],
    '%R~worker:*:beat +get',
  ],
  ['a word behind letters', [['GET jobk3x9q2'], ['GET job7w1']], '%R~job* +get'],
  ['several words, drawn at random', [['GET a:k3x9:q7w2'], ['GET a:m1n2:p3r4']], '%R~a:*:* +get'],
  [
    'names that have too little in common',
    [['GET a:one:two'], ['GET a:three:four']],
    '%R~a:three:four %R~a:one:two +get',
  ],
  [
    'what is the same in both stays',
    [
      ['GET a:1', 'GET b:x'],
      ['GET a:1', 'GET b:x'],
    ],
    '%R~a:1 %R~b:x +get',
  ],
  [
    'ids within a word that differs',
    [
      ['GET tmp-k3x9:1', 'GET tmp-k3x9:2'],
      ['GET tmp-m1n2:1', 'GET tmp-m1n2:1'],
    ],
    '%R~tmp-*:* +get',
  ],
  ['channels as well', [['PUBLISH to@k3x9 x'], ['PUBLISH to@m1n2 x']], '&to@* +publish'],
  ['no star at the beginning', [['GET k3x9:a'], ['GET m1n2:a']], '%R~k3x9:a %R~m1n2:a +get'],
]

for (const [what, runs, rules] of RUNS) {
  t.test(`several runs: ${what}`, async t => {
    const learner = new Learner()
    for (const [i, lines] of runs.entries()) {
      if (i > 0) learner.nextRun()
      for (const line of lines) learner.add({ user: 'app', words: line.split(' ') })
    }
    const [user] = learner.result().users
    t.strictSame(user?.rules.map(({ rule }) => rule).sort(), rules.split(' ').sort())
    for (const line of runs.flat()) t.ok(explain({ rules }, line.split(' ')).allowed, line)
  })
}

t.test('lone words that look like ids are named', async t => {
  const notesOf = (...lines: readonly string[]): string =>
    learn(lines.map(line => ({ user: 'app', words: line.split(' ') })))
      .users.flatMap(({ notes }) => notes)
      .join('\n')
  const notes = notesOf('SET worker:17:beat 1', 'SET lock-k3x9q2:held 1', 'GET conf:app')
  t.match(notes, /'17' in worker:17:beat/)
  t.match(notes, /'k3x9q2' in lock-k3x9q2:held/)
  t.match(notes, /--pattern '(worker:\*:beat|lock-\*:held)'/)
  t.match(notesOf('PUBLISH to@0f8fad5b-d9cb-469f-a165-70867728950e x'), /--pattern 'to@\*'/)
  t.equal(notesOf('GET conf:app', 'GET user:sha256:main', 'GET u:1', 'GET u:2'), '')
})

t.test('each rule has its evidence, and a call that is denied without it', async t => {
  const calls = ['GET user:1', 'GET user:2', 'MGET user:1 user:3'].map(line => ({
    user: 'app',
    words: line.split(' '),
  }))
  const [rule] = learn(calls).users[0]?.rules ?? []
  t.match(rule, {
    rule: '%R~user:*',
    calls: 3,
    commands: ['get', 'mget'],
    seen: ['user:1', 'user:2', 'user:3'],
    count: 3,
    neededBy: 'GET user:1',
    denial: "User app has no permissions to access the 'user:1' key",
  })
})

t.test('users are told apart; refused and unknown calls are left out', async t => {
  const { users, leftOut } = learn([
    { user: 'ann', words: ['GET', 'a'] },
    { user: 'bob', words: ['SET', 'b', '1'] },
    { user: 'bob', words: ['FLUSHALL'], error: 'NOPERM no' },
    { user: 'bob', words: ['FETCH', 'x'] },
  ])
  t.strictSame(
    users.map(({ line }) => line),
    ['user ann on resetchannels %R~a +get', 'user bob on resetchannels %W~b +set'],
  )
  t.strictSame(
    leftOut.map(({ command }) => command),
    ['FLUSHALL', 'FETCH'],
  )
})

t.test('words that are ids are named, or guessed at in a note', async t => {
  const calls = ['ann', 'bob', 'cid'].map(name => ({ user: 'app', words: ['GET', `u:${name}`] }))
  t.match(learn(calls).users[0]?.notes.join(), /--pattern 'u:\*'/)
  const [user] = learn(calls, { patterns: ['u:*'] }).users
  t.equal(user?.line, 'user app on resetchannels %R~u:* +get')
})
