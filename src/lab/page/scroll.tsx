// A part of the page that scrolls by itself, so that whoever has no mouse must be able to reach it,
// and whoever looks at it must see that there is more.

import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export interface ScrollProps {
  readonly label: string
  readonly isTall?: boolean
  readonly children: ComponentChildren
}

export function Scroll({ label, isTall = false, children }: ScrollProps) {
  const place = useRef<HTMLElement>(null)
  const [more, setMore] = useState('')
  useEffect(() => {
    const at = place.current
    if (at === null) return
    const look = (): void => setMore(hiddenSides(at))
    const watch = new ResizeObserver(look)
    watch.observe(at)
    for (const child of at.children) watch.observe(child)
    at.addEventListener('scroll', look, { passive: true })
    return () => {
      watch.disconnect()
      at.removeEventListener('scroll', look)
    }
  }, [])
  return (
    <div class={`scroll-frame ${more}`}>
      <section
        ref={place}
        class={isTall ? 'scroll tall' : 'scroll'}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by the arrow keys.
        tabIndex={0}
      >
        {children}
      </section>
    </div>
  )
}

/** Class names: on which sides there is more. A pixel may be missing where screens are zoomed. */
function hiddenSides({ scrollLeft, scrollWidth, clientWidth }: HTMLElement): string {
  const isLeft = scrollLeft > 1
  const isRight = scrollLeft + clientWidth < scrollWidth - 1
  return [isLeft && 'more-left', isRight && 'more-right'].filter(Boolean).join(' ')
}
