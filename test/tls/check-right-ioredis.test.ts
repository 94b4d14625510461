// A program that is right, with ioredis: `tls check` finds nothing.

import t from 'tap'
import { isRight } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

t.test('ioredis', t => isRight(t, 'right-ioredis.mjs', 'ioredis'))
