// What startCluster() can be told.

import type { StartOptions, TlsMaterial } from '../start-options.ts'

/** What startCluster() takes: what startRedis() does, for all nodes, and how many there are. */
export interface ClusterOptions
  extends Omit<StartOptions, 'tls' | 'thread' | 'port' | 'unixsocket'> {
  /** How many masters; each serves as many slots as the others. Default: 3. */
  readonly masters?: number
  /** How many replicas each master has. Default: 0. */
  readonly replicas?: number
  /**
   * False: no TLS at all, neither for clients nor between nodes. Default: TLS only, with client
   * certificates on links as well.
   */
  readonly tls?: boolean | Omit<TlsMaterial, 'profile' | 'hosts'>
}
