// The server's log: lines in Redis's format, to whoever listens. Nothing secret comes here, and
// nothing that would steer the terminal on which the log is read, or look like a line of its own.

import { fromText } from '../util/bytes.ts'
import type { Clock } from '../util/clock.ts'
import { printableBytes } from '../util/printable.ts'

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning' | 'nothing'

const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning', 'nothing']
const MARKS: Readonly<Record<LogLevel, string>> = {
  debug: '.',
  verbose: '-',
  notice: '*',
  warning: '#',
  nothing: '',
}
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

export class Log {
  level: LogLevel = 'notice'
  /** As Redis marks its lines: C before it is a server and in a child, M a master, S a replica. */
  role: 'C' | 'M' | 'S' = 'M'
  readonly #clock: Clock
  readonly #sink: ((line: string) => void) | undefined

  constructor(clock: Clock, sink: ((line: string) => void) | undefined) {
    this.#clock = clock
    this.#sink = sink
  }

  debug(message: string): void {
    this.#write('debug', message)
  }

  verbose(message: string): void {
    this.#write('verbose', message)
  }

  notice(message: string): void {
    this.#write('notice', message)
  }

  warning(message: string): void {
    this.#write('warning', message)
  }

  /** Lines of what goes on beside commands, which in Redis is a process of its own. */
  inChild(say: () => void): void {
    const { role } = this
    this.role = 'C'
    say()
    this.role = role
  }

  /** Lines without the time: a banner. */
  raw(text: string): void {
    this.#sink?.(text)
  }

  #write(level: LogLevel, message: string): void {
    if (this.#sink === undefined || LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return
    const head = `${process.pid}:${this.role} ${stamp(this.#clock.now())} ${MARKS[level]}`
    this.#sink(`${head} ${fromText(printableBytes(message))}`)
  }
}

function stamp(now: number): string {
  const date = new Date(now)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()} ${time}.${milliseconds}`
}
