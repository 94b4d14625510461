// CodeMirror as a component: ACL rules with their colours, remarks and completion.

import { autocompletion } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { EditorState, type Text } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'preact/hooks'
import type { CommandView, Finding } from '../protocol.ts'
import { aclRules, completion } from './acl-language.ts'

export interface EditorProps {
  readonly label: string
  /** Taken over when the revision changes: while one types, the editor is ahead of its owner. */
  readonly text: string
  readonly revision: number
  readonly onText: (text: string) => void
  /** Ctrl-Enter, or Cmd-Enter. */
  readonly onSubmit: () => void
  readonly commands: readonly CommandView[]
  readonly categories: readonly string[]
  readonly check?: ((text: string) => Promise<readonly Finding[]>) | undefined
}

const LINT_DELAY_MS = 250

export function Editor(props: EditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    if (place.current === null) return
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({ doc: props.text, extensions: extensions(latest) }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [])

  useEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === props.text) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.text } })
  }, [props.revision])

  return <div class="editor" ref={place} />
}

function extensions(latest: { readonly current: EditorProps }) {
  const submit = (): boolean => {
    latest.current.onSubmit()
    return true
  }
  const { label, commands, categories, check } = latest.current
  return [
    EditorView.cspNonce.of(document.documentElement.dataset['nonce'] ?? ''),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
    EditorView.lineWrapping,
    lineNumbers(),
    history(),
    aclRules(),
    autocompletion({ override: [completion(commands, categories)], icons: false }),
    keymap.of([
      { key: 'Mod-Enter', run: submit },
      ...lintKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    EditorView.updateListener.of(update => {
      if (update.docChanged) latest.current.onText(update.state.doc.toString())
    }),
    check === undefined
      ? []
      : [
          lintGutter(),
          linter(
            async ({ state }) => {
              const findings = (await latest.current.check?.(state.doc.toString())) ?? []
              return findings.map(finding => diagnostic(finding, state.doc))
            },
            { delay: LINT_DELAY_MS },
          ),
        ],
  ]
}

// The text may have become shorter while the server was asked.
function diagnostic({ line, column, length, ...finding }: Finding, doc: Text): Diagnostic {
  const { from: start, to: end } = doc.line(Math.min(line, doc.lines))
  const from = Math.min(start + column - 1, end)
  const { severity, message, why, cure } = finding
  const to = Math.min(from + length, end)
  const parts = [message, why, cure].filter(part => part !== '')
  return { from, to, severity, message: parts.join('\n') }
}
