// Exercises: what is wanted in words, an editor for the answer, hints one after the other, and the
// checks that the answer passed and failed.

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Checked, ExerciseView as Exercise, Finding, Graded, Solution } from '../protocol.ts'
import { ask } from './api.ts'
import { Editor, type EditorHandle } from './editor.tsx'
import { loadProgress, type Progress, saveProgress } from './progress.ts'
import type { Lab } from './use-lab.ts'

export function ExercisesView({ lab }: { readonly lab: Lab }) {
  const { exercises } = lab.state
  const [progress, setProgress] = useState(loadProgress)
  const [chosen, setChosen] = useState(() => firstOpen(exercises, progress))
  // Before the browser shows it: what is seen to be solved is kept, however fast one reloads.
  useLayoutEffect(() => saveProgress(progress), [progress])
  const exercise = exercises.find(({ id }) => id === chosen) ?? exercises[0]
  if (exercise === undefined) return <p class="empty">There are no exercises.</p>
  const { solved } = progress
  const next = exercises[exercises.indexOf(exercise) + 1]?.id
  return (
    <>
      <nav class="panel exercise-list" aria-labelledby="exercises-title">
        <header class="panel-head">
          <h2 id="exercises-title">Exercises</h2>
          <span class="quiet">
            {solved.length} of {exercises.length} solved
          </span>
        </header>
        <ol>
          {exercises.map(({ id, title }) => (
            <li key={id}>
              <button
                type="button"
                class="plain"
                aria-current={id === exercise.id ? 'true' : undefined}
                onClick={() => setChosen(id)}
              >
                <span class={solved.includes(id) ? 'mark good' : 'mark'} aria-hidden="true">
                  {solved.includes(id) ? '✓' : '○'}
                </span>
                {title}
                {solved.includes(id) && <span class="sr-only"> (solved)</span>}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <ExercisePanel
        key={exercise.id}
        {...{ lab, exercise, progress, setProgress }}
        onNext={next === undefined ? undefined : () => setChosen(next)}
      />
    </>
  )
}

function firstOpen(exercises: readonly Exercise[], { solved }: Progress): string {
  return (exercises.find(({ id }) => !solved.includes(id)) ?? exercises[0])?.id ?? ''
}

interface PanelProps {
  readonly lab: Lab
  readonly exercise: Exercise
  readonly progress: Progress
  readonly setProgress: (progress: Progress) => void
  /** Undefined after the last one. */
  readonly onNext: (() => void) | undefined
}

function ExercisePanel({ lab, exercise, progress, setProgress, onNext }: PanelProps) {
  const { id, title, task, hints, start } = exercise
  const [answer, setAnswer] = useState(progress.answers[id] ?? start)
  const [revision, setRevision] = useState(0)
  const [graded, setGraded] = useState<Graded>()
  const editor = useRef<EditorHandle>(null)
  const startOver = (): void => {
    setAnswer(start)
    setRevision(revision + 1)
    setGraded(undefined)
  }
  const check = (): void => {
    editor.current?.closeCompletion()
    ask<Graded>('grade', { id, rules: answer })
      .catch((failure: Error): Graded => ({ passed: false, error: failure.message, results: [] }))
      .then(result => {
        setGraded(result)
        const solved = progress.solved.filter(other => other !== id)
        setProgress({
          solved: result.passed ? [...solved, id] : progress.solved,
          answers: { ...progress.answers, [id]: answer },
        })
        lab.say(result.passed ? 'Solved.' : 'Not solved yet.')
      })
  }
  return (
    <section class="panel exercise" aria-labelledby="exercise-title">
      <header class="panel-head">
        <h2 id="exercise-title">{title}</h2>
      </header>
      <p class="exercise-text">
        <Prose text={task} />
      </p>
      <h3>Your answer, as in an ACL file</h3>
      <Editor
        label="Your answer"
        text={answer}
        revision={revision}
        onText={setAnswer}
        onSubmit={check}
        names={lab.state.names}
        categories={lab.state.categories}
        check={errorsIn}
        handle={editor}
      />
      <div class="actions exercise-actions">
        <button type="button" class="primary" onClick={check}>
          Check <kbd>Ctrl ↵</kbd>
        </button>
        <button type="button" onClick={startOver} disabled={answer === start}>
          Start over
        </button>
        {onNext !== undefined && (
          <button type="button" class={graded?.passed ? 'primary' : ''} onClick={onNext}>
            Next exercise
          </button>
        )}
      </div>
      {graded !== undefined && <Result graded={graded} />}
      <Hints hints={hints} />
      <SolutionView id={id} />
    </section>
  )
}

/** What Redis would not take. Whether the rest is wise is for the exercise to judge. */
async function errorsIn(rules: string): Promise<readonly Finding[]> {
  const { findings } = await ask<Checked>('check', { rules })
  return findings.filter(({ isRefused }) => isRefused)
}

/** Text with code between backquotes. */
function Prose({ text }: { readonly text: string }) {
  const parts = text.split('`')
  return (
    <>{parts.map((part, i) => (i % 2 === 0 ? part : <code key={`${i}${part}`}>{part}</code>))}</>
  )
}

function Hints({ hints }: { readonly hints: readonly string[] }) {
  return (
    <div class="hints">
      {hints.map((hint, i) => (
        <details key={hint}>
          <summary>
            Hint {i + 1} of {hints.length}
          </summary>
          <p>
            <Prose text={hint} />
          </p>
        </details>
      ))}
    </div>
  )
}

/** Asked for when it is opened, so that nobody meets it unasked. */
function SolutionView({ id }: { readonly id: string }) {
  const [rules, setRules] = useState<string>()
  const show = (): void => {
    if (rules !== undefined) return
    ask<Solution>('solution', { id })
      .then(solution => setRules(solution.rules))
      .catch((failure: Error) => setRules(failure.message))
  }
  return (
    <div class="hints solution">
      <details onToggle={show}>
        <summary>A solution</summary>
        <pre>{rules ?? ''}</pre>
      </details>
    </div>
  )
}

function Result({ graded }: { readonly graded: Graded }) {
  const { passed, error, results } = graded
  return (
    <div class="result">
      <p class={`banner ${passed ? 'good' : 'bad'}`}>
        <strong>{passed ? 'Solved' : 'Not yet'}</strong>
        <span>{error ?? summaryOf(graded)}</span>
      </p>
      <ul class="checks" aria-label="Checks">
        {results.map(({ text, ok, fault }) => (
          <li key={text} class={ok ? 'good' : 'bad'}>
            <span class={ok ? 'mark good' : 'mark bad'} aria-hidden="true">
              {ok ? '✓' : '✗'}
            </span>
            <span class="sr-only">{ok ? 'passed:' : 'failed:'}</span> {text}
            {fault !== '' && <span class="quiet"> {fault}.</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}

function summaryOf({ results }: Graded): string {
  const passed = results.filter(({ ok }) => ok).length
  return `${passed} of ${results.length} checks passed.`
}
