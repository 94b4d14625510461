// Snapshots put together by hand, and someone who writes down what is in one.

import fs from 'node:fs'
import { digestOfValue } from '../../src/persistence/digest.ts'
import {
  type SnapshotKey,
  type SnapshotLoader,
  type SnapshotOptions,
  SnapshotReader,
} from '../../src/persistence/snapshot-reader.ts'
import { defaultEncodingLimits } from '../../src/store/value.ts'
import { crc64 } from '../../src/util/crc.ts'
import { string } from '../helpers/bombs.ts'
import { OLD_PAYLOADS } from './old-payloads.ts'

const FOOTER_SIZE = 10

/** Values of all types, each as its type and body: as 7.4 writes them, and as older versions did. */
export function valuesOfAllTypes(): Buffer[] {
  const recorded = JSON.parse(
    fs.readFileSync(new URL('../recorded/payloads-7.4.json', import.meta.url), 'utf8'),
  ) as { readonly payload: string }[]
  return [
    ...recorded.map(({ payload }) => Buffer.from(payload, 'hex').subarray(0, -FOOTER_SIZE)),
    ...OLD_PAYLOADS.map(([, hex]) => Buffer.from(hex.replaceAll(' ', ''), 'hex')),
  ]
}

export function keyOf(name: string, value: Buffer): Buffer {
  return Buffer.concat([value.subarray(0, 1), string(name), value.subarray(1)])
}

/** Bytes in hexadecimal. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

/** A file with these items, and with its end. */
export function fileOf(items: readonly Buffer[], version = '0012'): Buffer {
  const bytes = Buffer.concat([Buffer.from(`REDIS${version}`), ...items, Buffer.of(0xff)])
  const checksum = Buffer.alloc(8)
  checksum.writeBigUInt64LE(crc64(bytes))
  return Number(version) < 5 ? bytes : Buffer.concat([bytes, checksum])
}

export class Notes implements SnapshotLoader {
  readonly lines: string[] = []

  remark(name: string, text: string): void {
    this.lines.push(`remark ${name} ${text}`)
  }

  library(code: string): void {
    this.lines.push(`library ${code}`)
  }

  key({ database, key, value, expireAt, idleSeconds, frequency }: SnapshotKey): void {
    let line = `${database} ${key} ${value.encoding} ${digestOfValue(value)}`
    if (expireAt !== undefined) line += ` expires ${expireAt}`
    if (idleSeconds !== undefined) line += ` idle ${idleSeconds}`
    if (frequency !== undefined) line += ` frequency ${frequency}`
    this.lines.push(line)
  }

  emptyKey(key: string): void {
    this.lines.push(`empty ${key}`)
  }

  unchecked(): void {
    this.lines.push('unchecked')
  }
}

export function readerFor(notes: Notes, options: Partial<SnapshotOptions> = {}): SnapshotReader {
  return new SnapshotReader(notes, defaultEncodingLimits(), {
    databases: 16,
    skipsChecksum: false,
    ...options,
  })
}

/** What is in a snapshot, and what follows it, read in pieces of the sizes that are given. */
export function read(
  bytes: Buffer,
  sizeOf: (at: number) => number,
  options?: Partial<SnapshotOptions>,
): { readonly lines: readonly string[]; readonly rest: string } {
  const notes = new Notes()
  const reader = readerFor(notes, options)
  let at = 0
  let ended = false
  while (at < bytes.length && !ended) {
    // A piece of its own, which is overwritten afterwards: nothing of it may be kept.
    const piece = Buffer.from(bytes.subarray(at, at + sizeOf(at)))
    at += piece.length
    ended = reader.push(piece)
    if (ended) at -= reader.rest?.length ?? 0
    piece.fill(0x55)
  }
  reader.end()
  return { lines: notes.lines, rest: bytes.toString('latin1', at) }
}
