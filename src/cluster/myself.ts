// What this node says of itself to others: as its settings announce it, or as it is.

import type { Settings } from '../host/config/config.ts'
import { StartError } from '../host/config/directives.ts'
import { NODE } from './node.ts'
import type { ClusterState } from './state.ts'

export const BUS_PORT_OFFSET = 10_000
const PORT_MAX = 65535

/** The port that clients of the cluster use first: of TLS, if the bus is TLS. */
export function basePort(settings: Settings): number {
  return settings[settings['tls-cluster'] ? 'tls-port' : 'port']
}

/** Where others connect to for the bus. @throws StartError */
export function busPortOf(settings: Settings): number {
  if (settings['cluster-port'] !== 0) return settings['cluster-port']
  const base = basePort(settings)
  if (base <= PORT_MAX - BUS_PORT_OFFSET) return base + BUS_PORT_OFFSET
  throw new StartError(
    'Redis port number too high. Cluster communication port is 10,000 port numbers higher than ' +
      'your Redis port. Your Redis port number must be 55535 or less.',
  )
}

export function announcedPorts(settings: Settings) {
  const busPort = settings['cluster-port'] || basePort(settings) + BUS_PORT_OFFSET
  return {
    tcpPort: settings['cluster-announce-port'] || settings.port,
    tlsPort: settings['cluster-announce-tls-port'] || settings['tls-port'],
    busPort: settings['cluster-announce-bus-port'] || busPort,
  }
}

export function announcePorts({ myself }: ClusterState, settings: Settings): void {
  Object.assign(myself, announcedPorts(settings))
}

/** Without one it is found out from the links that come in. */
export function announceIp({ myself }: ClusterState, settings: Settings): void {
  myself.ip = settings['cluster-announce-ip']
}

export function announceNames({ myself, todo }: ClusterState, settings: Settings): void {
  const hostname = settings['cluster-announce-hostname']
  const humanName = settings['cluster-announce-human-nodename']
  if (hostname === myself.hostname && humanName === myself.humanName) return
  myself.hostname = hostname
  myself.humanName = humanName
  todo.save()
}

export function announceFlags({ myself, todo }: ClusterState, settings: Settings): void {
  const mayNot = settings['cluster-replica-no-failover']
  if (mayNot === myself.is(NODE.noFailover)) return
  if (mayNot) myself.set(NODE.noFailover)
  else myself.clear(NODE.noFailover)
  todo.save()
  todo.update()
}
