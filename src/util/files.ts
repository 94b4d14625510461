// Files that are replaced whole: what is new is written beside the old and moved over it, and both
// the file and its folder are on the disk by then, so that a crash leaves the old one or the new.
// And files that are read block by block, however large they are.

import fs from 'node:fs'
import path from 'node:path'

/** What everybody may read, also in another container. */
export const PUBLIC_FILE = 0o644
const OWNER_ONLY = 0o600

/**
 * Writes a file anew, in as many blocks as `write` gives out; if anything is thrown, the old one is
 * as it was. `draft` is the name until it is complete, in the same folder.
 */
export function replaceFile(
  file: string,
  draft: string,
  write: (out: (block: Uint8Array) => void, descriptor: number) => void,
  mode = PUBLIC_FILE,
): void {
  writeDraft(draft, write, mode)
  try {
    fs.renameSync(draft, file)
    syncFolder(path.dirname(file))
  } catch (error) {
    fs.rmSync(draft, { force: true })
    throw error
  }
}

/** The first part of that: all is on the disk, under another name; or nothing is. */
export function writeDraft(
  draft: string,
  write: (out: (block: Uint8Array) => void, descriptor: number) => void,
  mode = PUBLIC_FILE,
): void {
  // One of a process that died is in the way; it might even be a link to somewhere else.
  fs.rmSync(draft, { force: true })
  try {
    const descriptor = fs.openSync(draft, 'wx', mode)
    try {
      write(block => writeAll(descriptor, block), descriptor)
      fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
  } catch (error) {
    fs.rmSync(draft, { force: true })
    throw error
  }
}

/** Writes a file that only its owner can read, whatever the permissions of the one before. */
export function replacePrivateFile(file: string, content: string | Uint8Array): void {
  replaceWhole(file, content, OWNER_ONLY)
}

/** The same with these permissions, whatever the umask is. */
export function replaceWhole(file: string, content: string | Uint8Array, mode: number): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  replaceFile(
    file,
    `${file}.${process.pid}.tmp`,
    (out, descriptor) => {
      fs.fchmodSync(descriptor, mode)
      out(bytes)
    },
    OWNER_ONLY,
  )
}

/** Replaces what is in a file, behind links as well; who may read it stays. */
export function replaceInPlace(file: string, bytes: string): void {
  const target = fs.realpathSync(file)
  replaceWhole(target, Buffer.from(bytes, 'latin1'), fs.statSync(target).mode & 0o777)
}

/** A system call may take less than it is given. */
function writeAll(descriptor: number, block: Uint8Array): void {
  for (let at = 0; at < block.length; ) {
    at += fs.writeSync(descriptor, block, at, Math.min(block.length - at, PART_MAX))
  }
}

/** No system call takes more than 2 GB. */
const PART_MAX = 2 ** 30

/** What was made, moved or deleted in a folder is so on the disk. */
export function syncFolder(folder: string): void {
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

/** What is read of a file at a time. */
const BLOCK_SIZE = 64 * 1024

/**
 * Gives out what is in a file, in blocks that are valid until the next, and how many bytes that is,
 * if it can be known. Undefined if there is no such file.
 */
export function readBlocks<T>(
  file: string,
  use: (blocks: Iterable<Buffer>, size: number | undefined) => T,
): T | undefined {
  const opened = openBlocks(file)
  if (opened === undefined) return undefined
  try {
    return use(opened.blocks, opened.size)
  } finally {
    opened.close()
  }
}

/** A file that is read for as long as it takes. */
export interface OpenBlocks {
  /** Valid until the next. */
  readonly blocks: Iterable<Buffer>
  readonly size: number | undefined
  close(): void
}

/** Undefined if there is no such file. */
export function openBlocks(file: string): OpenBlocks | undefined {
  const descriptor = openIfThere(file)
  if (descriptor === undefined) return undefined
  const stats = fs.fstatSync(descriptor)
  return {
    blocks: blocksOf(descriptor),
    size: stats.isFile() ? stats.size : undefined,
    close: () => fs.closeSync(descriptor),
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return fs.openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function* blocksOf(descriptor: number): Generator<Buffer> {
  const block = Buffer.allocUnsafe(BLOCK_SIZE)
  for (;;) {
    const read = fs.readSync(descriptor, block)
    if (read === 0) return
    yield block.subarray(0, read)
  }
}
