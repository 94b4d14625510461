// What one client listens to.

export class Subscriptions {
  readonly channels = new Set<string>()
  readonly patterns = new Set<string>()
  readonly shardChannels = new Set<string>()

  /** As SUBSCRIBE and PSUBSCRIBE count. */
  get count(): number {
    return this.channels.size + this.patterns.size
  }
}
