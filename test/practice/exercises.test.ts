// The exercises: a right answer passes, and no wrong one does, among them those that people give.

import t from 'tap'
import { Users } from '../../src/acl/users.ts'
import { readPolicy } from '../../src/policy/conf-policy.ts'
import { usersOf } from '../../src/policy/policy.ts'
import { EXERCISES, grade } from '../../src/practice/exercises.ts'
import { CATALOGUE } from '../../src/table/redis.ts'

/** By exercise: right answers, and wrong ones, each as the words of ACL SETUSER. */
const ANSWERS: Readonly<Record<string, { right: string[][]; wrong: string[][] }>> = {
  reader: {
    right: [['reader %R~cache:* +get +mget'], ['reader on >x ~cache:* +mget +get']],
    wrong: [['reader ~cache:* +get'], ['reader ~cache* +get +mget'], ['reader ~cache:* +@read']],
  },
  'no-sessions': {
    right: [['web resetkeys %R~cache:* %R~page:*'], ['web reset ~page:* ~cache:* +get']],
    wrong: [
      ['web resetkeys ~cache:* ~page:* ~session:*'],
      ['web resetkeys ~*e:* +get'],
      ['web resetkeys ~cache:*'],
      ['web resetkeys ~cache:* ~page:* +set'],
    ],
  },
  copy: {
    right: [['archiver %R~live:* %W~archive:* +copy']],
    wrong: [
      ['archiver ~live:* ~archive:* +copy'],
      ['archiver %W~live:* %R~archive:* +copy'],
      ['archiver %R~live:* ~archive:* +copy'],
      ['archiver %R~live:* %W~archive:* +@all'],
    ],
  },
  categories: {
    right: [['analyst %R~stats:* +@read -@dangerous'], ['analyst ~stats:* +@read -@dangerous']],
    wrong: [
      ['analyst ~stats:* -@dangerous +@read'],
      ['analyst ~stats:* +@read -keys'],
      ['analyst ~stats:* +get +hgetall +zrange'],
      ['analyst ~* +@read -@dangerous'],
    ],
  },
  subcommands: {
    right: [['probe +ping +info +client|list +config|get']],
    wrong: [
      ['probe +ping +info +client +config|get'],
      ['probe +ping +info +client|list +config|get +config|set'],
      ['probe +ping +info +client +config -client|kill -config|set'],
      ['probe ~* +@admin'],
    ],
  },
  'all-but': {
    right: [
      ['app ~* &* +@all -@admin -@dangerous'],
      ['app allkeys allchannels +@all -@dangerous -@admin'],
    ],
    wrong: [
      ['app ~* &* -@admin -@dangerous +@all'],
      ['app ~* &* +@all -@admin'],
      ['app ~* +@all -@admin -@dangerous'],
      ['app ~* &* +@all -@dangerous +info -@admin'],
    ],
  },
  channels: {
    right: [['listener &news.* +subscribe', 'speaker &news.sport +publish']],
    wrong: [
      ['listener ~news.* +subscribe', 'speaker ~news.sport +publish'],
      ['listener &news* +subscribe', 'speaker &news.sport +publish'],
      ['listener &news.* +subscribe', 'speaker &news.* +publish'],
      ['listener &news.* +@pubsub', 'speaker &news.sport +@pubsub'],
    ],
  },
  'pattern-subscribe': {
    right: [['feed &log.* +psubscribe +punsubscribe']],
    wrong: [
      ['feed &* +psubscribe +punsubscribe'],
      ['feed &log.* &log.a* +psubscribe +punsubscribe'],
      ['feed &log.* +psubscribe'],
      ['feed &log.* +psubscribe +punsubscribe +subscribe'],
    ],
  },
  selectors: {
    right: [['counter ~hits:* +incr (%R~conf:* +get)'], ['counter (~hits:* +incr) (~conf:* +get)']],
    wrong: [
      ['counter ~hits:* +incr ~conf:* +get'],
      ['counter ~hits:* %R~conf:* +incr +get'],
      ['counter ~hits:* +incr (~conf:* ~hits:* +get)'],
      ['counter (~hits:* +incr)'],
    ],
  },
  escape: {
    right: [['prices ~price\\[eur\\] +get +set'], ['prices ~price\\[eur] +set +get']],
    wrong: [
      ['prices ~price[eur] +get +set'],
      ['prices ~price* +get +set'],
      ['prices ~price?eur? +get +set'],
      ['prices %R~price\\[eur\\] +get +set'],
    ],
  },
  script: {
    right: [['limiter ~rate:* +eval +evalsha +incr +expire']],
    wrong: [
      ['limiter ~rate:* +eval +evalsha'],
      ['limiter ~rate:* +@scripting +incr +expire'],
      ['limiter %R~rate:* +eval +evalsha +incr +expire'],
      ['limiter ~* +eval +evalsha +incr +expire'],
    ],
  },
  rotate: {
    right: [['svc >autumn <spring'], ['svc resetpass >autumn']],
    wrong: [
      ['svc >autumn'],
      ['svc resetpass nopass'],
      ['svc <spring'],
      ['svc reset >autumn ~svc:* +get'],
    ],
  },
  'default-off': {
    right: [['admin on >castle ~* &* +@all', 'default off']],
    wrong: [
      ['admin >castle ~* &* +@all', 'default off'],
      ['admin on >castle ~* &* +@all', 'default resetpass'],
      ['admin on >castle ~* +@all', 'default off'],
      ['admin on nopass ~* &* +@all', 'default off'],
      ['admin on >castle ~* &* +@all -debug', 'default off'],
    ],
  },
}

t.strictSame(
  Object.keys(ANSWERS),
  EXERCISES.map(({ id }) => id),
  'every exercise has answers',
)

for (const exercise of EXERCISES) {
  t.test(`${exercise.id}: ${exercise.title}`, async t => {
    const { right = [], wrong = [] } = ANSWERS[exercise.id] ?? {}
    t.ok(wrong.length >= 3)
    t.notOk(gradeOf([]), 'what is there at the beginning is no answer')
    for (const answer of right) {
      t.strictSame(faultsOf(answer), [], `right: ${answer.join('; ')}`)
    }
    for (const answer of wrong) t.notOk(gradeOf(answer), `wrong: ${answer.join('; ')}`)

    function graded(answer: readonly string[]) {
      const users = new Users(CATALOGUE)
      for (const user of usersOf(readPolicy(exercise.start.join('\n'), { kind: 'acl' })).values()) {
        users.setuser(user.name, ['reset'])
        users.get(user.name)?.become(user)
      }
      for (const line of answer) {
        const [name = '', ...words] = line.split(/ (?![^(]*\))/)
        const { failure } = users.setuser(name, words)
        if (failure !== undefined) throw new Error(failure.text)
      }
      return grade(exercise, new Map(users.list().map(user => [user.name, user])))
    }
    function gradeOf(answer: readonly string[]): boolean {
      return graded(answer).passed
    }
    function faultsOf(answer: readonly string[]) {
      return graded(answer).checks.flatMap(({ fault }) => fault ?? [])
    }
  })
}
