// What the nodes of a cluster say to each other, apart from how it is written (layout.ts) and
// carried (link.ts). Whoever knows what it means for the cluster sits above and speaks in these.
//
// Numbers: epochs, offsets and times to live are 64 bits wide on the wire and numbers here. Nothing
// sound comes near 2^53: a packet that says more is dropped. Texts are bytes, one character each.

/** By their numbers on the wire; the names are those of CLUSTER INFO. */
export const MESSAGE_TYPES = [
  'ping',
  'pong',
  'meet',
  'fail',
  'publish',
  'auth-req',
  'auth-ack',
  'update',
  'mfstart',
  'module',
  'publishshard',
] as const

export type MessageType = (typeof MESSAGE_TYPES)[number]

/** What a node is, as bits of `flags` in a header and in gossip. */
export const NODE_FLAGS = {
  master: 1,
  replica: 2,
  /** Maybe failing: one node thinks so. */
  pfail: 4,
  fail: 8,
  /** In a header of the sender's own. */
  myself: 16,
  handshake: 32,
  noAddress: 64,
  meet: 128,
  /** A master that replicas may migrate to; all are. */
  migrateTo: 256,
  noFailover: 512,
} as const

/** Bytes of a map of slots: slot n is bit n & 7, from the low end, of byte n >> 3. */
export const SLOT_MAP_BYTES = 2048

/** What each message says of its sender. */
export interface Header {
  /** 40 lower-case letters and digits. */
  readonly sender: string
  /** The id of the sender's master; empty if it is a master, or does not know. */
  readonly master: string
  readonly currentEpoch: number
  /** A replica's: its master's. */
  readonly configEpoch: number
  /** How far its replication is, in bytes. */
  readonly offset: number
  /**
   * The slots that it serves, or its master's, SLOT_MAP_BYTES long. Of a message that came it is
   * a view of the packet: whoever keeps it copies it.
   */
  readonly slots: Uint8Array
  /** The address that it announces, or empty: then it is that of the link. */
  readonly ip: string
  /** Of clients: the TLS port if the bus is TLS, else the plain one. */
  readonly port: number
  /** The other one of the two, or 0. */
  readonly otherPort: number
  readonly busPort: number
  /** NODE_FLAGS. */
  readonly flags: number
  /** Whether the cluster is down, as the sender sees it. */
  readonly isDown: boolean
  /** A master that holds back writes for a manual failover: its offset stands. */
  readonly isPaused: boolean
  /** Of auth-req: the vote is asked for although the master is up. */
  readonly forcesVote: boolean
}

/** What a ping, pong or meet tells of another node. */
export interface Gossip {
  readonly id: string
  /** Seconds since 1970; 0 if no ping is under way. */
  readonly pingSentAt: number
  /** Seconds since 1970; 0 if there never was one. */
  readonly pongReceivedAt: number
  readonly ip: string
  readonly port: number
  readonly otherPort: number
  readonly busPort: number
  /** NODE_FLAGS. */
  readonly flags: number
}

/** What a ping, pong or meet tells of its sender beyond the header; undefined if it does not. */
export interface Extensions {
  readonly hostname?: string | undefined
  readonly humanName?: string | undefined
  readonly shardId?: string | undefined
  /** Nodes that others are to forget as well, for so many seconds. */
  readonly forgotten?: readonly Forgotten[] | undefined
}

export interface Forgotten {
  readonly id: string
  readonly seconds: number
}

/** `ping`, `pong` and `meet`: alike but for what they call for. */
export interface PingMessage {
  readonly type: 'ping' | 'pong' | 'meet'
  readonly header: Header
  readonly gossip: readonly Gossip[]
  readonly extensions: Extensions
}

/** The majority finds that a node has failed. */
export interface FailMessage {
  readonly type: 'fail'
  readonly header: Header
  /** Its id. */
  readonly node: string
}

export interface PublishMessage {
  readonly type: 'publish' | 'publishshard'
  readonly header: Header
  readonly channel: string
  readonly message: string
}

/** Asks for a vote, gives it, or asks the master to begin a manual failover. */
export interface BareMessage {
  readonly type: 'auth-req' | 'auth-ack' | 'mfstart'
  readonly header: Header
}

/** Slots that the receiver claims belong to another, by a newer epoch. */
export interface UpdateMessage {
  readonly type: 'update'
  readonly header: Header
  /** The id of the owner. */
  readonly node: string
  readonly configEpoch: number
  /** As `Header.slots`. */
  readonly slots: Uint8Array
}

/** Between modules, of which this server has none: nobody listens. */
export interface ModuleMessage {
  readonly type: 'module'
  readonly header: Header
  readonly moduleId: bigint
  readonly kind: number
  readonly payload: Uint8Array
}

export type BusMessage =
  | PingMessage
  | FailMessage
  | PublishMessage
  | BareMessage
  | UpdateMessage
  | ModuleMessage

// ---- The links that carry them ------------------------------------------------------------------

export interface Place {
  /** An address: '127.0.0.1', '::1'. */
  readonly host: string
  readonly port: number
}

/** What Redis counts for a queue with nothing in it. */
export const EMPTY_QUEUE_BYTES = 48

/**
 * One connection between two nodes. There are two for each pair: what a node has to say goes on the
 * one that it dialled, but for a pong, which goes back where its ping came from.
 */
export interface BusLink {
  /** It was accepted; else it was dialled. */
  readonly isInbound: boolean
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When the last sound packet came, in milliseconds since 1970; 0 before the first. */
  readonly lastDataAt: number
  /** The other end; of a dialled link the place that was dialled, of another its socket's. */
  readonly peer: Place
  /** This end, once the connection stands. */
  readonly local: Place | undefined
  /** The connection stands and has shaken hands. */
  readonly isOpen: boolean
  readonly isClosed: boolean
  /** Whose link it is, an id, as far as that is known: set from above. */
  node: string
  /** Bytes that wait to be sent, counted as CLUSTER LINKS does: EMPTY_QUEUE_BYTES if none do. */
  readonly queuedBytes: number
  /** Before a dialled link stands: goes out as soon as it does. After the end: nothing. */
  send(message: BusMessage): void
  /** At once. Its `closed` event comes before this returns. */
  close(): void
}

/** What happens on a bus, each in a turn of its own, at whose end clients get their replies. */
export interface BusEvents {
  /**
   * Whether others may connect at this moment: not while data is loaded, for what they say changes
   * it. They try again. Default: always.
   */
  accepts?(): boolean
  /** A link that was dialled stands: its first ping or meet is due. */
  opened(link: BusLink): void
  packet(link: BusLink, message: BusMessage): void
  /** The end of a link, once for each that was accepted or dialled, whoever ended it. */
  closed(link: BusLink): void
}

export type MessageCounts = Readonly<Record<MessageType, number>>

export interface ClusterBus {
  /** The port that it listens on; 0 before it does. */
  readonly port: number
  /** All links, in the order in which they were made. */
  readonly links: Iterable<BusLink>
  readonly sent: MessageCounts
  /** Those that were dropped as well. */
  readonly received: MessageCounts
  /** Packets that were dropped, for whatever reason. */
  readonly dropped: number
  /** Links that were closed because too much waited on them to be sent. */
  readonly limitExceeded: number
  /** A type, by its number, that is dropped on arrival: DEBUG DROP-CLUSTER-PACKET-FILTER. */
  dropFilter: number | undefined
  /**
   * On every address of `bind`, before it returns; a server without listeners only dials.
   * @param port 0 takes any
   * @throws StartError
   */
  listen(port: number): void
  /** Never throws: a link that cannot be made is closed, later. */
  dial(to: Place, node: string): BusLink
  /** The same message on many links: it is written once. */
  broadcast(links: Iterable<BusLink>, message: BusMessage): void
  /** Closes links with more than `cluster-link-sendbuf-limit` waiting; for the cron. */
  enforceSendLimit(): void
  /** Stops listening and closes every link; no event is told of that. */
  close(): void
}
