// A verdict, drawn: each set of rules as a chain of checks from the command over its keys to its
// channels, with the rule that decided each; then the least that would have to be added.

import type { ChangeView, SelectorView, StepView, VerdictView as Verdict } from '../protocol.ts'

interface Props {
  readonly verdict: Verdict
  readonly onAdd: (user: string, words: readonly string[]) => void
}

export function VerdictView({ verdict, onAdd }: Props) {
  const { allowed, selectors, decisive, change, notes, user } = verdict
  return (
    <div class="verdict">
      <p class={`banner ${allowed ? 'good' : 'bad'}`}>
        <Mark allowed={allowed} /> <strong>{allowed ? 'Allowed' : 'Denied'}</strong>
        <span>{reasonOf(verdict)}</span>
      </p>
      <ol class="selectors">
        {selectors.map(selector => (
          <Selector
            key={selector.index}
            selector={selector}
            isDecisive={selector.index === decisive}
          />
        ))}
      </ol>
      {change !== undefined && <Change change={change} user={user} onAdd={onAdd} />}
      {notes.map(note => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
    </div>
  )
}

/** One sentence: what decided. */
export function reasonOf({ allowed, selectors, decisive, user, command }: Verdict): string {
  const selector = selectors[decisive]
  const by = selectors.length === 1 ? 'The rules of' : `${nameOf(decisive)} of`
  if (allowed) return `${by} ${user} allow ${command}.`
  const step = selector?.steps.find(({ allowed }) => !allowed)
  if (step === undefined) return `No rules of ${user} allow ${command}.`
  if (step.kind === 'command') return `${step.rule ?? '-@all'} forbids ${command} to ${user}.`
  const needs = step.kind === 'key' && step.needs !== '' ? ` to ${step.needs}` : ''
  return `No ${step.kind} rule of ${user} covers ${step.name}${needs}.`
}

function nameOf(index: number): string {
  return index === 0 ? 'The root rules' : `The rules of selector ${index}`
}

function Mark({ allowed }: { readonly allowed: boolean }) {
  return (
    <span class={allowed ? 'mark good' : 'mark bad'} aria-hidden="true">
      {allowed ? '✓' : '✗'}
    </span>
  )
}

function Selector(props: { readonly selector: SelectorView; readonly isDecisive: boolean }) {
  const { selector, isDecisive } = props
  const title = selector.index === 0 ? 'Root rules' : `Selector ${selector.index}`
  return (
    <li class={isDecisive ? 'selector decisive' : 'selector'}>
      <p class="selector-head">
        <strong>{title}</strong>
        <Rules text={selector.rules} />
      </p>
      <ol class="steps">
        {selector.steps.map((step, i) => (
          <Step key={`${i} ${step.name}`} step={step} />
        ))}
      </ol>
    </li>
  )
}

/** Lines break between rules, and not at the minus of one. */
export function Rules({ text }: { readonly text: string }) {
  return (
    <code>
      {text.split(' ').map((rule, i) => (
        <span key={`${i} ${rule}`}>
          {i > 0 && ' '}
          <span class="word">{rule}</span>
        </span>
      ))}
    </code>
  )
}

const KINDS = { command: 'Command', key: 'Key', channel: 'Channel' } as const

function Step({ step }: { readonly step: StepView }) {
  const { kind, name, needs, allowed, rule, tooWeak } = step
  return (
    <li class={allowed ? 'step good' : 'step bad'}>
      <Mark allowed={allowed} />
      <span class="step-kind">{KINDS[kind]}</span>
      <span class="step-name">
        <code>{name}</code> {needs !== '' && <span class="quiet">{needs}</span>}
      </span>
      <span class="step-rule">
        <span class="sr-only">{allowed ? 'allowed by' : 'denied:'}</span>
        {rule !== undefined && <code class="rule">{rule}</code>}
        {rule === undefined && allowed && <span class="quiet">needs no rule</span>}
        {rule === undefined && !allowed && tooWeak.length === 0 && (
          <span class="quiet">no rule fits</span>
        )}
        {tooWeak.length > 0 && (
          <span class="quiet">
            <code class="rule">{tooWeak.join(' ')}</code> gives too little
          </span>
        )}
      </span>
    </li>
  )
}

interface ChangeProps {
  readonly change: ChangeView
  readonly user: string
  readonly onAdd: Props['onAdd']
}

function Change({ change, user, onAdd }: ChangeProps) {
  const place = change.selector === 0 ? '' : `, in selector ${change.selector}`
  return (
    <div class="change">
      <p>
        Smallest change that allows it{place}:{' '}
        {change.add.map(rule => (
          <code class="rule" key={rule}>
            {rule}
          </code>
        ))}
        <button type="button" onClick={() => onAdd(user, change.words)}>
          Add to rules of {user}
        </button>
      </p>
      <p class="quiet">
        Or for this command alone: <code class="rule">{change.alone}</code>
        <button type="button" class="plain" onClick={() => onAdd(user, [change.alone])}>
          Add this
        </button>
      </p>
    </div>
  )
}
