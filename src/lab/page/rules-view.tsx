// The rules: editor, what is wrong with them, and how to give them to the server.

import { useRef, useState } from 'preact/hooks'
import type { Finding } from '../protocol.ts'
import { Editor, type EditorHandle } from './editor.tsx'
import { FindingsView } from './findings-view.tsx'
import { RulesTools } from './rules-tools.tsx'
import type { Lab } from './use-lab.ts'

export function RulesView({ lab }: { readonly lab: Lab }) {
  const [refused, setRefused] = useState<readonly Finding[]>([])
  const [error, setError] = useState<string>()
  const editor = useRef<EditorHandle>(null)
  const { draft, findings, isChanged, state } = lab
  const apply = (): void => {
    lab
      .apply()
      .then(found => {
        setRefused(found)
        lab.say(found.length === 0 ? 'Rules applied to the server.' : 'Not applied.')
      })
      .catch((failure: Error) => setError(failure.message))
  }
  const edit = (text: string): void => {
    setRefused([])
    setError(undefined)
    lab.setDraft(text)
  }
  return (
    <section class="panel rules" aria-labelledby="rules-title">
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
      <RulesTools lab={lab} />
      <Notices lab={lab} error={error} />
      <Editor
        label="ACL rules, one user a line"
        text={draft}
        revision={lab.revision}
        onText={edit}
        onSubmit={apply}
        names={state.names}
        categories={state.categories}
        check={lab.check}
        handle={editor}
      />
      <FindingsView {...{ findings, refused }} onPick={place => editor.current?.goTo(place)} />
    </section>
  )
}

function Notices({ lab, error }: { readonly lab: Lab; readonly error: string | undefined }) {
  return (
    <>
      {lab.isOutdated && (
        <p class="notice">
          The users on the server were changed meanwhile. Apply replaces them, Revert shows them.
        </p>
      )}
      {lab.isShared && (
        <p class="notice">
          These rules came with a link, without passwords. Look at them before you apply them.
        </p>
      )}
      {error !== undefined && (
        <p class="notice bad" role="alert">
          Not applied: {error}
        </p>
      )}
    </>
  )
}
