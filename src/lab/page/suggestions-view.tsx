// What to try as the user one acts as, on names that the rules of this server are about; and, where
// there is room, these rules.

import { useEffect, useState } from 'preact/hooks'
import type { Suggestions } from '../protocol.ts'
import { ask } from './api.ts'
import type { Lab } from './use-lab.ts'
import { Rules } from './verdict-view.tsx'

const NOTHING: Suggestions = { allowed: [], denied: [] }

interface Props {
  readonly lab: Lab
  readonly user: string
  readonly onPick: (command: string) => void
}

export function SuggestionsView({ lab, user, onPick }: Props) {
  const found = useSuggestions(lab, user)
  const rules = lab.state.users.find(({ name }) => name === user)?.rules
  return (
    <aside class="tries" aria-label={`As ${user}`}>
      <Chips title="May" commands={found.allowed} onPick={onPick} />
      <Chips title="May not" commands={found.denied} onPick={onPick} />
      {rules !== undefined && (
        <div class="tries-rules">
          <h3>Rules of {user} on the server</h3>
          <p>
            <Rules text={rules} />
          </p>
        </div>
      )}
    </aside>
  )
}

/** Asked anew when the user is another, or the users of the server have changed. */
function useSuggestions({ state }: Lab, user: string): Suggestions {
  const [found, setFound] = useState(NOTHING)
  useEffect(() => {
    let isCurrent = true
    ask<Suggestions>('suggest', { user })
      .then(suggestions => isCurrent && setFound(suggestions))
      .catch(() => isCurrent && setFound(NOTHING))
    return () => {
      isCurrent = false
    }
  }, [user, state.users])
  return found
}

interface ChipsProps {
  readonly title: string
  readonly commands: readonly string[]
  readonly onPick: (command: string) => void
}

function Chips({ title, commands, onPick }: ChipsProps) {
  if (commands.length === 0) return null
  return (
    <div class="tries-group">
      <h3>{title}</h3>
      <ul class="chips" aria-label={title}>
        {commands.map(command => (
          <li key={command}>
            <button type="button" onClick={() => onPick(command)}>
              <code>{command}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
