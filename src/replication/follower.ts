// What a link to a master and the node whose link it is have to do with each other.

/** Where a stream was left. */
export interface StreamPlace {
  readonly id: string
  /** The last byte that was run. */
  readonly offset: number
  readonly database: number
}

/** What the link asks of the node whose link it is, and tells it. */
export interface Follower {
  /** Where it could go on, if there is such a place. */
  place(): StreamPlace | undefined
  /** Whether what it has is of the stream of this name. */
  has(id: string): boolean
  /** Whether the master is to be told that it is to be replaced: see FAILOVER. */
  isFailover(): boolean
  /** How much of the stream its file has, where it has one. */
  fileOffset(): number | undefined
  /** The other one does not take over. */
  refused(reason: string): void
  /** The master lets it go on, by the name that the stream has now. */
  continued(id: string | undefined): void
  /** A snapshot begins to come. */
  starting(): void
  /** What this node has is going to be replaced, and nobody can go on from that any more. */
  replacing(): void
  /** The snapshot is the data now, and the stream follows from an offset. */
  loaded(id: string, offset: number): void
  /** So much of the stream was run. */
  applied(bytes: Buffer): void
  /** The state is another. */
  changed(): void
  /** The stream broke off; the place is where, if it may be gone on from. */
  broke(place: Omit<StreamPlace, 'id'> | undefined): void
}
