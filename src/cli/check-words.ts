// What all forms of a report say in the same words, and how text from outside is made harmless
// for all of them; what is special in a form, that form escapes.

import type { CheckReport, ProfileResult } from '../testing/tls/check.ts'
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
} as const

export function verdict({ isRight, outcome, profile }: ProfileResult): string {
  if (isRight) return 'right'
  if (outcome === 'hung') return 'HUNG'
  if (outcome === 'plaintext') return 'PLAINTEXT'
  return profile.expects === 'accept' ? 'REFUSED' : 'ACCEPTED'
}

export function summary({ results, findings, seconds, library }: CheckReport): string {
  const right = results.filter(({ isRight }) => isRight).length
  const client = library === undefined ? '' : `, ${library}`
  const found = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return `${right} of ${results.length} right, ${found} (${seconds.toFixed(1)} s${client})`
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
