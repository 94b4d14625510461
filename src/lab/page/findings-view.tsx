// What is wrong with the rules: the worst first, counted, to be filtered, and each the way to its
// place in the text.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Finding, Severity } from '../protocol.ts'

export interface FindingsProps {
  readonly findings: readonly Finding[]
  /** What the server has refused when the rules were applied; empty if nothing. */
  readonly refused: readonly Finding[]
  readonly onPick: (finding: Finding) => void
}

const SEVERITIES = ['error', 'warning', 'info'] as const
const NAMES = { error: 'Error', warning: 'Warning', info: 'Note' } as const

export function FindingsView({ findings, refused, onPick }: FindingsProps) {
  const [only, setOnly] = useState<Severity>()
  const list = useRef<HTMLUListElement>(null)
  const counts = new Map(SEVERITIES.map(one => [one, ofSeverity(findings, one).length]))
  const isRefused = refused.length > 0
  const chosen = only !== undefined && counts.get(only) === 0 ? undefined : only
  const shown = isRefused ? refused : chosen ? ofSeverity(findings, chosen) : findings
  const first = shown[0] && keyOf(shown[0])
  // What has just come to the head of the list is what one wants to see.
  useEffect(() => list.current?.scrollTo({ top: 0 }), [first, isRefused])
  return (
    <section class="remarks" aria-labelledby="remarks-title">
      <header class="remarks-head">
        <h3 id="remarks-title">Remarks</h3>
        {isRefused ? (
          <p class="bad" role="alert">
            Not applied: Redis refuses {refused.length === 1 ? 'this' : `these ${refused.length}`}.
          </p>
        ) : (
          <Counts {...{ counts, chosen, setOnly }} />
        )}
      </header>
      {shown.length === 0 ? (
        <p class="empty">No remarks.</p>
      ) : (
        <ul class="findings" aria-label="Remarks on the rules" ref={list}>
          {shown.map(finding => (
            <FindingRow key={keyOf(finding)} finding={finding} onPick={onPick} />
          ))}
        </ul>
      )}
    </section>
  )
}

function ofSeverity(findings: readonly Finding[], severity: Severity): readonly Finding[] {
  return findings.filter(finding => finding.severity === severity)
}

function keyOf({ line, column, message }: Finding): string {
  return `${line}:${column}:${message}`
}

interface CountsProps {
  readonly counts: ReadonlyMap<Severity, number>
  readonly chosen: Severity | undefined
  readonly setOnly: (severity: Severity | undefined) => void
}

/** Each is a filter: pressed, only these are shown. */
function Counts({ counts, chosen, setOnly }: CountsProps) {
  return (
    <div class="counts">
      {SEVERITIES.map(severity => {
        const count = counts.get(severity) ?? 0
        return (
          <button
            key={severity}
            type="button"
            class={`count ${severity}`}
            disabled={count === 0}
            aria-pressed={severity === chosen}
            onClick={() => setOnly(severity === chosen ? undefined : severity)}
          >
            {count} {NAMES[severity].toLowerCase()}
            {count === 1 ? '' : 's'}
          </button>
        )
      })}
    </div>
  )
}

interface RowProps {
  readonly finding: Finding
  readonly onPick: (finding: Finding) => void
}

function FindingRow({ finding, onPick }: RowProps) {
  const { severity, line, column, message, why, cure } = finding
  return (
    <li>
      <button type="button" class="finding" title={why} onClick={() => onPick(finding)}>
        <span class={`tag ${severity}`}>{NAMES[severity]}</span>
        <span class="quiet">
          {line}:{column}
        </span>
        <span>
          {message} <span class="quiet">{cure}</span>
        </span>
      </button>
    </li>
  )
}
