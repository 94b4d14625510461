// The order in which SCAN meets the entries of a hash table: by the bits of their hashes, the
// lowest first. An entry's place in it is its own, whatever comes, goes or moves, and whatever the
// size of the table: in a larger one, each part of the order is cut into smaller ones. So a cursor
// says up to where everything has been visited, and an entry that stays is met once, with no state
// in the server.

/** Hashes have so many bits, see util/hash.ts. */
const BITS = 30
const END = 2 ** BITS
/** Where few entries stand in much room, a call ends after so many parts for each that it wants. */
const PARTS_PER_ENTRY = 10

/** The place of a hash in the order. */
export function scanPlace(hash: number): number {
  let bits = ((hash >>> 1) & 0x55555555) | ((hash & 0x55555555) << 1)
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2)
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4)
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8)
  return ((bits >>> 16) | (bits << 16)) >>> (32 - BITS)
}

/** The cursor of a client, which may be any number. */
export function validCursor(cursor: number): number {
  return cursor % END
}

/**
 * Goes on from a cursor in a table where the lowest bits of a hash say where its home is.
 * @param homes how many homes there are: a power of two
 * @param count how many entries are asked for
 * @param visit visits the entries of a home that are not before the cursor; returns how many
 * @returns the cursor of the next call, 0 at the end
 */
export function scanHomes(
  homes: number,
  cursor: number,
  count: number,
  visit: (home: number, cursor: number) => number,
): number {
  const part = END / homes
  let place = cursor - (cursor % part)
  let visited = 0
  for (let parts = count * PARTS_PER_ENTRY; parts > 0 && visited < count; parts--) {
    visited += visit(scanPlace(place), cursor)
    place += part
    if (place >= END) return 0
  }
  return place
}
