// What all views share: the state of the lab, the rules that are being edited, and what happens on
// the server.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Activity, Applied, Checked, Finding, LabState, Ran } from '../protocol.ts'
import { ask, listen } from './api.ts'

/** One command of the console and what came of it. */
export interface Entry {
  readonly id: number
  readonly ran: Ran
  /** What arrived without being asked for, or later. */
  readonly isLate: boolean
}

export interface Lab {
  readonly state: LabState
  readonly isOnline: boolean
  readonly activity: Activity
  /** The rules in the editor. */
  readonly draft: string
  /** Counts the texts that did not come from the editor. */
  readonly revision: number
  /** What was typed. */
  readonly setDraft: (text: string) => void
  /** What is to be shown in the editor instead. */
  readonly replaceDraft: (text: string) => void
  readonly isChanged: boolean
  /** The server's users were changed by somebody else while the draft was edited. */
  readonly isOutdated: boolean
  readonly takeServers: () => void
  readonly findings: readonly Finding[]
  readonly check: (text: string) => Promise<readonly Finding[]>
  /** Resolves to the server's error, or undefined. */
  readonly apply: () => Promise<string | undefined>
  readonly entries: readonly Entry[]
  readonly run: (user: string, command: string) => Promise<Ran>
  readonly clearEntries: () => void
  /** The last thing that a screen reader should say. */
  readonly said: string
  readonly say: (text: string) => void
}

const ENTRIES_MAX = 50
const NOTHING: Activity = { log: [], handshakes: [], clients: [] }

/** An error is a message for people: why there is no lab. */
export function useLab(): Lab | string | undefined {
  const [state, setState] = useState<LabState>()
  const [error, setError] = useState<string>()
  const [activity, setActivity] = useState(NOTHING)
  const [isOnline, setOnline] = useState(true)
  const [draft, setDraft] = useState('')
  const [revision, setRevision] = useState(0)
  const [base, setBase] = useState('')
  const [findings, setFindings] = useState<readonly Finding[]>([])
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const [said, say] = useState('')
  // What is typed while the server is asked must not be lost, so that this is never behind.
  const latest = useRef({ draft, base })
  const nextId = useRef(1)

  const edit = (text: string): void => {
    latest.current.draft = text
    setDraft(text)
  }
  const replaceDraft = (text: string): void => {
    if (text !== latest.current.draft) setRevision(known => known + 1)
    edit(text)
  }
  const rebase = (text: string): void => {
    latest.current.base = text
    setBase(text)
  }

  const load = useCallback(async () => {
    const loaded = await ask<LabState>('state')
    setState(loaded)
    const { draft, base } = latest.current
    if (draft !== base) return
    replaceDraft(loaded.rules)
    rebase(loaded.rules)
  }, [])

  const add = (ran: Ran, isLate: boolean): void => {
    const entry = { id: nextId.current++, ran, isLate }
    setEntries(known => [entry, ...known].slice(0, ENTRIES_MAX))
  }

  useEffect(() => {
    load().catch((failure: Error) => setError(failure.message))
    return listen(event => {
      if (event.kind === 'activity') setActivity(event.activity)
      else if (event.kind === 'users') load().catch(() => {})
      else add(lateReply(event), true)
    }, setOnline)
  }, [])

  if (state === undefined) return error
  return {
    state,
    isOnline,
    activity,
    draft,
    revision,
    setDraft: edit,
    replaceDraft,
    isChanged: draft !== state.rules,
    isOutdated: base !== state.rules,
    takeServers() {
      replaceDraft(state.rules)
      rebase(state.rules)
    },
    findings,
    async check(text) {
      const { findings } = await ask<Checked>('check', { rules: text })
      setFindings(findings)
      return findings
    },
    async apply() {
      const { error } = await ask<Applied>('apply', { rules: draft })
      if (error !== undefined) return error
      rebase(draft)
      await load()
      return undefined
    },
    entries,
    async run(user, command) {
      const ran = await ask<Ran>('run', { user, command })
      add(ran, false)
      return ran
    },
    clearEntries: () => setEntries([]),
    said,
    say,
  }
}

function lateReply({ user, reply }: { user: string; reply: string }): Ran {
  return { user, command: '', reply, isError: reply.startsWith('(error)'), verdict: undefined }
}
