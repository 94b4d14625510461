// Where everything stands in a packet of the cluster bus, big-endian.

/** Signature and length: what says where a packet ends. */
export const PREFIX_BYTES = 8
export const HEADER_BYTES = 2256
export const PUBLISH_HEAD = 8
export const CHANNEL_AT = HEADER_BYTES + PUBLISH_HEAD
export const MODULE_HEAD = 13
/** From so many bytes of a packet on it is known whether its length can be right. */
export const HEAD_BYTES = HEADER_BYTES + MODULE_HEAD

export const SIGNATURE = 0x52436d62
export const BUS_VERSION = 1
export const ID_BYTES = 40
export const IP_BYTES = 46
export const GOSSIP_BYTES = 104
export const EXTENSION_HEAD = 8

export const FIELD_AT = {
  length: 4,
  version: 8,
  port: 10,
  type: 12,
  count: 14,
  currentEpoch: 16,
  configEpoch: 24,
  offset: 32,
  sender: 40,
  slots: 80,
  master: 2128,
  ip: 2168,
  extensions: 2214,
  otherPort: 2246,
  busPort: 2248,
  flags: 2250,
  state: 2252,
  messageFlags: 2253,
} as const

export const MESSAGE_FLAGS = { paused: 1, forcesVote: 2, hasExtensions: 4 } as const

export const EXTENSION = { hostname: 0, humanName: 1, forgotten: 2, shardId: 3 } as const
