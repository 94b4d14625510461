// All function libraries in one payload, as FUNCTION DUMP gives it and FUNCTION RESTORE takes it:
// each library's code after an opcode, then version and checksum as behind a dumped value.

import type { RdbVersion } from '../engine/server.ts'
import { err, OOM } from '../resp3/errors.ts'
import { crc64 } from '../util/crc.ts'
import { CorruptRdb, OPCODE, RDB_VERSION, TooLarge } from './format.ts'
import { FOOTER_SIZE, isSound } from './payload.ts'
import { RdbReader } from './reader.ts'
import type { Room } from './room.ts'
import { RdbWriter } from './writer.ts'

export function dumpLibraries(
  codes: readonly string[],
  compresses: boolean,
  version: RdbVersion = RDB_VERSION,
): Buffer {
  const writer = new RdbWriter(compresses, version)
  for (const code of codes) {
    writer.byte(OPCODE.function2)
    writer.string(code)
  }
  writer.uint16(version)
  writer.uint64(crc64(writer.bytes))
  return writer.bytes
}

/** The codes of the libraries in a payload. */
export function readLibraries(bytes: Buffer, skipsChecksum: boolean, room: Room): string[] {
  if (!isSound(bytes, skipsChecksum)) throw err('DUMP payload version or checksum are wrong')
  const reader = new RdbReader(bytes, room, 0, bytes.length - FOOTER_SIZE)
  const codes: string[] = []
  while (reader.remaining > 0) {
    const type = reader.byte()
    if (type === OPCODE.functionPreGa) throw err('Pre-GA function format not supported')
    if (type !== OPCODE.function2) throw err('given type is not a function')
    codes.push(readCode(reader))
  }
  return codes
}

function readCode(reader: RdbReader): string {
  try {
    return reader.string()
  } catch (error) {
    if (error instanceof TooLarge) throw OOM
    if (error instanceof CorruptRdb) throw err('Failed loading library payload')
    throw error
  }
}
