// The rules: editor, what is wrong with them, and how to give them to the server.

import { useState } from 'preact/hooks'
import type { Finding } from '../protocol.ts'
import { Editor } from './editor.tsx'
import type { Lab } from './use-lab.ts'

export function RulesView({ lab }: { readonly lab: Lab }) {
  const [error, setError] = useState<string>()
  const { draft, findings, isChanged, isOutdated, state } = lab
  const apply = (): void => {
    lab
      .apply()
      .catch((failure: Error) => failure.message)
      .then(failure => {
        setError(failure)
        lab.say(failure === undefined ? 'Rules applied to the server.' : `Not applied. ${failure}`)
      })
  }
  const edit = (text: string): void => {
    setError(undefined)
    lab.setDraft(text)
  }
  return (
    <section class="panel" aria-labelledby="rules-title">
      <header class="panel-head">
        <h2 id="rules-title">Rules</h2>
        <span class="quiet">{isChanged ? 'Edited, not applied' : 'As on the server'}</span>
        <div class="actions">
          <button type="button" onClick={lab.takeServers} disabled={!isChanged}>
            Revert
          </button>
          <button type="button" class="primary" onClick={apply} disabled={!isChanged}>
            Apply <kbd>Ctrl ↵</kbd>
          </button>
        </div>
      </header>
      {isOutdated && (
        <p class="notice">
          The users on the server were changed meanwhile. Apply replaces them, Revert shows them.
        </p>
      )}
      {error !== undefined && (
        <p class="notice bad" role="alert">
          Not applied: {error}
        </p>
      )}
      <Editor
        label="ACL rules, one user a line"
        text={draft}
        revision={lab.revision}
        onText={edit}
        onSubmit={apply}
        commands={state.commands}
        categories={state.categories}
        check={lab.check}
      />
      <Findings findings={findings} />
    </section>
  )
}

const NAMES = { error: 'Error', warning: 'Warning', info: 'Note' } as const

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return <p class="empty">No remarks.</p>
  return (
    <ul class="findings" aria-label="Remarks on the rules">
      {findings.map(finding => (
        <li key={`${finding.line}:${finding.column}:${finding.message}`}>
          <span class={`tag ${finding.severity}`}>{NAMES[finding.severity]}</span>
          <span class="quiet">
            {finding.line}:{finding.column}
          </span>
          <span>
            {finding.message}{' '}
            <span class="quiet" title={finding.why}>
              {finding.cure}
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}
