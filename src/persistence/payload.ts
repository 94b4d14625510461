// One value on its own, as DUMP gives it and RESTORE takes it: type, body, the version of the
// format and a checksum over all of it.

import type { RdbVersion } from '../engine/server.ts'
import { err } from '../resp3/errors.ts'
import type { EncodingLimits, Value } from '../store/value.ts'
import { crc64 } from '../util/crc.ts'
import { CHECKSUM_SIZE, RDB_VERSION } from './format.ts'
import { loadBody } from './load-value.ts'
import { RdbReader } from './reader.ts'
import type { Room } from './room.ts'
import { losesExpiry, saveBody, saveType } from './save-value.ts'
import { RdbWriter } from './writer.ts'

/** As a payload goes where nobody would remove the fields. */
const NO_FORM = err('Fields with an expiry have no form in a payload of this RDB version')

const VERSION_SIZE = 2
export const FOOTER_SIZE = VERSION_SIZE + CHECKSUM_SIZE

/** @throws ReplyError if the version of the format has no form for the value */
export function requireForm(value: Value, version: RdbVersion): void {
  if (losesExpiry(value, version)) throw NO_FORM
}

/** @throws ReplyError as requireForm() */
export function dumpPayload(
  value: Value,
  compresses: boolean,
  version: RdbVersion = RDB_VERSION,
): Buffer {
  requireForm(value, version)
  const writer = new RdbWriter(compresses, version)
  saveType(writer, value)
  saveBody(writer, value)
  writer.uint16(version)
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
