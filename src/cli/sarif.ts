// SARIF 2.1.0, the form in which code scanning reads findings.

import { VERSION } from '../version.ts'

export interface SarifRule {
  /** Short and lasting: `verification-off`. */
  readonly id: string
  /** What is wrong, in a few words. */
  readonly title: string
  /** What to do about it, or more about what it means. */
  readonly help?: string | undefined
}

export interface SarifResult {
  readonly ruleId: string
  readonly level: 'error' | 'warning' | 'note'
  readonly message: string
  /** Relative to the working directory. Undefined: it is about no file. */
  readonly file?: string | undefined
  /** From 1. */
  readonly line?: number | undefined
  readonly column?: number | undefined
}

export interface SarifInput {
  readonly rules: readonly SarifRule[]
  readonly results: readonly SarifResult[]
}

/** A log with one run, as a value that is to be written as JSON. */
export function sarifLog({ rules, results }: SarifInput): object {
  const driver = {
    name: 'redis-tls-mock',
    version: VERSION,
    rules: rules.map(({ id, title, help }) => ({
      id,
      shortDescription: { text: title },
      ...(help !== undefined && { help: { text: help } }),
    })),
  }
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results: results.map(one => resultOf(one, rules)) }],
  }
}

function resultOf(
  { ruleId, level, message, ...place }: SarifResult,
  rules: readonly SarifRule[],
): object {
  const locations = place.file === undefined ? [] : [locationOf(place.file, place)]
  return {
    ruleId,
    ruleIndex: rules.findIndex(({ id }) => id === ruleId),
    level,
    message: { text: message },
    locations,
  }
}

function locationOf(
  file: string,
  { line = 1, column }: Pick<SarifResult, 'line' | 'column'>,
): object {
  const uri = encodeURI(file.replaceAll('\\', '/'))
  const region = { startLine: line, ...(column !== undefined && { startColumn: column }) }
  return { physicalLocation: { artifactLocation: { uri }, region } }
}
