// What lint is to look for: rules that are off or of another severity, by the command line and by a
// file in JSON, which is given or stands beside the policy.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { SEVERITIES } from '../policy/lint/finding.ts'
import { LINT_RULES, type LintOptions, type Severity } from '../policy/lint.ts'
import { toText } from '../util/bytes.ts'
import { suggest } from '../util/suggest.ts'
import { readBytes } from './input.ts'
import { UsageError } from './options.ts'

/** What it is called beside a policy. */
export const LINT_CONFIG = 'acl-lint.json'

type Severities = NonNullable<LintOptions['severities']>

/**
 * The severities for a policy file; for what is no file, those of the file that was given.
 * @throws UsageError
 */
export function severitiesFor(policy: string | undefined, given: string | undefined): Severities {
  if (given !== undefined) return readConfig(given)
  if (policy === undefined) return {}
  const beside = path.join(path.dirname(policy), LINT_CONFIG)
  return existsSync(beside) ? readConfig(beside) : {}
}

/** Misspelt, a rule would stay off or on unnoticed: nothing that is not known is passed over. */
function readConfig(file: string): Severities {
  const config = readJson(file)
  for (const key of Object.keys(config)) {
    if (key !== 'rules')
      throw new UsageError(`${file}: there is '${key}', but only rules are known`)
  }
  const { rules = {} } = config
  if (!isRecord(rules)) throw new UsageError(`${file}: rules are an object, by their ids`)
  const severities: Record<string, Severity | 'off'> = {}
  for (const [id, wanted] of Object.entries(rules)) {
    requireRule(id, `${file}: `)
    const severity = ([...SEVERITIES, 'off'] as const).find(known => known === wanted)
    if (severity === undefined) {
      throw new UsageError(`${file}: ${id} is one of off, ${SEVERITIES.join(', ')}`)
    }
    severities[id] = severity
  }
  return severities
}

/** @throws UsageError if there is no such lint rule */
export function requireRule(id: string, place = ''): void {
  const ids = LINT_RULES.map(rule => rule.id)
  if (ids.includes(id)) return
  const near = suggest(id, ids)
  const question = near === undefined ? '' : `. Did you mean '${near}'?`
  const there = place === '' ? 'There' : 'there'
  throw new UsageError(`${place}${there} is no lint rule '${id}'${question}`)
}

/**
 * An object out of a file.
 * @throws UsageError
 */
export function readJson(file: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(toText(readBytes(file)))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${file} is no JSON`)
  }
  if (!isRecord(value)) throw new UsageError(`${file} has no object`)
  return value
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
