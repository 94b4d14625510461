// Passwords and hashes are long, and nobody reads them: in the editor they are cut short, until the
// cursor comes to one.

import { type EditorState, type Extension, RangeSetBuilder } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from '@codemirror/view'

const SECRET = /(?<=^|[\s(])[<>#!][^\s()]{16,}/g
const SHOWN = 9

class CutSecret extends WidgetType {
  readonly #text: string

  constructor(secret: string) {
    super()
    this.#text = `${secret.slice(0, SHOWN)}…`
  }

  override eq(other: WidgetType): boolean {
    return other instanceof CutSecret && other.#text === this.#text
  }

  override toDOM(): HTMLElement {
    const place = document.createElement('span')
    place.className = 'acl-secret'
    place.textContent = this.#text
    return place
  }

  override ignoreEvent(): boolean {
    return false
  }
}

class CutSecrets {
  cuts: DecorationSet

  constructor(view: EditorView) {
    this.cuts = cutsIn(view)
  }

  update({ docChanged, selectionSet, viewportChanged, focusChanged, view }: ViewUpdate): void {
    if (docChanged || selectionSet || viewportChanged || focusChanged) this.cuts = cutsIn(view)
  }
}

export function cutSecrets(): Extension {
  return ViewPlugin.fromClass(CutSecrets, { decorations: ({ cuts }) => cuts })
}

function cutsIn(view: EditorView): DecorationSet {
  const found = new RangeSetBuilder<Decoration>()
  for (const visible of view.visibleRanges) {
    const text = view.state.doc.sliceString(visible.from, visible.to)
    for (const { 0: secret, index } of text.matchAll(SECRET)) {
      const from = visible.from + index
      const to = from + secret.length
      if (view.hasFocus && isSelected(view.state, from, to)) continue
      found.add(from, to, Decoration.replace({ widget: new CutSecret(secret) }))
    }
  }
  return found.finish()
}

function isSelected({ selection }: EditorState, from: number, to: number): boolean {
  return selection.ranges.some(range => range.from <= to && range.to >= from)
}
