// Programs that are right, with node-redis and with redis-py: `tls check` finds nothing.

import t from 'tap'
import { isRight, NO_PYTHON } from './programs.ts'

// Programs start slowly on a busy machine.
t.setTimeout(58_000)

t.test('node-redis', t => isRight(t, 'right-node-redis.mjs', 'node-redis'))

t.test('redis-py', { skip: NO_PYTHON }, t => isRight(t, 'right-redis-py.py', 'redis-py'))
