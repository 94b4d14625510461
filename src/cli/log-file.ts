// Where log lines go: standard output, or the logfile, which is opened for every line so that it
// may be moved away.

import fs from 'node:fs'
import { toText } from '../util/bytes.ts'

export class LogFile {
  file = ''
  readonly write = (line: string): void => {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    try {
      if (this.file === '') fs.writeSync(1, bytes)
      else fs.appendFileSync(toText(this.file), bytes)
    } catch {
      // Redis goes on as well when it cannot write its log.
    }
  }
}
