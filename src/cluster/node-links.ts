// The two links that a pair of nodes has: one that this node has dialled, and one that the other
// one has.

export interface NodeLinks {
  /** Whether mine to it stands, or is being made. */
  readonly isLinked: boolean
  close(): void
}
