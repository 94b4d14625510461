// timeout: closes clients that have sent nothing for long. Those that wait for something are
// not idle: blocked, subscribed, watching with MONITOR.

import type { RedisServer } from './server.ts'

export function closeIdleClients(server: RedisServer): void {
  const seconds = server.settings.timeout
  if (seconds === 0) return
  const now = server.clock.now()
  for (const client of [...server.clients.values()]) {
    if (client.blocked !== undefined || client.subscriptionCount > 0 || client.isMonitor) continue
    if (Math.floor(now / 1000) - Math.floor(client.lastActiveAt / 1000) <= seconds) continue
    server.log.verbose('Closing idle client')
    server.disconnect(client)
  }
}
