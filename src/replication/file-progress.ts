// How much of the stream this server's own append-only file has on the disk. The file counts its own
// bytes, so it is remembered how far both were at the end of each turn.

import type { AppendOnly } from '../engine/append-only.ts'
import type { RedisServer } from '../engine/server.ts'

interface Pair {
  readonly stream: number
  readonly file: number
}

export class FileProgress {
  readonly #server: RedisServer
  readonly #moved: () => void
  #file: AppendOnly | undefined
  #stopListening: (() => void) | undefined
  /** Of which the file's part is not on the disk yet. */
  #pairs: Pair[] = []
  #last: Pair = { stream: -1, file: -1 }
  #offset = 0

  /** @param moved called when more is on the disk */
  constructor(server: RedisServer, moved: () => void) {
    this.#server = server
    this.#moved = moved
  }

  /** The file, if one is kept. */
  get file(): AppendOnly | undefined {
    const { settings, persistence } = this.#server
    const file = persistence.appendOnly
    return settings.appendonly && file?.isOn ? file : undefined
  }

  /** The last byte of the stream that is on the disk; undefined without a file. */
  get offset(): number | undefined {
    return this.file === undefined ? undefined : this.#offset
  }

  /** At the end of a turn: how far the stream is. */
  note(stream: number): void {
    const { file } = this
    if (file !== this.#file) this.#listenTo(file)
    if (file === undefined) return
    const { takenOffset } = file
    if (stream === this.#last.stream && takenOffset === this.#last.file) return
    this.#last = { stream, file: takenOffset }
    this.#pairs.push(this.#last)
    this.#update(file)
  }

  #listenTo(file: AppendOnly | undefined): void {
    this.#stopListening?.()
    this.#file = file
    this.#pairs = []
    this.#stopListening = file?.onFsync(() => {
      this.#update(file)
      this.#moved()
    })
  }

  #update({ fsyncedOffset }: AppendOnly): void {
    const count = this.#pairs.findIndex(({ file }) => file > fsyncedOffset)
    const done = this.#pairs.splice(0, count < 0 ? this.#pairs.length : count)
    this.#offset = done.at(-1)?.stream ?? this.#offset
  }

  close(): void {
    this.#listenTo(undefined)
  }
}
