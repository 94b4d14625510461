// The frame: what the page is attached to, its four views, and what a screen reader is told.

import { useEffect, useState } from 'preact/hooks'
import type { HomeView } from '../protocol.ts'
import { ActivityView } from './activity-view.tsx'
import { ConsoleView } from './console-view.tsx'
import { ExercisesView } from './exercises-view.tsx'
import { MatrixView } from './matrix-view.tsx'
import { copy } from './rules-tools.tsx'
import { RulesView } from './rules-view.tsx'
import { type Lab, useLab } from './use-lab.ts'

const VIEWS = [
  ['rules', 'Rules'],
  ['matrix', 'Matrix'],
  ['activity', 'Activity'],
  ['exercises', 'Exercises'],
] as const
type View = (typeof VIEWS)[number][0]

export function App() {
  const lab = useLab()
  const view = useView()
  if (lab === undefined) return <p class="empty">Loading …</p>
  if (typeof lab === 'string') return <p class="notice bad lonely">{lab}</p>
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
  const { server, home } = lab.state
  return (
    <header class="top">
      <h1>
        ACL lab
        <HomeName home={home} />
      </h1>
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
        <code title="The lab's own server">{server.url}</code>
        <button
          type="button"
          class="plain"
          title={server.redisCli}
          onClick={() => copy(server.redisCli, lab)}
        >
          Copy redis-cli line
        </button>
      </div>
    </header>
  )
}

function HomeName({ home }: { readonly home: HomeView | undefined }) {
  const name =
    home === undefined ? 'sample rules' : home.kind === 'link' ? 'shared rules' : home.name
  return (
    <span class="home" title={`The rules to begin with: ${name}`}>
      {name}
    </span>
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
