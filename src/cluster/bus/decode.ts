// Reads what comes on the cluster bus and believes nothing: each length is held against the bytes
// that are there before it is used, and what would end up in CLUSTER NODES, nodes.conf or a log is
// looked at here.
//
// Redis checks lengths alone. Beyond that, dropped here are ids and addresses that would not read
// as one word, an extension that is too short for what it says, and numbers of 2^53 and more.

import { TEXT_MAX } from '../../util/limits.ts'
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
  SIGNATURE,
} from './layout.ts'
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

/** Of a packet that is read: a longer one says more than a text can hold. */
const PACKET_MAX = HEAD_BYTES + 2 * TEXT_MAX
/** What extensions take at the most: some 18000 forgotten nodes. */
const EXTENSIONS_MAX = 2 ** 20

/** Why a packet is dropped, as the log says it. */
export type Fault = string

/** The length that a packet announces, or undefined if what begins there is none. */
export function announcedLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.readUInt32BE(at) !== SIGNATURE) return undefined
  const length = bytes.readUInt32BE(at + FIELD_AT.length)
  return length < HEADER_BYTES ? undefined : length
}

/** Undefined for a type that nobody knows. */
export function typeOf(head: Buffer): MessageType | undefined {
  return MESSAGE_TYPES[head.readUInt16BE(FIELD_AT.type)]
}

/** The number of the type, known or not. */
export function typeNumberOf(head: Buffer): number {
  return head.readUInt16BE(FIELD_AT.type)
}

/**
 * What is wrong with a packet as far as its head says: version, type, and whether the length that
 * it announces is that of what it announces. The head is the first HEAD_BYTES, or all of it.
 */
export function headFault(head: Buffer): Fault | undefined {
  if (head.readUInt16BE(FIELD_AT.version) !== BUS_VERSION)
    return 'Received a packet of another version'
  const type = typeOf(head)
  if (type === undefined) return `Received unknown packet type: ${typeNumberOf(head)}`
  const length = head.readUInt32BE(FIELD_AT.length)
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
      return HEADER_BYTES + GOSSIP_BYTES * head.readUInt16BE(FIELD_AT.count)
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
  return isPing && ((head[FIELD_AT.messageFlags] ?? 0) & MESSAGE_FLAGS.hasExtensions) !== 0
}

// ---- Reading ------------------------------------------------------------------------------------

/** Reads a whole packet, of just the length that it announces; or says what is wrong with it. */
export function decodePacket(packet: Buffer): BusMessage | Fault {
  const fault = headFault(packet)
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
  const currentEpoch = readNumber(packet, FIELD_AT.currentEpoch)
  const configEpoch = readNumber(packet, FIELD_AT.configEpoch)
  const offset = readNumber(packet, FIELD_AT.offset)
  const sender = latin1(packet, FIELD_AT.sender, ID_BYTES)
  const master = readOptionalId(packet, FIELD_AT.master)
  const ip = readText(packet, FIELD_AT.ip, IP_BYTES)
  if (!isNodeId(sender) || master === undefined || !isAddress(ip)) return undefined
  if (currentEpoch < 0 || configEpoch < 0 || offset < 0) return undefined
  const messageFlags = packet[FIELD_AT.messageFlags] ?? 0
  return {
    sender,
    master,
    currentEpoch,
    configEpoch,
    offset,
    slots: packet.subarray(FIELD_AT.slots, FIELD_AT.slots + SLOT_MAP_BYTES),
    ip,
    port: packet.readUInt16BE(FIELD_AT.port),
    otherPort: packet.readUInt16BE(FIELD_AT.otherPort),
    busPort: packet.readUInt16BE(FIELD_AT.busPort),
    flags: packet.readUInt16BE(FIELD_AT.flags),
    isDown: packet[FIELD_AT.state] !== 0,
    isPaused: (messageFlags & MESSAGE_FLAGS.paused) !== 0,
    forcesVote: (messageFlags & MESSAGE_FLAGS.forcesVote) !== 0,
  }
}

function readPing(packet: Buffer, type: PingMessage['type'], header: Header): PingMessage | Fault {
  const count = packet.readUInt16BE(FIELD_AT.count)
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
  for (let left = packet.readUInt16BE(FIELD_AT.extensions); left > 0; left--) {
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
function isNodeId(text: string): boolean {
  return NODE_ID.test(text)
}

function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}
