// timeout: closes clients that have sent nothing for long. Those that wait for something are
// not idle: blocked, subscribed, watching with MONITOR.

import type { RedisServer } from './server.ts'
import type { Session } from './session.ts'

export function closeIdleClients(server: RedisServer): void {
  const seconds = server.settings.timeout
  if (seconds === 0) return
  const now = server.clock.now()
  for (const client of [...server.clients.values()]) {
    if (isExempt(client)) continue
    if (Math.floor(now / 1000) - Math.floor(client.lastActiveAt / 1000) <= seconds) continue
    server.log.verbose('Closing idle client')
    server.disconnect(client)
  }
}

function isExempt(client: Session): boolean {
  const { blocked, subscriptionCount, isMonitor, isReplica, isMaster } = client
  return blocked !== undefined || subscriptionCount > 0 || isMonitor || isReplica || isMaster
}
