// Writes what this node has to say on the cluster bus, as Redis 7.4 writes it.

import {
  BUS_VERSION,
  CHANNEL_AT,
  EXTENSION,
  EXTENSION_HEAD,
  FIELD_AT,
  GOSSIP_BYTES,
  HEAD_BYTES,
  HEADER_BYTES,
  ID_BYTES,
  IP_BYTES,
  MESSAGE_FLAGS,
  MODULE_HEAD,
  PUBLISH_HEAD,
  SIGNATURE,
} from './layout.ts'
import {
  type BusMessage,
  type Gossip,
  MESSAGE_TYPES,
  type PingMessage,
  SLOT_MAP_BYTES,
} from './message.ts'

export function encodePacket(message: BusMessage): Buffer {
  switch (message.type) {
    case 'ping':
    case 'pong':
    case 'meet':
      return writePing(message)
    case 'fail': {
      const packet = begin(message, ID_BYTES)
      writeId(packet, HEADER_BYTES, message.node)
      return packet
    }
    case 'publish':
    case 'publishshard': {
      const { channel, message: text } = message
      const packet = begin(message, PUBLISH_HEAD + channel.length + text.length)
      packet.writeUInt32BE(channel.length, HEADER_BYTES)
      packet.writeUInt32BE(text.length, HEADER_BYTES + 4)
      packet.write(channel, CHANNEL_AT, 'latin1')
      packet.write(text, CHANNEL_AT + channel.length, 'latin1')
      return packet
    }
    case 'auth-req':
    case 'auth-ack':
    case 'mfstart':
      return begin(message, 0)
    case 'update': {
      const packet = begin(message, 8 + ID_BYTES + SLOT_MAP_BYTES)
      writeNumber(packet, HEADER_BYTES, message.configEpoch)
      writeId(packet, HEADER_BYTES + 8, message.node)
      writeSlots(packet, HEADER_BYTES + 8 + ID_BYTES, message.slots)
      return packet
    }
    case 'module': {
      const packet = begin(message, MODULE_HEAD + message.payload.length)
      packet.writeBigUInt64LE(message.moduleId, HEADER_BYTES)
      packet.writeUInt32BE(message.payload.length, HEADER_BYTES + 8)
      packet[HEADER_BYTES + 12] = message.kind
      packet.set(message.payload, HEAD_BYTES)
      return packet
    }
  }
}

/** A packet with its header; what is behind that is zero only up to where a reader looks first. */
function begin({ type, header }: BusMessage, bodyBytes: number): Buffer {
  const packet = Buffer.allocUnsafe(HEADER_BYTES + bodyBytes)
  packet.fill(0, FIELD_AT.master, HEADER_BYTES)
  packet.writeUInt32BE(SIGNATURE, 0)
  packet.writeUInt32BE(packet.length, FIELD_AT.length)
  packet.writeUInt16BE(BUS_VERSION, FIELD_AT.version)
  packet.writeUInt16BE(header.port, FIELD_AT.port)
  packet.writeUInt16BE(MESSAGE_TYPES.indexOf(type), FIELD_AT.type)
  packet.writeUInt16BE(0, FIELD_AT.count)
  writeNumber(packet, FIELD_AT.currentEpoch, header.currentEpoch)
  writeNumber(packet, FIELD_AT.configEpoch, header.configEpoch)
  writeNumber(packet, FIELD_AT.offset, header.offset)
  writeId(packet, FIELD_AT.sender, header.sender)
  writeSlots(packet, FIELD_AT.slots, header.slots)
  if (header.master !== '') writeId(packet, FIELD_AT.master, header.master)
  writeIp(packet, FIELD_AT.ip, header.ip)
  packet.writeUInt16BE(header.otherPort, FIELD_AT.otherPort)
  packet.writeUInt16BE(header.busPort, FIELD_AT.busPort)
  packet.writeUInt16BE(header.flags, FIELD_AT.flags)
  packet[FIELD_AT.state] = header.isDown ? 1 : 0
  packet[FIELD_AT.messageFlags] =
    (header.isPaused ? MESSAGE_FLAGS.paused : 0) |
    (header.forcesVote ? MESSAGE_FLAGS.forcesVote : 0)
  return packet
}

function writePing(message: PingMessage): Buffer {
  const { gossip, extensions } = message
  const { hostname = '', humanName = '', forgotten = [], shardId } = extensions
  const gossipBytes = gossip.length * GOSSIP_BYTES
  const bodyBytes =
    gossipBytes +
    textExtensionBytes(hostname) +
    textExtensionBytes(humanName) +
    forgotten.length * FORGOTTEN_BYTES +
    (shardId === undefined ? 0 : SHARD_BYTES)
  const packet = begin(message, bodyBytes)
  packet.fill(0, HEADER_BYTES)
  packet.writeUInt16BE(gossip.length, FIELD_AT.count)
  let at = HEADER_BYTES
  for (const entry of gossip) {
    writeGossip(packet, at, entry)
    at += GOSSIP_BYTES
  }
  let count = forgotten.length
  // In Redis's order.
  if (hostname !== '') {
    at = writeTextExtension(packet, at, EXTENSION.hostname, hostname)
    count++
  }
  if (humanName !== '') {
    at = writeTextExtension(packet, at, EXTENSION.humanName, humanName)
    count++
  }
  for (const { id, seconds } of forgotten) {
    writeExtensionHead(packet, at, EXTENSION.forgotten, FORGOTTEN_BYTES)
    writeId(packet, at + EXTENSION_HEAD, id)
    writeNumber(packet, at + EXTENSION_HEAD + ID_BYTES, seconds)
    at += FORGOTTEN_BYTES
  }
  if (shardId !== undefined) {
    writeExtensionHead(packet, at, EXTENSION.shardId, SHARD_BYTES)
    writeId(packet, at + EXTENSION_HEAD, shardId)
    count++
  }
  if (count > 0) {
    packet.writeUInt16BE(count, FIELD_AT.extensions)
    packet[FIELD_AT.messageFlags] =
      (packet[FIELD_AT.messageFlags] ?? 0) | MESSAGE_FLAGS.hasExtensions
  }
  return packet
}

const FORGOTTEN_BYTES = EXTENSION_HEAD + ID_BYTES + 8
const SHARD_BYTES = EXTENSION_HEAD + ID_BYTES

/** With a NUL at its end, at the least. */
function textExtensionBytes(text: string): number {
  return text === '' ? 0 : EXTENSION_HEAD + Math.ceil((text.length + 1) / 8) * 8
}

function writeTextExtension(packet: Buffer, at: number, type: number, text: string): number {
  const length = textExtensionBytes(text)
  writeExtensionHead(packet, at, type, length)
  packet.write(text, at + EXTENSION_HEAD, 'latin1')
  return at + length
}

function writeExtensionHead(packet: Buffer, at: number, type: number, length: number): void {
  packet.writeUInt32BE(length, at)
  packet.writeUInt16BE(type, at + 4)
}

function writeGossip(packet: Buffer, at: number, entry: Gossip): void {
  writeId(packet, at, entry.id)
  packet.writeUInt32BE(entry.pingSentAt, at + 40)
  packet.writeUInt32BE(entry.pongReceivedAt, at + 44)
  writeIp(packet, at + 48, entry.ip)
  packet.writeUInt16BE(entry.port, at + 94)
  packet.writeUInt16BE(entry.busPort, at + 96)
  packet.writeUInt16BE(entry.flags, at + 98)
  packet.writeUInt16BE(entry.otherPort, at + 100)
}

function writeNumber(packet: Buffer, at: number, value: number): void {
  packet.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  packet.writeUInt32BE(value % 2 ** 32, at + 4)
}

/** Others take the place of what an id leaves for part of it. */
function writeId(packet: Buffer, at: number, id: string): void {
  if (id.length !== ID_BYTES) throw new RangeError(`not the id of a node: '${id}'`)
  packet.write(id, at, 'latin1')
}

/** What is too long is cut, as in Redis; a NUL ends it. */
function writeIp(packet: Buffer, at: number, ip: string): void {
  packet.write(ip, at, IP_BYTES - 1, 'latin1')
}

function writeSlots(packet: Buffer, at: number, slots: Uint8Array): void {
  if (slots.length !== SLOT_MAP_BYTES) throw new RangeError(`a map of ${slots.length} bytes`)
  packet.set(slots, at)
}
