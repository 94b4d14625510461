// What the REPL offers when its user presses the tab key.

import t from 'tap'
import { completions } from '../../src/cli/repl-completion.ts'
import { readAclPolicy } from '../../src/policy/policy.ts'
import { Workbench } from '../../src/practice/workbench.ts'

const bench = new Workbench()
bench.load(readAclPolicy('user default on nopass ~* &* +@all\nuser alice on nopass +get ~a*\n'))

const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['GETB', ['GETBIT']],
  ['acl set', ['SETUSER']],
  ['ACL SETUSER al', ['alice']],
  ['ACL SETUSER alice +geop', ['+geopos']],
  ['\\as a', ['alice']],
  ['SET k v k', ['KEEPTTL']],
  ['SET k v ', []],
  ['set k v ex', ['EX', 'EXAT']],
  ['CLIENT KILL la', ['LADDR']],
  ['xgroup create s g $ mk', ['MKSTREAM']],
  ['BGSAVE s', ['SCHEDULE']],
  ['GET n', []],
  ['NOSUCH a b', []],
  ['constructor a b', []],
]

for (const [line, offered] of LINES) {
  t.strictSame(completions(line, bench), [offered, line.split(' ').at(-1)], line)
}
