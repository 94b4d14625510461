// How rules leave the page: copied, as a file, as a link, or back to where they came from.

import { useState } from 'preact/hooks'
import type { Planned, Shared } from '../protocol.ts'
import { ask } from './api.ts'
import { Dialog } from './dialog.tsx'
import type { Lab } from './use-lab.ts'

type Opened =
  | { readonly kind: 'shared'; readonly link: string; readonly removed: number }
  | { readonly kind: 'planned'; readonly rules: string; readonly plan: Planned }
  | { readonly kind: 'failed'; readonly title: string; readonly message: string }

export function RulesTools({ lab }: { readonly lab: Lab }) {
  const [opened, setOpened] = useState<Opened>()
  const { draft } = lab
  const { home } = lab.state
  const close = (): void => setOpened(undefined)
  const failed =
    (title: string) =>
    ({ message }: Error): void =>
      setOpened({ kind: 'failed', title, message })
  const share = (): void => {
    ask<Shared>('share', { rules: draft })
      .then(({ fragment, removed }) => {
        setOpened({ kind: 'shared', link: `${location.origin}/${fragment}`, removed })
      })
      .catch(failed('Not shared'))
  }
  const plan = (): void => {
    ask<Planned>('plan', { rules: draft })
      .then(plan => setOpened({ kind: 'planned', rules: draft, plan }))
      .catch(failed('Not saved'))
  }
  const save = (rules: string, { mark }: Planned): void => {
    close()
    ask('save', { rules, mark })
      .then(() => lab.say(`Written to ${home?.name}.`))
      .catch(failed('Not saved'))
  }
  return (
    <div class="tools">
      <button type="button" class="plain" onClick={() => copy(draft, lab)}>
        Copy
      </button>
      <button type="button" class="plain" onClick={() => download(draft, home?.name)}>
        Download
      </button>
      <button type="button" class="plain" onClick={share}>
        Share …
      </button>
      {home?.isWritable && (
        <button type="button" class="plain" title={home.name} onClick={plan}>
          {home.kind === 'file' ? 'Save to file …' : 'Write to server …'}
        </button>
      )}
      {opened?.kind === 'shared' && <SharedDialog {...opened} lab={lab} onClose={close} />}
      {opened?.kind === 'planned' && (
        <PlanDialog
          name={home?.name ?? ''}
          plan={opened.plan}
          onSave={() => save(opened.rules, opened.plan)}
          onClose={close}
        />
      )}
      {opened?.kind === 'failed' && (
        <Dialog title={opened.title} onClose={close}>
          <p>{opened.message}.</p>
          <CloseButton />
        </Dialog>
      )}
    </div>
  )
}

/** Tells what came of it. */
export function copy(text: string, lab: Lab): void {
  navigator.clipboard.writeText(text).then(
    () => lab.say('Copied.'),
    () => lab.say('The browser did not allow copying.'),
  )
}

function download(rules: string, name = 'users.acl'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([rules], { type: 'text/plain' }))
  link.download = /([^/\\]+\.acl)$/.exec(name)?.[1] ?? 'users.acl'
  link.click()
  URL.revokeObjectURL(link.href)
}

interface SharedProps {
  readonly link: string
  readonly removed: number
  readonly lab: Lab
  readonly onClose: () => void
}

function SharedDialog({ link, removed, lab, onClose }: SharedProps) {
  return (
    <Dialog title="A link with these rules" onClose={onClose}>
      <input readOnly aria-label="Link" value={link} onFocus={e => e.currentTarget.select()} />
      <p>
        {removed === 0
          ? 'The rules are in the link itself. There are no passwords in them.'
          : `The rules are in the link itself, without their ${passwords(removed)}.`}
      </p>
      <p class="quiet">
        Whoever gets it opens it in a lab of their own: <code>redis-tls-mock lab 'LINK'</code>, or
        in the address bar of a lab on the same port.
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => copy(link, lab)}>
          Copy the link
        </button>
        <CloseButton />
      </div>
    </Dialog>
  )
}

function passwords(count: number): string {
  return count === 1 ? 'password or hash' : `${count} passwords and hashes`
}

interface PlanProps {
  readonly name: string
  readonly plan: Planned
  readonly onSave: () => void
  readonly onClose: () => void
}

function PlanDialog({ name, plan, onSave, onClose }: PlanProps) {
  const { changes } = plan
  return (
    <Dialog title={`Write to ${name}?`} onClose={onClose}>
      {changes.length === 0 ? (
        <p>No user's rights would change there.</p>
      ) : (
        <ul class="changes">
          {changes.map(change => (
            <li key={change}>{change}.</li>
          ))}
        </ul>
      )}
      <div class="actions">
        <button type="button" class="primary" onClick={onSave}>
          Write
        </button>
        <CloseButton text="Cancel" />
      </div>
    </Dialog>
  )
}

function CloseButton({ text = 'Close' }: { readonly text?: string }) {
  return (
    <button type="button" onClick={event => event.currentTarget.closest('dialog')?.close()}>
      {text}
    </button>
  )
}
