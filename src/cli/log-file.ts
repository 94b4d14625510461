// Where log lines go: standard output, or the logfile, which is opened for every line so that it
// may be moved away.

import fs from 'node:fs'
import { toText } from '../util/bytes.ts'

export class LogFile {
  file = ''
  readonly #elsewhere: ((line: string) => void) | undefined

  /** @param elsewhere takes the lines, binary strings, while no file is named */
  constructor(elsewhere?: (line: string) => void) {
    this.#elsewhere = elsewhere
  }

  readonly write = (line: string): void => {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    try {
      if (this.file !== '') fs.appendFileSync(toText(this.file), bytes)
      else if (this.#elsewhere === undefined) fs.writeSync(1, bytes)
      else this.#elsewhere(line)
    } catch {
      // Redis goes on as well when it cannot write its log.
    }
  }
}
