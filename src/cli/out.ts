// Where the program speaks: the only file that writes to the terminal, or a report to a file, so
// that no tool can forget to make harmless what came from outside. Each tool puts its own names in
// one line (util/printable.ts); whatever it missed is escaped here.

import fs from 'node:fs'
import { printable, printableJson, printableLines } from '../util/printable.ts'
import * as colour from './colour.ts'

/** Writes a result; the exit code of success. */
export function print(text: string): number {
  const shown = printableLines(text)
  const isColoured = wantsColour(process.stdout.isTTY === true, process.env)
  process.stdout.write(isColoured ? colour.coloured(shown) : shown)
  return 0
}

/** FORCE_COLOR counts before NO_COLOR, as in Node; 0 and false are none. */
export function wantsColour(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, TERM: terminal } = environment
  if (force !== undefined) return force !== '0' && force !== 'false'
  return isTerminal && (none ?? '') === '' && terminal !== 'dumb'
}

/** What a shell reads: never in colour. */
export function printScript(text: string): number {
  process.stdout.write(printableLines(text))
  return 0
}

/** A report that is JSON. */
export function jsonText(
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
): string {
  return printableJson(`${JSON.stringify(value, replacer, 2)}\n`)
}

/** One line, for programs that read line by line. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(printableJson(`${JSON.stringify(value)}\n`))
}

/** What is no result: standard error. */
export function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}

export function sayLines(text: string): void {
  process.stderr.write(printableLines(text))
}

/** On a terminal, a line that the next one replaces. */
export function sayForNow(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${printable(text)}`)
}

/** A report as a file. It will be shown as well. */
export function writeReportFile(file: string, text: string): void {
  fs.writeFileSync(file, printableLines(text))
}

/** What Redis reads again: bytes, as a binary string. */
export function writeBytesFile(file: string, bytes: string): void {
  fs.writeFileSync(file, bytes, 'latin1')
}
