// The rights that connect-redis and a small shop need, as learn() finds them, on a real redis-server.

import t from 'tap'
import { proveOnRealServer, STAGE_OPTIONS } from '../helpers/learned.ts'

t.test('connect-redis: the learned rules do, and each is needed', STAGE_OPTIONS, t =>
  proveOnRealServer(t, 'sessions', ['app'], 2),
)

t.test('a shop with two users: the learned rules do, and each is needed', STAGE_OPTIONS, t =>
  proveOnRealServer(t, 'shop', ['web', 'stock'], 5),
)
