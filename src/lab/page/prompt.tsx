// Where commands are typed: who runs them, the words, and what the server says of the command while
// one types it.

import { useRef } from 'preact/hooks'
import type { CommandDoc } from '../protocol.ts'
import type { Entry, Lab } from './use-lab.ts'

export interface PromptProps {
  readonly lab: Lab
  /** Who runs the command. */
  readonly user: string
  readonly command: string
  readonly isBusy: boolean
  readonly onUser: (name: string) => void
  readonly onCommand: (text: string) => void
  readonly onRun: () => void
}

export function Prompt(props: PromptProps) {
  const { lab, user, command, isBusy, onUser, onCommand, onRun } = props
  const { users } = lab.state
  const onKeyDown = useRecall(lab.entries, command, onCommand)
  return (
    <form
      class="prompt"
      onSubmit={event => {
        event.preventDefault()
        onRun()
      }}
    >
      <select
        aria-label="Act as user"
        value={user}
        onChange={event => onUser(event.currentTarget.value)}
      >
        {users.map(({ name, enabled }) => (
          <option key={name} value={name}>
            {enabled ? name : `${name} (off)`}
          </option>
        ))}
      </select>
      <input
        aria-label="Command"
        placeholder="A command, as in redis-cli"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={command}
        onInput={event => onCommand(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" class="primary" disabled={isBusy}>
        Run
      </button>
    </form>
  )
}

/** Arrow up and down bring back what was run; whoever types begins at the end again. */
function useRecall(entries: readonly Entry[], command: string, setCommand: (text: string) => void) {
  const position = useRef(-1)
  return (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
    const known = entries.filter(({ isLate }) => !isLate)
    if (step === 0 || known.length === 0) return
    event.preventDefault()
    if (known[position.current]?.ran.command !== command) position.current = -1
    position.current = Math.max(-1, Math.min(known.length - 1, position.current + step))
    setCommand(known[position.current]?.ran.command ?? '')
  }
}

const NAMES_MAX = 8

interface HintProps {
  readonly docs: Lab['docs']
  readonly command: string
  readonly onCommand: (text: string) => void
}

/** What the command takes, or which commands begin like that. */
export function CommandHint({ docs, command, onCommand }: HintProps) {
  const doc = docFor(docs, command)
  if (doc !== undefined) {
    return (
      <p class="hint">
        <code>{doc.syntax}</code> <span class="quiet">{doc.summary}</span>
      </p>
    )
  }
  const names = namesLike(docs, command)
  if (names.length === 0)
    return <p class="hint quiet">No command of the server begins like that.</p>
  return (
    <ul class="hint chips">
      {names.map(name => (
        <li key={name}>
          <button type="button" onClick={() => onCommand(`${name} `)}>
            <code>{name}</code>
          </button>
        </li>
      ))}
    </ul>
  )
}

function docFor(docs: Lab['docs'], command: string): CommandDoc | undefined {
  const [first = '', second = ''] = command.trim().toLowerCase().split(/\s+/)
  const part = docs[`${first}|${second}`]
  if (part !== undefined) return part
  const doc = docs[first]
  const isContainer = Object.keys(docs).some(name => name.startsWith(`${first}|`))
  return isContainer ? undefined : doc
}

function namesLike(docs: Lab['docs'], command: string): string[] {
  const typed = command.trimStart().toUpperCase()
  return Object.keys(docs)
    .map(name => name.replace('|', ' ').toUpperCase())
    .filter(name => name.startsWith(typed))
    .slice(0, NAMES_MAX)
}
