// Lines out of the bytes of a connection, one at a time, so that what follows a line can be bytes
// of another kind.

const LF = 10
const NOTHING: Buffer = Buffer.alloc(0)

export class Lines {
  readonly #most: number
  /** What has come of the next line. */
  #held: Buffer = NOTHING

  /** @param most how many bytes a line may have */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * Takes bytes up to the end of a line, and empty lines before it. Gives the line, if that end has
   * come, and what stands behind it; undefined if the line is too long.
   */
  take(bytes: Buffer): { readonly line: string | undefined; readonly rest: Buffer } | undefined {
    let start = 0
    if (this.#held.length === 0) while (bytes[start] === LF) start++
    const end = bytes.indexOf(LF, start)
    const part = end < 0 ? bytes.subarray(start) : bytes.subarray(start, end)
    if (this.#held.length + part.length > this.#most) return undefined
    this.#held = Buffer.concat([this.#held, part])
    if (end < 0) return { line: undefined, rest: NOTHING }
    const line = this.#held.toString('latin1').replace(/\r$/, '')
    this.#held = NOTHING
    return { line, rest: bytes.subarray(end + 1) }
  }
}
