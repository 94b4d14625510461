// The console: commands as any user, each with its reply and the reason for the verdict. The last
// one is open, and stands first.

import { useEffect, useRef, useState } from 'preact/hooks'
import { CommandHint, Prompt } from './prompt.tsx'
import { SuggestionsView } from './suggestions-view.tsx'
import type { Entry, Lab } from './use-lab.ts'
import { reasonOf, VerdictView } from './verdict-view.tsx'

export function ConsoleView({ lab }: { readonly lab: Lab }) {
  const { users } = lab.state
  const [chosen, setChosen] = useState('')
  const [command, setCommand] = useState('')
  const [error, setError] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const user = users.some(({ name }) => name === chosen) ? chosen : firstUser(users)

  const run = (text: string): void => {
    if (text.trim() === '' || isBusy) return
    setBusy(true)
    setError(undefined)
    lab
      .run(user, text)
      .then(({ verdict, fault, reply }) => {
        setCommand('')
        const reason = verdict === undefined ? `${fault}.` : reasonOf(verdict)
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
    <section class="panel console" aria-labelledby="console-title">
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
        {...{ lab, user, command, isBusy }}
        onUser={setChosen}
        onCommand={setCommand}
        onRun={() => run(command)}
      />
      {command.trim() !== '' && Object.keys(lab.docs).length > 0 && (
        <CommandHint {...{ docs: lab.docs, command }} onCommand={setCommand} />
      )}
      {error !== undefined && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
      <div class="console-body">
        <SuggestionsView {...{ lab, user }} onPick={run} />
        <Entries entries={lab.entries} onAdd={add} />
      </div>
    </section>
  )
}

function firstUser(users: Lab['state']['users']): string {
  const fit = users.find(({ name, enabled }) => enabled && name !== 'default' && name !== 'admin')
  return (fit ?? users[0])?.name ?? 'default'
}

interface EntriesProps {
  readonly entries: readonly Entry[]
  readonly onAdd: EntryProps['onAdd']
}

function Entries({ entries, onAdd }: EntriesProps) {
  const last = useRef<HTMLLIElement>(null)
  const newest = entries[0]?.id
  // Where the page is long, the verdict comes into sight, and no more of it than the rules leave.
  useEffect(() => {
    const verdict = last.current?.querySelector('.banner') ?? last.current
    verdict?.scrollIntoView({ block: 'nearest' })
  }, [newest])
  if (entries.length === 0) return <p class="empty">Type a command, or pick one to try.</p>
  return (
    <ol class="entries" aria-label="Commands that were run, the last one first">
      {entries.map((entry, i) => (
        <li key={entry.id} ref={i === 0 ? last : null}>
          <ConsoleEntry entry={entry} isOpen={i === 0} onAdd={onAdd} />
        </li>
      ))}
    </ol>
  )
}

interface EntryProps {
  readonly entry: Entry
  readonly isOpen: boolean
  readonly onAdd: (user: string, words: readonly string[]) => void
}

function ConsoleEntry({ entry, isOpen, onAdd }: EntryProps) {
  const { user, command, reply, isError, verdict, fault } = entry.ran
  return (
    <details class="entry" open={isOpen}>
      <summary>
        <span class="entry-user">{user}</span>
        <code class="entry-command">{entry.isLate ? '(message)' : command}</code>
        {verdict !== undefined && (
          <span class={`tag ${verdict.allowed ? 'good' : 'bad'}`}>
            {verdict.allowed ? 'Allowed' : 'Denied'}
          </span>
        )}
        {fault !== undefined && <span class="tag warning">{fault}</span>}
      </summary>
      <pre class={isError ? 'reply bad' : 'reply'}>
        {reply ?? '(no reply yet: the command waits, or its connection was closed)'}
      </pre>
      {verdict !== undefined && <VerdictView verdict={verdict} onAdd={onAdd} />}
    </details>
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
