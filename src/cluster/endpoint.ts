// Under which address and port a node is shown to a client: one that speaks TLS is shown the ports
// of TLS, all others the plain ones.

import type { Session } from '../engine/session.ts'
import type { Settings } from '../host/config/config.ts'
import type { ClusterNode } from './node.ts'

/** Whether ports of TLS are shown to a client; of a script's, its caller's kind counts. */
export function showsTls({ connection, scriptCaller, server }: Session): boolean {
  const { kind } = (scriptCaller?.connection ?? connection) || {}
  return kind === undefined ? server.settings['tls-cluster'] : kind === 'tls'
}

export function portOf({ tlsPort, tcpPort }: ClusterNode, isTls: boolean): number {
  return isTls ? tlsPort : tcpPort
}

/** As MOVED and CLUSTER SHARDS name a node. */
export function endpointOf(node: ClusterNode, settings: Settings): string {
  switch (settings['cluster-preferred-endpoint-type']) {
    case 'hostname':
      return node.hostname === '' ? '?' : node.hostname
    case 'unknown-endpoint':
      return ''
    default:
      return node.ip
  }
}

/** What a message says of ports, by what they are. */
export function portsOf(
  { port, otherPort }: { readonly port: number; readonly otherPort: number },
  settings: Settings,
): Pick<ClusterNode, 'tcpPort' | 'tlsPort'> {
  return settings['tls-cluster']
    ? { tcpPort: otherPort, tlsPort: port }
    : { tcpPort: port, tlsPort: otherPort }
}

export function hasPorts(
  node: ClusterNode,
  { tcpPort, tlsPort, busPort }: Pick<ClusterNode, 'tcpPort' | 'tlsPort' | 'busPort'>,
): boolean {
  return node.tcpPort === tcpPort && node.tlsPort === tlsPort && node.busPort === busPort
}
