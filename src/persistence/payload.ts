// One value on its own, as DUMP gives it and RESTORE takes it: type, body, the version of the
// format and a checksum over all of it.

import type { EncodingLimits, Value } from '../store/value.ts'
import { crc64 } from '../util/crc.ts'
import { CHECKSUM_SIZE, RDB_VERSION } from './format.ts'
import { loadBody } from './load-value.ts'
import { RdbReader } from './reader.ts'
import type { Room } from './room.ts'
import { saveBody, saveType } from './save-value.ts'
import { RdbWriter } from './writer.ts'

const VERSION_SIZE = 2
export const FOOTER_SIZE = VERSION_SIZE + CHECKSUM_SIZE

export function dumpPayload(value: Value, compresses: boolean): Buffer {
  const writer = new RdbWriter(compresses)
  saveType(writer, value)
  saveBody(writer, value)
  writer.uint16(RDB_VERSION)
  writer.uint64(crc64(writer.bytes))
  return writer.bytes
}

/** Whether version and checksum are right. */
export function isSound(payload: Buffer, skipsChecksum: boolean): boolean {
  if (payload.length < FOOTER_SIZE) return false
  if (payload.readUInt16LE(payload.length - FOOTER_SIZE) > RDB_VERSION) return false
  const end = payload.length - CHECKSUM_SIZE
  return skipsChecksum || crc64(payload.subarray(0, end)) === payload.readBigUInt64LE(end)
}

/** The value in a sound payload. Throws CorruptRdb if there is none, TooLarge if too much. */
export function loadPayload(payload: Buffer, limits: EncodingLimits, room?: Room): Value {
  // What stands behind the value is not looked at, as in Redis.
  const reader = new RdbReader(payload, room)
  return loadBody(reader, reader.byte(), limits)
}
