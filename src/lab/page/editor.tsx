// CodeMirror as a component: ACL rules with their colours, remarks and completion.

import { autocompletion, closeCompletion } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { EditorState, type Text } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import type { RefObject } from 'preact'
import { useEffect, useImperativeHandle, useRef } from 'preact/hooks'
import type { Finding } from '../protocol.ts'
import { aclRules, completion } from './acl-language.ts'
import { cutSecrets } from './secrets.ts'

export interface EditorProps {
  readonly label: string
  /** Taken over when the revision changes: while one types, the editor is ahead of its owner. */
  readonly text: string
  readonly revision: number
  readonly onText: (text: string) => void
  /** Ctrl-Enter, or Cmd-Enter. */
  readonly onSubmit: () => void
  /** What rules can name: commands and subcommands. */
  readonly names: readonly string[]
  readonly categories: readonly string[]
  readonly check?: ((text: string) => Promise<readonly Finding[]>) | undefined
  readonly handle: RefObject<EditorHandle | null>
}

/** What its owner can do with an editor. */
export interface EditorHandle {
  /** Selects a place and shows it. */
  goTo(place: Pick<Finding, 'line' | 'column' | 'length'>): void
  closeCompletion(): void
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
    if (view.current !== null) take(view.current, props.text)
  }, [props.revision])

  useImperativeHandle(props.handle, () => ({
    goTo: finding => view.current !== null && goTo(view.current, finding),
    closeCompletion: () => view.current !== null && closeCompletion(view.current),
  }))
  return <div class="editor" ref={place} />
}

/** Changes what differs, and shows it, so that the cursor and the rest stay where they are. */
function take(editor: EditorView, text: string): void {
  const known = editor.state.doc.toString()
  if (known === text) return
  const shorter = Math.min(known.length, text.length)
  let start = 0
  while (start < shorter && known[start] === text[start]) start++
  let end = 0
  while (end < shorter - start && known.at(-1 - end) === text.at(-1 - end)) end++
  const insert = text.slice(start, text.length - end)
  editor.dispatch({
    changes: { from: start, to: known.length - end, insert },
    selection: { anchor: start + insert.length },
    scrollIntoView: start > 0,
  })
}

function goTo(editor: EditorView, place: Place): void {
  const { from, to } = rangeOf(place, editor.state.doc)
  editor.dispatch({
    selection: { anchor: from, head: to },
    effects: EditorView.scrollIntoView(from, { y: 'center' }),
  })
  editor.focus()
}

type Place = Pick<Finding, 'line' | 'column' | 'length'>

function extensions(latest: { readonly current: EditorProps }) {
  const submit = (view: EditorView): boolean => {
    closeCompletion(view)
    latest.current.onSubmit()
    return true
  }
  const { label, names, categories, check } = latest.current
  return [
    EditorView.cspNonce.of(document.documentElement.dataset['nonce'] ?? ''),
    // What can be edited can be reached anyway; but not everything that looks for it knows so.
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
    EditorView.lineWrapping,
    lineNumbers(),
    history(),
    aclRules(),
    cutSecrets(),
    autocompletion({ override: [completion(names, categories)], icons: false }),
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

function diagnostic(finding: Finding, doc: Text): Diagnostic {
  const { severity, message, why, cure } = finding
  const parts = [message, why, cure].filter(part => part !== '')
  return { ...rangeOf(finding, doc), severity, message: parts.join('\n') }
}

/** The text may have become shorter since the place was found. */
function rangeOf({ line, column, length }: Place, doc: Text): { from: number; to: number } {
  const { from: start, to: end } = doc.line(Math.min(line, doc.lines))
  const from = Math.min(start + column - 1, end)
  return { from, to: Math.min(from + length, end) }
}
