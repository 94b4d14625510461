// What startReplication() can be told.

import type { StartOptions, TlsMaterial } from '../start-options.ts'

/** What one replica has for itself; see StartOptions. Its settings come to those of all. */
export type NodeOptions = Omit<StartOptions, 'thread' | 'tls'>

/** What startReplication() takes: what startRedis() does, for all nodes, and `replicas`. */
export interface ReplicationOptions extends Omit<StartOptions, 'tls' | 'thread'> {
  /** How many replicas, or a list of options, one a replica. Default: 1. */
  readonly replicas?: number | readonly NodeOptions[]
  /**
   * False: no TLS at all, neither for clients nor between nodes. Default: TLS only, with client
   * certificates on links as well; a node shows its server's certificate to its master.
   */
  readonly tls?: boolean | Omit<TlsMaterial, 'profile' | 'hosts'>
  /** The master's port; those of replicas are any free ones, unless their own options say. */
  readonly port?: number
  /** A path that the master listens on too. */
  readonly unixsocket?: string
}
