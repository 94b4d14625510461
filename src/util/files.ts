// Files that are replaced whole: what is new is written beside the old and moved over it, and both
// the file and its folder are on the disk by then, so that a crash leaves the old one or the new.

import fs from 'node:fs'
import path from 'node:path'

const MODE = 0o644

/**
 * Writes a file anew, in as many blocks as `write` gives out; if anything is thrown, the old one is
 * as it was. `draft` is the name until it is complete, in the same folder.
 */
export function replaceFile(
  file: string,
  draft: string,
  write: (out: (block: Uint8Array) => void) => void,
): void {
  // One of a process that died is in the way; it might even be a link to somewhere else.
  fs.rmSync(draft, { force: true })
  try {
    const descriptor = fs.openSync(draft, 'wx', MODE)
    try {
      write(block => writeAll(descriptor, block))
      fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(draft, file)
    syncFolder(path.dirname(file))
  } catch (error) {
    fs.rmSync(draft, { force: true })
    throw error
  }
}

/** A system call may take less than it is given. */
function writeAll(descriptor: number, block: Uint8Array): void {
  for (let at = 0; at < block.length; ) {
    at += fs.writeSync(descriptor, block, at, Math.min(block.length - at, PART_MAX))
  }
}

/** No system call takes more than 2 GB. */
const PART_MAX = 2 ** 30

function syncFolder(folder: string): void {
  const descriptor = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Of how many bytes a regular file is; undefined if there is none. */
export function fileSize(file: string): number | undefined {
  const stats = fs.statSync(file, { throwIfNoEntry: false })
  return stats?.isFile() ? stats.size : undefined
}

/** The first `size` bytes of a file: fs.readFileSync() reads no more than 2 GB. */
export function readBytes(file: string, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  const descriptor = fs.openSync(file, 'r')
  try {
    let at = 0
    while (at < size) {
      const read = fs.readSync(descriptor, bytes, at, Math.min(size - at, PART_MAX), at)
      if (read === 0) break
      at += read
    }
    return bytes.subarray(0, at)
  } finally {
    fs.closeSync(descriptor)
  }
}
