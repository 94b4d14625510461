// The console: commands as any user, each with its reply and the reason for the verdict. The last
// one is open, and stands first.

import { useRef, useState } from 'preact/hooks'
import type { Entry, Lab } from './use-lab.ts'
import { reasonOf, VerdictView } from './verdict-view.tsx'

const EXAMPLES = [
  'GET cache:home',
  'SET cache:home x',
  'MGET cache:home order:1001',
  'LPOP queue:mail',
  'PUBLISH events:login ann',
  'KEYS *',
] as const

export function ConsoleView({ lab }: { readonly lab: Lab }) {
  const { users } = lab.state
  const [chosen, setChosen] = useState('')
  const [command, setCommand] = useState('')
  const [error, setError] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const recall = useRecall(lab.entries, setCommand)
  const user = users.some(({ name }) => name === chosen) ? chosen : firstUser(users)

  const run = (text: string): void => {
    if (text.trim() === '' || isBusy) return
    setBusy(true)
    setError(undefined)
    lab
      .run(user, text)
      .then(({ verdict, reply }) => {
        setCommand('')
        recall.reset()
        const reason = verdict === undefined ? '' : reasonOf(verdict)
        lab.say(`${verdict?.allowed ? 'Allowed' : 'Not run'}. ${reason} ${reply ?? ''}`)
      })
      .catch((failure: Error) => setError(failure.message))
      .finally(() => setBusy(false))
  }
  const add = (name: string, words: readonly string[]): void => {
    lab.replaceDraft(withRules(lab.draft, name, words))
    lab.say(`Added ${words.join(' ')} to the rules of ${name}. Apply them to use them.`)
  }
  return (
    <section class="panel" aria-labelledby="console-title">
      <header class="panel-head">
        <h2 id="console-title">Console</h2>
        <span class="quiet">Commands run on the server, on the rules applied last</span>
        <div class="actions">
          <button type="button" onClick={lab.clearEntries} disabled={lab.entries.length === 0}>
            Clear
          </button>
        </div>
      </header>
      <Prompt
        {...{ users, user, command, isBusy }}
        onUser={setChosen}
        onCommand={setCommand}
        onKeyDown={recall.onKeyDown}
        onRun={() => run(command)}
      />
      {error !== undefined && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
      {lab.entries.length === 0 ? (
        <Examples onPick={run} />
      ) : (
        <ol class="entries" aria-label="Commands that were run, the last one first">
          {lab.entries.map((entry, i) => (
            <ConsoleEntry key={entry.id} entry={entry} isOpen={i === 0} onAdd={add} />
          ))}
        </ol>
      )}
    </section>
  )
}

interface PromptProps {
  readonly users: Lab['state']['users']
  /** Who runs the command. */
  readonly user: string
  readonly command: string
  readonly isBusy: boolean
  readonly onUser: (name: string) => void
  readonly onCommand: (text: string) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
  readonly onRun: () => void
}

function Prompt(props: PromptProps) {
  const { users, user, command, isBusy, onUser, onCommand, onKeyDown, onRun } = props
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
        placeholder="GET cache:home"
        autocomplete="off"
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

function firstUser(users: Lab['state']['users']): string {
  const fit = users.find(({ name, enabled }) => enabled && name !== 'default' && name !== 'admin')
  return (fit ?? users[0])?.name ?? 'default'
}

/** Arrow up and down bring back what was run. */
function useRecall(entries: readonly Entry[], setCommand: (text: string) => void) {
  const position = useRef(-1)
  return {
    reset() {
      position.current = -1
    },
    onKeyDown(event: KeyboardEvent) {
      const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
      const known = entries.filter(({ isLate }) => !isLate)
      if (step === 0 || known.length === 0) return
      event.preventDefault()
      position.current = Math.max(-1, Math.min(known.length - 1, position.current + step))
      setCommand(known[position.current]?.ran.command ?? '')
    },
  }
}

function Examples({ onPick }: { readonly onPick: (command: string) => void }) {
  return (
    <div class="empty">
      <p>Type a command, or try one of these:</p>
      <ul class="chips">
        {EXAMPLES.map(example => (
          <li key={example}>
            <button type="button" onClick={() => onPick(example)}>
              <code>{example}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

interface EntryProps {
  readonly entry: Entry
  readonly isOpen: boolean
  readonly onAdd: (user: string, words: readonly string[]) => void
}

function ConsoleEntry({ entry, isOpen, onAdd }: EntryProps) {
  const { user, command, reply, isError, verdict } = entry.ran
  const kind = verdict === undefined ? '' : verdict.allowed ? 'good' : 'bad'
  return (
    <li>
      <details class="entry" open={isOpen}>
        <summary>
          <span class="entry-user">{user}</span>
          <code class="entry-command">{entry.isLate ? '(message)' : command}</code>
          {verdict !== undefined && (
            <span class={`tag ${kind}`}>{verdict.allowed ? 'Allowed' : 'Denied'}</span>
          )}
        </summary>
        <pre class={isError ? 'reply bad' : 'reply'}>
          {reply ?? '(no reply yet: the command waits, or its connection was closed)'}
        </pre>
        {verdict !== undefined && <VerdictView verdict={verdict} onAdd={onAdd} />}
      </details>
    </li>
  )
}

/** The rules with words added to one user's line, which is made if there is none. */
function withRules(rules: string, user: string, words: readonly string[]): string {
  const lines = rules.split('\n')
  const index = lines.findIndex(line => {
    const [keyword, name] = line.trim().split(/\s+/)
    return keyword === 'user' && name === user
  })
  if (index < 0) {
    const body = rules === '' || rules.endsWith('\n') ? rules : `${rules}\n`
    return `${body}user ${user} ${words.join(' ')}\n`
  }
  lines[index] = `${lines[index]?.trimEnd()} ${words.join(' ')}`
  return lines.join('\n')
}
