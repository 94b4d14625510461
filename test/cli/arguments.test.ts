import t from 'tap'
import { readCommandLine } from '../../src/cli/arguments.ts'

const options = (...words: string[]): string[] =>
  readCommandLine(words)
    .options.split('\n')
    .map(line => line.trimEnd())

t.test('options become the lines of a configuration file', async t => {
  t.strictSame(options('--port', '7777'), ['port "7777"'])
  t.strictSame(options('--port 7777', '--timeout', '3'), ['port 7777', 'timeout "3"'])
  t.strictSame(options('--save', '3600', '1', '60', '10'), ['save "3600" "1" "60" "10"'])
  t.strictSame(options('--user', 'x', 'on', '>a "b"\n'), ['user "x" "on" ">a \\"b\\"\\n"'])
})

t.test('the word after an option is its value, whatever it looks like', async t => {
  t.strictSame(options('--proc-title-template', '--title--', '--port', '1'), [
    'proc-title-template "--title--"',
    'port "1"',
  ])
  t.strictSame(options('--replicaof', 'no', 'one', '--port', '1'), [
    'replicaof "no" "one"',
    'port "1"',
  ])
})

t.test('--save without a value empties it', async t => {
  t.strictSame(options('--save', '--port', '1'), ['save ""', 'port "1"'])
  t.strictSame(options('--port', '1', '--save'), ['port "1"', 'save ""'])
  t.strictSame(options('--save', '', '--port', '1'), ['save ""', 'port "1"'])
})

t.test('the first word is a file unless it is an option', async t => {
  t.match(readCommandLine(['a.conf', '--port', '1']), { file: 'a.conf', readsStdin: false })
  t.match(readCommandLine(['--port', '1']), { file: undefined })
  t.match(readCommandLine(['-']), { file: undefined, readsStdin: true })
  t.match(readCommandLine(['a.conf', '--port', '1', '-']), { file: 'a.conf', readsStdin: true })
  t.match(readCommandLine(['--masterauth', '-', '--port', '1']).options, 'masterauth "-"')
})
