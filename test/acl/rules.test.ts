// The rule language: what every word does to the canonical form, and what is refused with which
// sentence. The expected lines are those of Redis 7.4.1.

import t from 'tap'
import { CATEGORIES, categoryBit, categoryNames } from '../../src/acl/category.ts'
import { Users } from '../../src/acl/users.ts'
import { catalog } from './catalog.ts'

/** The user's rules after these words, or the failure's sentence. */
function rules(...steps: readonly string[][]): string {
  const users = new Users(catalog)
  for (const words of steps) {
    const { failure } = users.setuser('u', words)
    if (failure !== undefined) return failure.text
  }
  return users.get('u')?.text ?? 'no user'
}

function split(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

const NEW = 'off sanitize-payload'

t.test('categories are bits in the order of ACL CAT', async t => {
  t.equal(CATEGORIES.length, 21)
  t.equal(CATEGORIES[0], 'keyspace')
  t.equal(CATEGORIES[20], 'scripting')
  t.equal(categoryBit('keyspace') | categoryBit('WRITE'), 0b101)
  t.same(categoryNames(0b101), ['keyspace', 'write'])
})

t.test('rules and their canonical form', async t => {
  const cases: [words: string, text: string][] = [
    ['', `${NEW} resetchannels -@all`],
    ['ON NoPass', 'on nopass sanitize-payload resetchannels -@all'],
    ['on off', `${NEW} resetchannels -@all`],
    ['skip-sanitize-payload', 'off skip-sanitize-payload resetchannels -@all'],
    ['skip-sanitize-payload sanitize-payload', `${NEW} resetchannels -@all`],
    ['allkeys allchannels allcommands', `${NEW} ~* &* +@all`],
    ['~* &* +@ALL', `${NEW} ~* &* +@all`],
    ['allkeys resetkeys ~a', `${NEW} ~a resetchannels -@all`],
    ['&* resetchannels &a &b &a', `${NEW} resetchannels &a &b -@all`],
    ['~b ~a ~b', `${NEW} ~b ~a resetchannels -@all`],
    ['%R~a %w~b %rW~c', `${NEW} %R~a %W~b ~c resetchannels -@all`],
    ['%R~a %W~a', `${NEW} ~a resetchannels -@all`],
    ['%RW', `${NEW} ~ resetchannels -@all`],
    ['%R', `${NEW} %R~ resetchannels -@all`],
    ['%RW~* ~x', `${NEW} ~* ~x resetchannels -@all`],
    ['~', `${NEW} ~ resetchannels -@all`],
    ['+@all -@all', `${NEW} resetchannels -@all`],
    ['nocommands +GET', `${NEW} resetchannels -@all +get`],
    ['+@all -@all +@Hash', `${NEW} resetchannels -@all +@hash`],
    ['+Config|Get', `${NEW} resetchannels -@all +config|get`],
    ['+select|0 +SELECT|1', `${NEW} resetchannels -@all +select|0 +select|1`],
    ['+echo|Foo', `${NEW} resetchannels -@all +echo|foo`],
    ['~a (~b +get)', `${NEW} ~a resetchannels -@all (~b resetchannels -@all +get)`],
    ['()', `${NEW} resetchannels -@all (resetchannels -@all)`],
    ['(~a) (~b) clearselectors', `${NEW} resetchannels -@all`],
    ['( ~b  +get )', `${NEW} resetchannels -@all (~b resetchannels -@all +get)`],
  ]
  for (const [words, text] of cases) t.equal(rules(split(words)), text, words)
})

t.test('command rules are kept as typed, the latest of a kind last', async t => {
  const cases: [steps: string[], text: string][] = [
    [['+@all -@hash -@slow +hget', '-@hash'], '+@all -@slow +hget -@hash'],
    [
      ['+client|list +client|list +config|get +config +acl|list -acl'],
      '-@all +client|list +config -acl',
    ],
    [['+hget -hset +hset -hget'], '-@all +hset -hget'],
    [['-@all -@dangerous'], '-@all -@dangerous'],
    [['+select|0 +select|0 +debug|segfault +debug'], '-@all +select|0 +debug'],
    [['+@all -config|set', '+config|set'], '+@all +config|set'],
    [['+get -@string +get'], '-@all -@string +get'],
    [['+get', '+@all'], '+@all'],
  ]
  for (const [steps, text] of cases) {
    const result = rules(...steps.map(split))
    t.equal(result.replace(`${NEW} resetchannels `, ''), text, steps.join(' / '))
  }
})

const UNKNOWN = 'Unknown command or category name in ACL'
const SYNTAX = 'Syntax error'
const AFTER_ALL_KEYS =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have " +
  "any effect. Try 'resetkeys' to start with an empty list of patterns"
const AFTER_ALL_CHANNELS =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not " +
  "have any effect. Try 'resetchannels' to start with an empty list of channels"
const BAD_HASH =
  'The password hash must be exactly 64 characters and contain only lowercase hexadecimal ' +
  'characters'
const NO_PASSWORD = 'The password you are trying to remove from the user does not exist'

t.test('what is refused, and why', async t => {
  const cases: [word: string, message: string, before?: string][] = [
    ['+nosuch', UNKNOWN],
    ['-nosuch', UNKNOWN],
    ['+', UNKNOWN],
    ['+@nosuch', UNKNOWN],
    ['-@', UNKNOWN],
    ['+config|nosuch', UNKNOWN],
    ['-config|nosuch', UNKNOWN],
    ['+nosuch|get', UNKNOWN],
    ['+get|x|y', UNKNOWN],
    ['-get|', UNKNOWN],
    ['-select|0', UNKNOWN],
    ['+get|', SYNTAX],
    ['+config|', SYNTAX],
    ['+config|get|x', 'Allowing first-arg of a subcommand is not supported'],
    ['%', SYNTAX],
    ['%~', SYNTAX],
    ['%~a', SYNTAX],
    ['%RR~a', SYNTAX],
    ['%RWx~a', SYNTAX],
    ['%x~a', SYNTAX],
    ['~a b', SYNTAX],
    ['~a\tb', SYNTAX],
    ['&a\nb', SYNTAX],
    ['@read', SYNTAX],
    ['bogus', SYNTAX],
    [' on', SYNTAX],
    [')', SYNTAX],
    ['~x', AFTER_ALL_KEYS, 'allkeys'],
    ['%~', AFTER_ALL_KEYS, 'allkeys'],
    ['&x', AFTER_ALL_CHANNELS, '&*'],
    ['(~* ~x)', AFTER_ALL_KEYS],
    ['(on)', SYNTAX],
    ['(+nosuch)', UNKNOWN],
    ['#abc', BAD_HASH],
    [`#${'A'.repeat(64)}`, BAD_HASH],
    [`!${'g'.repeat(64)}`, BAD_HASH],
    ['<none', NO_PASSWORD],
    [`!${'a'.repeat(64)}`, NO_PASSWORD],
  ]
  for (const [word, message, before] of cases) {
    const words = before === undefined ? [word] : [before, word]
    t.equal(rules(words), `Error in ACL SETUSER modifier '${word}': ${message}`, word)
  }
})

t.test('words are C strings except in patterns and passwords', async t => {
  t.equal(rules(['on\0zzz']), 'on sanitize-payload resetchannels -@all')
  t.equal(rules(['+get\0zzz']), `${NEW} resetchannels -@all +get`)
  t.equal(rules(['~a\0b']), "Error in ACL SETUSER modifier '~a': Syntax error")
  t.not(rules(['>a\0b']), rules(['>a']))
})

t.test('first arguments that could not be written down again are refused', async t => {
  t.match(rules(['+select|0\nuser evil on nopass ~* +@all']), /Syntax error$/)
  t.match(rules(['+select|"0']), /Syntax error$/)
})

t.test('selectors may be spread over several words', async t => {
  t.equal(
    rules(['(~a', '+get', ')', 'on']),
    'on sanitize-payload resetchannels -@all (~a resetchannels -@all +get)',
  )
  t.equal(
    rules(['on', '(+get', '~a']),
    "Unmatched parenthesis in acl selector starting at '(+get'.",
  )
  t.match(rules(['(+get', '+nosuch)']), /modifier '\(\+get \+nosuch\)': Unknown command/)
})

t.test('words of a selector may be quoted; unbalanced quotes leave nothing of it', async t => {
  t.match(rules(['(\'~a\' "+\\x67et")']), /\(~a resetchannels -@all \+get\)$/)
  t.match(rules(['(~a "+get)']), /\(resetchannels -@all\)$/)
})

t.test('a failed list of rules changes nothing', async t => {
  const users = new Users(catalog)
  users.setuser('u', ['on', '~a', '+get'])
  const before = users.save()
  const { failure } = users.setuser('u', ['off', '>pw', '(~b)', '+set', 'bogus'])
  t.equal(failure?.word, 'bogus')
  t.equal(failure?.message, 'Syntax error')
  t.equal(users.save(), before)
  users.setuser('new', ['on', 'bogus'])
  t.equal(users.get('new'), undefined)
})
