// A data node, put together: a server, how it answers requests, who follows its settings, and what
// it does by itself.

import { Cron } from './cron.ts'
import { dispatch, resume } from './dispatch.ts'
import { followSettings } from './follow-settings.ts'
import { RedisServer, type ServerOptions } from './server.ts'

export function dataNode(options: Omit<ServerOptions, 'dispatcher'>): RedisServer {
  const server = new RedisServer({ ...options, dispatcher: { serve: dispatch, resume } })
  followSettings(server)
  server.finishConfiguration()
  server.feature(Cron)
  return server
}
