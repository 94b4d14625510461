// How messages of the cluster bus are written: everything big-endian, at fixed places. What comes
// from outside is believed in nothing: each length is held against the bytes that are there before
// it is used, and what would end up in CLUSTER NODES, nodes.conf or a log is looked at here.
//
// Redis checks lengths alone. Beyond that, dropped here are ids and addresses that would not read
// as one word, an extension that is too short for what it says, and numbers of 2^53 and more.

import { TEXT_MAX } from '../../util/limits.ts'
import {
  type BusMessage,
  type Extensions,
  type Forgotten,
  type Gossip,
  type Header,
  MESSAGE_TYPES,
  type MessageType,
  type PingMessage,
  SLOT_MAP_BYTES,
} from './message.ts'

/** Signature and length: what says where a packet ends. */
export const PREFIX_BYTES = 8
const HEADER_BYTES = 2256
const PUBLISH_HEAD = 8
const CHANNEL_AT = HEADER_BYTES + PUBLISH_HEAD
const MODULE_HEAD = 13
/** From so many bytes of a packet on it is known whether its length can be right. */
export const HEAD_BYTES = HEADER_BYTES + MODULE_HEAD
/** Of a packet that is read: a longer one says more than a text can hold. */
const PACKET_MAX = HEAD_BYTES + 2 * TEXT_MAX
/** What extensions take at the most: some 18000 forgotten nodes. */
const EXTENSIONS_MAX = 2 ** 20

const SIGNATURE = 0x52436d62
const VERSION = 1
const ID_BYTES = 40
const IP_BYTES = 46
const GOSSIP_BYTES = 104
const EXTENSION_HEAD = 8

const AT = {
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

const MESSAGE_FLAGS = { paused: 1, forcesVote: 2, hasExtensions: 4 } as const

const EXTENSION = { hostname: 0, humanName: 1, forgotten: 2, shardId: 3 } as const

/** Why a packet is dropped, as the log says it. */
export type Fault = string

/** The length that a packet announces, or undefined if what begins there is none. */
export function announcedLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.readUInt32BE(at) !== SIGNATURE) return undefined
  const length = bytes.readUInt32BE(at + AT.length)
  return length < HEADER_BYTES ? undefined : length
}

/** Undefined for a type that nobody knows. */
export function typeOf(head: Buffer): MessageType | undefined {
  return MESSAGE_TYPES[head.readUInt16BE(AT.type)]
}

/** The number of the type, known or not. */
export function typeNumberOf(head: Buffer): number {
  return head.readUInt16BE(AT.type)
}

/**
 * What is wrong with a packet as far as its head says: version, type, and whether the length that
 * it announces is that of what it announces. The head is the first HEAD_BYTES, or all of it.
 */
export function faultOf(head: Buffer): Fault | undefined {
  if (head.readUInt16BE(AT.version) !== VERSION) return 'Received a packet of another version'
  const type = typeOf(head)
  if (type === undefined) return `Received unknown packet type: ${typeNumberOf(head)}`
  const length = head.readUInt32BE(AT.length)
  const expected = expectedLength(head, type)
  const mayExceed = hasExtensions(head, type) ? EXTENSIONS_MAX : 0
  if (length < expected || length > expected + mayExceed) {
    return `Received invalid ${type} packet of length ${length} but expected length ${expected}`
  }
  if (length > PACKET_MAX) return `Received a ${type} packet that is too long: ${length}`
  return undefined
}

/** Without extensions. What has no room for the lengths that it needs is expected to have it. */
function expectedLength(head: Buffer, type: MessageType): number {
  switch (type) {
    case 'ping':
    case 'pong':
    case 'meet':
      return HEADER_BYTES + GOSSIP_BYTES * head.readUInt16BE(AT.count)
    case 'fail':
      return HEADER_BYTES + ID_BYTES
    case 'publish':
    case 'publishshard':
      if (head.length < CHANNEL_AT) return CHANNEL_AT
      return CHANNEL_AT + head.readUInt32BE(HEADER_BYTES) + head.readUInt32BE(HEADER_BYTES + 4)
    case 'auth-req':
    case 'auth-ack':
    case 'mfstart':
      return HEADER_BYTES
    case 'update':
      return HEADER_BYTES + 8 + ID_BYTES + SLOT_MAP_BYTES
    case 'module':
      if (head.length < HEAD_BYTES) return HEAD_BYTES
      return HEAD_BYTES + head.readUInt32BE(HEADER_BYTES + 8)
  }
}

function hasExtensions(head: Buffer, type: MessageType): boolean {
  const isPing = type === 'ping' || type === 'pong' || type === 'meet'
  return isPing && ((head[AT.messageFlags] ?? 0) & MESSAGE_FLAGS.hasExtensions) !== 0
}

// ---- Reading -------------------------------------------------------------------------------------

/** Reads a whole packet, of just the length that it announces; or says what is wrong with it. */
export function decode(packet: Buffer): BusMessage | Fault {
  const fault = faultOf(packet)
  if (fault !== undefined) return fault
  const type = typeOf(packet)
  const header = readHeader(packet)
  if (header === undefined || type === undefined) return 'Received a packet with a malformed header'
  switch (type) {
    case 'ping':
    case 'pong':
    case 'meet':
      return readPing(packet, type, header)
    case 'fail': {
      const node = latin1(packet, HEADER_BYTES, ID_BYTES)
      return isNodeId(node) ? { type, header, node } : 'Received a malformed fail packet'
    }
    case 'publish':
    case 'publishshard': {
      const channelBytes = packet.readUInt32BE(HEADER_BYTES)
      const messageAt = CHANNEL_AT + channelBytes
      const messageBytes = packet.length - messageAt
      if (channelBytes > TEXT_MAX || messageBytes > TEXT_MAX) {
        return `Received a ${type} packet that is too long: ${packet.length}`
      }
      const channel = latin1(packet, CHANNEL_AT, channelBytes)
      return { type, header, channel, message: latin1(packet, messageAt, messageBytes) }
    }
    case 'auth-req':
    case 'auth-ack':
    case 'mfstart':
      return { type, header }
    case 'update':
      return readUpdate(packet, header)
    case 'module':
      return readModule(packet, header)
  }
}

function readHeader(packet: Buffer): Header | undefined {
  const currentEpoch = readNumber(packet, AT.currentEpoch)
  const configEpoch = readNumber(packet, AT.configEpoch)
  const offset = readNumber(packet, AT.offset)
  const sender = latin1(packet, AT.sender, ID_BYTES)
  const master = readOptionalId(packet, AT.master)
  const ip = readText(packet, AT.ip, IP_BYTES)
  if (!isNodeId(sender) || master === undefined || !isAddress(ip)) return undefined
  if (currentEpoch < 0 || configEpoch < 0 || offset < 0) return undefined
  const messageFlags = packet[AT.messageFlags] ?? 0
  return {
    sender,
    master,
    currentEpoch,
    configEpoch,
    offset,
    slots: packet.subarray(AT.slots, AT.slots + SLOT_MAP_BYTES),
    ip,
    port: packet.readUInt16BE(AT.port),
    otherPort: packet.readUInt16BE(AT.otherPort),
    busPort: packet.readUInt16BE(AT.busPort),
    flags: packet.readUInt16BE(AT.flags),
    isDown: packet[AT.state] !== 0,
    isPaused: (messageFlags & MESSAGE_FLAGS.paused) !== 0,
    forcesVote: (messageFlags & MESSAGE_FLAGS.forcesVote) !== 0,
  }
}

function readPing(packet: Buffer, type: PingMessage['type'], header: Header): PingMessage | Fault {
  const count = packet.readUInt16BE(AT.count)
  const gossip: Gossip[] = []
  for (let i = 0; i < count; i++) {
    const entry = readGossip(packet, HEADER_BYTES + i * GOSSIP_BYTES)
    if (entry === undefined) return `Received a ${type} packet with malformed gossip`
    gossip.push(entry)
  }
  if (!hasExtensions(packet, type)) return { type, header, gossip, extensions: {} }
  const extensions = readExtensions(packet, type, HEADER_BYTES + count * GOSSIP_BYTES)
  if (typeof extensions === 'string') return extensions
  return { type, header, gossip, extensions }
}

function readGossip(packet: Buffer, at: number): Gossip | undefined {
  const id = latin1(packet, at, ID_BYTES)
  const ip = readText(packet, at + 48, IP_BYTES)
  if (!isNodeId(id) || !isAddress(ip)) return undefined
  return {
    id,
    pingSentAt: packet.readUInt32BE(at + 40),
    pongReceivedAt: packet.readUInt32BE(at + 44),
    ip,
    port: packet.readUInt16BE(at + 94),
    otherPort: packet.readUInt16BE(at + 100),
    busPort: packet.readUInt16BE(at + 96),
    flags: packet.readUInt16BE(at + 98),
  }
}

interface ReadExtensions {
  hostname?: string
  humanName?: string
  shardId?: string
  forgotten?: Forgotten[]
}

/** As many as the header says must fill the packet to its end. */
function readExtensions(packet: Buffer, type: MessageType, start: number): Extensions | Fault {
  const extensions: ReadExtensions = {}
  let at = start
  for (let left = packet.readUInt16BE(AT.extensions); left > 0; left--) {
    const room = packet.length - at
    const length = room < EXTENSION_HEAD ? Infinity : packet.readUInt32BE(at)
    if (length % 8 !== 0 && length !== Infinity) {
      return `Received a ${type} packet without proper padding (${length} bytes)`
    }
    if (length < EXTENSION_HEAD || length > room) {
      return `Received invalid ${type} packet with extension data that exceeds total packet length (${packet.length})`
    }
    if (!readExtension(packet, at, at + length, extensions)) {
      return `Received a ${type} packet with a malformed extension`
    }
    at += length
  }
  if (at === packet.length) return extensions
  return `Received invalid ${type} packet of length ${packet.length} but expected length ${at}`
}

/** False if what it says does not fit in it, or is not what it is said to be. */
function readExtension(packet: Buffer, at: number, end: number, out: ReadExtensions): boolean {
  const data = at + EXTENSION_HEAD
  const size = end - data
  switch (packet.readUInt16BE(at + 4)) {
    case EXTENSION.hostname:
      out.hostname = readText(packet, data, size)
      return HOSTNAME.test(out.hostname)
    case EXTENSION.humanName:
      out.humanName = readText(packet, data, size)
      return !CONTROL.test(out.humanName)
    case EXTENSION.forgotten: {
      if (size < ID_BYTES + 8) return false
      const forgotten = {
        id: latin1(packet, data, ID_BYTES),
        seconds: readNumber(packet, data + ID_BYTES),
      }
      out.forgotten ??= []
      out.forgotten.push(forgotten)
      return isNodeId(forgotten.id) && forgotten.seconds >= 0
    }
    case EXTENSION.shardId:
      if (size < ID_BYTES) return false
      out.shardId = latin1(packet, data, ID_BYTES)
      return isNodeId(out.shardId)
    default:
      // Of a later version, which manages without our understanding it.
      return true
  }
}

function readUpdate(packet: Buffer, header: Header): BusMessage | Fault {
  const configEpoch = readNumber(packet, HEADER_BYTES)
  const node = latin1(packet, HEADER_BYTES + 8, ID_BYTES)
  if (configEpoch < 0 || !isNodeId(node)) return 'Received a malformed update packet'
  const slotsAt = HEADER_BYTES + 8 + ID_BYTES
  const slots = packet.subarray(slotsAt, slotsAt + SLOT_MAP_BYTES)
  return { type: 'update', header, node, configEpoch, slots }
}

function readModule(packet: Buffer, header: Header): BusMessage {
  return {
    type: 'module',
    header,
    // In the order of the sender's machine, which is taken for one like all of today.
    moduleId: packet.readBigUInt64LE(HEADER_BYTES),
    kind: packet[HEADER_BYTES + 12] ?? 0,
    payload: packet.subarray(HEAD_BYTES),
  }
}

/** -1 if it is too large to be a number here. */
function readNumber(packet: Buffer, at: number): number {
  const high = packet.readUInt32BE(at)
  return high > 0x1fffff ? -1 : high * 2 ** 32 + packet.readUInt32BE(at + 4)
}

function latin1(packet: Buffer, at: number, length: number): string {
  return packet.toString('latin1', at, at + length)
}

/** Up to the first NUL, if there is one. */
function readText(packet: Buffer, at: number, size: number): string {
  let end = at
  while (end < at + size && packet[end] !== 0) end++
  return packet.toString('latin1', at, end)
}

/** Empty where there is none, undefined where there is something else. */
function readOptionalId(packet: Buffer, at: number): string | undefined {
  if (packet[at] === 0) return ''
  const id = latin1(packet, at, ID_BYTES)
  return isNodeId(id) ? id : undefined
}

const NODE_ID = /^[0-9a-z]{40}$/
const ADDRESS = /^[0-9A-Za-z.:%_-]*$/
const HOSTNAME = /^[0-9A-Za-z.-]*$/
const CONTROL = /[\0-\x1f\x7f]/

/** As Redis takes for one where it looks. */
export function isNodeId(text: string): boolean {
  return NODE_ID.test(text)
}

function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}

// ---- Writing -------------------------------------------------------------------------------------

export function encode(message: BusMessage): Buffer {
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
  packet.fill(0, AT.master, HEADER_BYTES)
  packet.writeUInt32BE(SIGNATURE, 0)
  packet.writeUInt32BE(packet.length, AT.length)
  packet.writeUInt16BE(VERSION, AT.version)
  packet.writeUInt16BE(header.port, AT.port)
  packet.writeUInt16BE(MESSAGE_TYPES.indexOf(type), AT.type)
  packet.writeUInt16BE(0, AT.count)
  writeNumber(packet, AT.currentEpoch, header.currentEpoch)
  writeNumber(packet, AT.configEpoch, header.configEpoch)
  writeNumber(packet, AT.offset, header.offset)
  writeId(packet, AT.sender, header.sender)
  writeSlots(packet, AT.slots, header.slots)
  if (header.master !== '') writeId(packet, AT.master, header.master)
  writeIp(packet, AT.ip, header.ip)
  packet.writeUInt16BE(header.otherPort, AT.otherPort)
  packet.writeUInt16BE(header.busPort, AT.busPort)
  packet.writeUInt16BE(header.flags, AT.flags)
  packet[AT.state] = header.isDown ? 1 : 0
  packet[AT.messageFlags] =
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
  packet.writeUInt16BE(gossip.length, AT.count)
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
    packet.writeUInt16BE(count, AT.extensions)
    packet[AT.messageFlags] = (packet[AT.messageFlags] ?? 0) | MESSAGE_FLAGS.hasExtensions
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
