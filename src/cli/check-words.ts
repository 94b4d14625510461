// What all forms of a report say in the same words, and how text from outside is made harmless
// for all of them; what is special in a form, that form escapes.

import type { CheckReport, Finding, ProfileResult } from '../testing/tls/check.ts'
import { LIBRARIES } from '../testing/tls/cures.ts'
import { printable } from '../util/printable.ts'

/** What is asked of a client, in the words of the matrix. */
export const ASKED = {
  accept: 'work',
  refuse: 'refuse',
  fail: 'give up',
  either: 'either',
} as const

/** What a program did, where it was right and where it was not. */
export const DID = {
  worked: 'worked',
  accepted: 'accepted',
  refused: 'refused',
  failed: 'gave up',
  hung: 'hung',
  plaintext: 'spoke plain text',
  absent: 'never came',
} as const

export function verdict({ isRight, outcome, profile }: ProfileResult): string {
  if (isRight) return 'right'
  if (outcome === 'hung') return 'HUNG'
  if (outcome === 'plaintext') return 'PLAINTEXT'
  if (outcome === 'absent') return 'ABSENT'
  return profile.expects === 'accept' ? 'REFUSED' : 'ACCEPTED'
}

export function summary({ results, findings, seconds, library }: CheckReport): string {
  const right = results.filter(({ isRight }) => isRight).length
  const client = library === undefined ? '' : `, ${library}`
  const found = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return `${right} of ${results.length} right, ${found} (${seconds.toFixed(1)} s${client})`
}

/** What is to be known beside the numbers, a sentence each. */
export function remarks({ isService, isStopped }: CheckReport): string[] {
  return [
    ...(isStopped ? ['Stopped: the program does not work with a server that is right.'] : []),
    ...(isService
      ? ['The program keeps running: it was judged by its connections (--once: it has to end).']
      : []),
  ]
}

/** The line to change, or how to be told it. */
export function changeIn(
  { cure, fault }: Finding,
  { library }: Pick<CheckReport, 'library'>,
): string | undefined {
  if (cure !== undefined || fault === undefined || library !== undefined) return cure
  return `as the library has it: name it with --client (${LIBRARIES.join(', ')})`
}

const LINES_MAX = 20

export function lastLinesOf(output: string): string[] {
  const lines = output.split('\n').map(printable)
  return lines.filter(line => line.trim() !== '').slice(-LINES_MAX)
}

/** With the words of the program and of its command line on one line each, and printable. */
export function inPrint(report: CheckReport): CheckReport {
  return {
    ...report,
    command: report.command.map(printable),
    results: report.results.map(result => ({
      ...result,
      story: printable(result.story),
      lastLine: printable(result.lastLine),
    })),
  }
}
