// The rights that BullMQ needs, as learn() finds them, on a real redis-server.

import t from 'tap'
import { proveOnRealServer, STAGE_OPTIONS } from '../helpers/learned.ts'

t.test('BullMQ: the learned rules do, and each is needed', STAGE_OPTIONS, t =>
  proveOnRealServer(t, 'jobs', ['app'], 20),
)
