// Nodes that are to be met: they have an id only once they have answered.

import net from 'node:net'
import type { Settings } from '../host/config/config.ts'
import { portOf } from './endpoint.ts'
import { NODE } from './node.ts'
import type { ClusterState } from './state.ts'

const PORT_MAX = 65535

export class Handshakes {
  readonly #state: ClusterState
  readonly #settings: Settings

  constructor(state: ClusterState, settings: Settings) {
    this.#state = state
    this.#settings = settings
  }

  /** Meets whoever is there. False if that is no place. */
  start(host: string, port: number, busPort: number): boolean {
    if (net.isIP(host) === 0 || !isPort(port) || !isPort(busPort)) return false
    const isTls = this.#settings['tls-cluster']
    for (const node of this.#state.nodes.values()) {
      if (!node.is(NODE.handshake)) continue
      const isSame = node.ip === host && portOf(node, isTls) === port && node.busPort === busPort
      if (isSame) return true
    }
    const node = this.#state.addNode(NODE.handshake | NODE.meet)
    node.ip = host
    node.busPort = busPort
    if (isTls) node.tlsPort = port
    else node.tcpPort = port
    return true
  }
}

function isPort(port: number): boolean {
  return port > 0 && port <= PORT_MAX
}
