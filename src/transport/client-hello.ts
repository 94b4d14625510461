// The first message of a TLS client (RFC 8446, section 4.1.2), as far as it tells whom the client
// wants to reach and what it can do. Read only where somebody wants to know; OpenSSL reads it anew.

import { fromBuffer } from '../util/bytes.ts'

/** Whom a client wants to reach, and what it offers. */
export interface ClientHello {
  /** The server name indication, or undefined: there is none for an IP address. */
  readonly serverName: string | undefined
  /** The newest first, as node names them: 'TLSv1.3'. Unknown ones are left out. */
  readonly versions: readonly string[]
}

/** 'more': it has not arrived whole yet. Undefined: this is no TLS. */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | undefined {
  if (bytes.length > 0 && bytes[0] !== RECORD_HANDSHAKE) return undefined
  if (bytes.length < RECORD_HEADER) return 'more'
  const end = RECORD_HEADER + bytes.readUInt16BE(3)
  if (bytes.length < end) return 'more'
  try {
    return parse(bytes.subarray(RECORD_HEADER, end))
  } catch {
    // Cut short, or no hello at all: OpenSSL will say so.
    return { serverName: undefined, versions: [] }
  }
}

const RECORD_HANDSHAKE = 22
const RECORD_HEADER = 5
/** Message type and length, version, random. */
const BEFORE_SESSION = 4 + 2 + 32
const EXTENSION_SERVER_NAME = 0
const EXTENSION_VERSIONS = 43

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, 'TLSv1.3'],
  [0x0303, 'TLSv1.2'],
  [0x0302, 'TLSv1.1'],
  [0x0301, 'TLSv1'],
])

function parse(message: Buffer): ClientHello {
  const legacy = message.readUInt16BE(4)
  let at = BEFORE_SESSION
  at += 1 + message.readUInt8(at)
  at += 2 + message.readUInt16BE(at)
  at += 1 + message.readUInt8(at)
  const extensions = new Map<number, Buffer>()
  for (at += 2; at + 4 <= message.length; ) {
    const length = message.readUInt16BE(at + 2)
    extensions.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  const name = extensions.get(EXTENSION_SERVER_NAME)
  const list = extensions.get(EXTENSION_VERSIONS)
  return {
    // A list's length, the kind of the only name, its length, the name.
    serverName: name === undefined ? undefined : fromBuffer(name.subarray(5)),
    versions: list === undefined ? upTo(legacy) : versionsIn(list),
  }
}

function versionsIn(list: Buffer): string[] {
  const found: string[] = []
  for (let at = 1; at + 2 <= list.length; at += 2) {
    const name = VERSIONS.get(list.readUInt16BE(at))
    if (name !== undefined) found.push(name)
  }
  return found
}

/** Before TLS 1.3 a client named the newest version that it knew. */
function upTo(newest: number): string[] {
  return [...VERSIONS].filter(([version]) => version <= newest).map(([, name]) => name)
}
