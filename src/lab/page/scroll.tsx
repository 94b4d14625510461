// A part of the page that scrolls by itself, so that whoever has no mouse must be able to reach it.

import type { ComponentChildren } from 'preact'

export interface ScrollProps {
  readonly label: string
  readonly isTall?: boolean
  readonly children: ComponentChildren
}

export function Scroll({ label, isTall = false, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by the arrow keys.
    <section class={isTall ? 'scroll tall' : 'scroll'} aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
