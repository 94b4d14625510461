// What a server knows of its append-only files, if it keeps any: see persistence/aof/.

import type { ReplyError } from '../resp3/errors.ts'

export interface AppendOnly {
  /** Whether it is kept, or is going to be: a first base is under way. */
  readonly isOn: boolean
  /** Why nothing more may be written: what is answered would not be kept. */
  readonly failure: ReplyError | undefined
  /** How many bytes of effects were taken so far. */
  readonly takenOffset: number
  /** How many of these are on the disk; stands still under `appendfsync no`. */
  readonly fsyncedOffset: number
  /** Called whenever more is on the disk; returns how to end that. */
  onFsync(listener: () => void): () => void
  /** Somebody waits for it: `everysec` is at once, this time. */
  hurry(): void
  readonly facts: AppendOnlyFacts
  /** `appendonly no`. */
  switchOff(): void
  /** Before the process ends: puts all on the disk. False if data would be lost. */
  mayEnd(isForced: boolean): boolean
  /** What CONFIG RESETSTAT clears. */
  resetCounters(): void
}

/** What INFO shows. */
export interface AppendOnlyFacts {
  readonly isOn: boolean
  readonly isRewriting: boolean
  readonly isScheduled: boolean
  readonly lastRewriteSeconds: number
  readonly currentRewriteSeconds: number
  readonly lastRewriteFailed: boolean
  readonly rewrites: number
  readonly failuresInARow: number
  readonly lastWriteFailed: boolean
  readonly currentSize: number
  readonly baseSize: number
  readonly bufferedBytes: number
  readonly pendingFsyncs: number
}

/** Of a server that never had one. */
export const NO_APPEND_ONLY: AppendOnlyFacts = {
  isOn: false,
  isRewriting: false,
  isScheduled: false,
  lastRewriteSeconds: -1,
  currentRewriteSeconds: -1,
  lastRewriteFailed: false,
  rewrites: 0,
  failuresInARow: 0,
  lastWriteFailed: false,
  currentSize: 0,
  baseSize: 0,
  bufferedBytes: 0,
  pendingFsyncs: 0,
}
