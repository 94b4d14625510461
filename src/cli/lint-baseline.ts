// Old findings, which are known and do not count. They are known by what was found and where it
// belongs, not by lines and columns, so that lines may move.

import path from 'node:path'
import type { Finding } from '../policy/lint.ts'
import { toText } from '../util/bytes.ts'
import { obtain } from '../util/lazy.ts'
import { isRecord, readJson } from './lint-config.ts'
import { asText, type LintResult } from './lint-forms.ts'
import { UsageError } from './options.ts'
import { jsonText, writeReportFile } from './out.ts'

/** What is written down of a finding. */
interface OldFinding {
  /** Seen from the folder of the baseline. */
  readonly file: string
  readonly id: string
  /** '' if it is no user's. */
  readonly user: string
  readonly rule: string
  readonly detail: string
}

const FIELDS = ['file', 'id', 'user', 'rule', 'detail'] as const

export class Baseline {
  readonly #file: string
  /** How many there are of each. */
  readonly #counts = new Map<string, number>()

  /** One that is still empty. */
  constructor(file: string) {
    this.#file = file
  }

  /** @throws UsageError */
  static read(file: string): Baseline {
    const { version, findings } = readJson(file)
    if (version !== 1 || !Array.isArray(findings)) {
      throw new UsageError(`${file} is no baseline; --update-baseline writes one`)
    }
    const baseline = new Baseline(file)
    for (const finding of findings) baseline.#add(keyOf(oldFinding(file, finding)))
    return baseline
  }

  /** Leaves out what is old: of several that are alike as many as there were. */
  newIn(result: LintResult): LintResult {
    const left = new Map(this.#counts)
    const findings = result.findings.filter(finding => {
      const key = keyOf(this.#known(result, finding))
      const count = left.get(key) ?? 0
      left.set(key, count - 1)
      return count <= 0
    })
    return { ...result, findings, old: result.findings.length - findings.length }
  }

  /** Writes down all that was found; how many that is. */
  write(results: readonly LintResult[]): number {
    const findings = results.flatMap(result =>
      result.findings.map(finding => this.#known(result, finding)),
    )
    findings.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    writeReportFile(this.#file, jsonText({ version: 1, findings }))
    return findings.length
  }

  #add(key: string): void {
    this.#counts.set(key, obtain(this.#counts, key, () => 0) + 1)
  }

  #known({ name, isFile }: LintResult, finding: Finding): OldFinding {
    const { file: other, id, user = '', rule, detail } = asText(finding, toText)
    const own = isFile ? path.relative(path.dirname(this.#file), name) : name
    const file = (other ?? own).replaceAll(path.sep, '/')
    // Some findings name the column of another rule.
    return { file, id, user, rule, detail: detail.replace(/ \(column \d+\)/g, '') }
  }
}

function keyOf(finding: OldFinding): string {
  return JSON.stringify(FIELDS.map(name => finding[name]))
}

function oldFinding(file: string, value: unknown): OldFinding {
  const wrong = (): never => {
    throw new UsageError(`${file} is no baseline: a finding has ${FIELDS.join(', ')}`)
  }
  const textOf = (name: (typeof FIELDS)[number]): string => {
    const text = isRecord(value) ? value[name] : undefined
    return typeof text === 'string' ? text : wrong()
  }
  const [place, id, user] = [textOf('file'), textOf('id'), textOf('user')]
  return { file: place, id, user, rule: textOf('rule'), detail: textOf('detail') }
}
