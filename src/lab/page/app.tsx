// The frame: what the page is attached to, its four views, and what a screen reader is told.

import { useEffect, useState } from 'preact/hooks'
import { ActivityView } from './activity-view.tsx'
import { ConsoleView } from './console-view.tsx'
import { ExercisesView } from './exercises-view.tsx'
import { MatrixView } from './matrix-view.tsx'
import { RulesView } from './rules-view.tsx'
import { type Lab, useLab } from './use-lab.ts'

const VIEWS = [
  ['rules', 'Rules and console'],
  ['matrix', 'Matrix'],
  ['activity', 'Activity'],
  ['exercises', 'Exercises'],
] as const
type View = (typeof VIEWS)[number][0]

export function App() {
  const lab = useLab()
  const view = useView()
  if (lab === undefined) return <p class="empty">Loading …</p>
  if (typeof lab === 'string') return <p class="notice bad">{lab}</p>
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header lab={lab} view={view} />
      <main id="main" class={`view-${view}`} tabIndex={-1}>
        {view === 'rules' && <RulesView lab={lab} />}
        {view === 'rules' && <ConsoleView lab={lab} />}
        {view === 'matrix' && <MatrixView lab={lab} />}
        {view === 'activity' && <ActivityView lab={lab} />}
        {view === 'exercises' && <ExercisesView lab={lab} />}
      </main>
      <p class="sr-only" role="status" aria-live="polite">
        {lab.said}
      </p>
    </>
  )
}

function Header({ lab, view }: { readonly lab: Lab; readonly view: View }) {
  const { server } = lab.state
  return (
    <header class="top">
      <h1>ACL lab</h1>
      <nav aria-label="Views">
        {VIEWS.map(([name, title]) => (
          <a key={name} href={`#${name}`} aria-current={name === view ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="server">
        <span class={lab.isOnline ? 'dot good' : 'dot bad'} aria-hidden="true" />
        <span class="sr-only">{lab.isOnline ? 'Attached to' : 'Lost the connection to'}</span>
        <code>{server.url}</code>
        <CopyButton text={server.redisCli} lab={lab} />
      </div>
    </header>
  )
}

function CopyButton({ text, lab }: { readonly text: string; readonly lab: Lab }) {
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => lab.say('Copied.'),
      () => lab.say('The browser did not allow copying.'),
    )
  }
  return (
    <button type="button" class="plain" title={text} onClick={copy}>
      Copy redis-cli line
    </button>
  )
}

/** Which view the address names. Other fragments are places on the page. */
function useView(): View {
  const named = (): View | undefined => VIEWS.find(([name]) => `#${name}` === location.hash)?.[0]
  const [view, setView] = useState<View>(() => named() ?? 'rules')
  useEffect(() => {
    const follow = (): void => setView(known => named() ?? known)
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return view
}
