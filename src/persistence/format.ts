// The numbers of the RDB format: what a value is written as, and what stands between values in a
// file. Redis 7.4 writes the highest form of each type; the older ones are only read.

export const RDB_VERSION = 12

/** Since these versions there is a packed set, and times of consumers; and fields that expire. */
export const REDIS_7_2 = 11
export const REDIS_7_4 = 12

export const RDB_TYPE = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  zset2: 5,
  modulePreGa: 6,
  module2: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  zsetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  streamListpacks: 15,
  hashListpack: 16,
  zsetListpack: 17,
  listQuicklist2: 18,
  streamListpacks2: 19,
  setListpack: 20,
  streamListpacks3: 21,
  hashMetadataPreGa: 22,
  hashListpackExPreGa: 23,
  hashMetadata: 24,
  hashListpackEx: 25,
} as const

export const OPCODE = {
  slotInfo: 244,
  function2: 245,
  functionPreGa: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resizeDb: 251,
  expireTimeMs: 252,
  expireTime: 253,
  selectDb: 254,
  end: 255,
} as const

/** The two upper bits of a length's first byte, and the two whole bytes that announce more. */
export const LENGTH_14_BITS = 0x40
export const LENGTH_32_BITS = 0x80
export const LENGTH_64_BITS = 0x81
export const LENGTH_ENCODED = 0xc0

export const ENCODED_INT8 = 0
export const ENCODED_INT16 = 1
export const ENCODED_INT32 = 2
export const ENCODED_LZF = 3

/** Nodes of a quicklist: one large element, or a listpack of elements. */
export const NODE_PLAIN = 1
export const NODE_PACKED = 2

/** What a file begins with: the magic word, and the version in four digits. */
export const MAGIC = 'REDIS'
export const HEAD_SIZE = 9
export const CHECKSUM_SIZE = 8
/** Files of older versions end without a checksum. */
export const FIRST_WITH_CHECKSUM = 5

/** The last millisecond at which a field may die. */
export const FIELD_EXPIRY_MAX = 2 ** 48 - 1

/** Bytes that are no RDB. RESTORE answers them with one error, a file is refused. */
export class CorruptRdb extends Error {
  override readonly name = 'CorruptRdb'
  /** So many bytes of a file were sound before it. */
  offset = 0
}

/** They end before what they began is whole. */
export class ShortRead extends CorruptRdb {
  constructor() {
    super('Unexpected EOF reading RDB file')
  }
}

/** Something stands there that no server of this version writes. */
export class UnknownItem extends CorruptRdb {}

/** The bytes are not those that were written. */
export class WrongChecksum extends CorruptRdb {
  constructor(computed: bigint, stored: bigint) {
    super(
      `Wrong RDB checksum expected: (${computed.toString(16)}) but got (${stored.toString(16)}). ` +
        'Aborting now.',
    )
  }
}

/** A file that does not even begin like one of ours. */
export class ForeignFile extends CorruptRdb {}

/** A sound file, but not for this server: it lacks databases or modules, or has keys already. */
export class UnsuitableFile extends CorruptRdb {}

/** It may be sound, but what it would become is more than this process can hold. */
export class TooLarge extends CorruptRdb {
  constructor() {
    super('The data is larger than the memory of this process')
  }
}

/** A collection without elements: RESTORE refuses it like any other fault, a file skips it. */
export class EmptyKey extends CorruptRdb {
  constructor() {
    super('Empty key')
  }
}
