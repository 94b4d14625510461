// What all views share: the state of the lab, the rules that are being edited, and what happens on
// the server.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type {
  Activity,
  Applied,
  Checked,
  CommandDoc,
  Docs,
  Finding,
  LabEvent,
  LabState,
  Ran,
} from '../protocol.ts'
import { ask, listen } from './api.ts'
import { takeSharedRules } from './share-link.ts'

/** One command of the console and what came of it. */
export interface Entry {
  readonly id: number
  readonly ran: Ran
  /** What arrived without being asked for, or later. */
  readonly isLate: boolean
}

export interface Lab {
  readonly state: LabState
  /** What the server says of its commands, by name; empty until it has said it. */
  readonly docs: Readonly<Record<string, CommandDoc>>
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
  /** The draft came with a link, and nobody has looked at it yet. */
  readonly isShared: boolean
  readonly takeServers: () => void
  readonly findings: readonly Finding[]
  readonly check: (text: string) => Promise<readonly Finding[]>
  /** Resolves to what the server refuses; nothing has changed then. */
  readonly apply: () => Promise<readonly Finding[]>
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
  const [said, say] = useState('')
  const docs = useDocs()
  const checked = useFindings()
  const [isShared, setShared] = useState(false)
  const { draft, revision, base, edit, replace, rebase, follow } = useDraft()
  const { entries, add, clear } = useEntries()

  const load = useCallback(async () => {
    const loaded = await ask<LabState>('state')
    setState(loaded)
    follow(loaded.rules)
  }, [])
  const takeShared = useCallback(() => {
    const rules = takeSharedRules()
    if (rules === undefined) return
    replace(rules)
    setShared(true)
  }, [])

  useEffect(() => {
    load().then(takeShared, (failure: Error) => setError(failure.message))
    addEventListener('hashchange', takeShared)
    return () => removeEventListener('hashchange', takeShared)
  }, [])
  const server = useEvents(event => {
    if (event.kind === 'users') load().catch(() => {})
    else add(lateReply(event), true)
  })

  if (state === undefined) return error
  return {
    state,
    docs,
    ...server,
    ...checked,
    draft,
    revision,
    setDraft: edit,
    replaceDraft: replace,
    isChanged: draft !== state.rules,
    isOutdated: base !== state.rules,
    isShared,
    takeServers() {
      setShared(false)
      replace(state.rules)
      rebase(state.rules)
    },
    async apply() {
      const { refused } = await ask<Applied>('apply', { rules: draft })
      if (refused.length > 0) return refused
      setShared(false)
      rebase(draft)
      await load()
      return refused
    },
    entries,
    async run(user, command) {
      const ran = await ask<Ran>('run', { user, command })
      add(ran, false)
      return ran
    },
    clearEntries: clear,
    said,
    say,
  }
}

/** What happens on the server, as long as the page is open. */
function useEvents(
  onOther: (event: Exclude<LabEvent, { kind: 'activity' }>) => void,
): Pick<Lab, 'activity' | 'isOnline'> {
  const [activity, setActivity] = useState(NOTHING)
  const [isOnline, setOnline] = useState(true)
  useEffect(() => {
    return listen(event => {
      if (event.kind === 'activity') setActivity(event.activity)
      else onOther(event)
    }, setOnline)
  }, [])
  return { activity, isOnline }
}

/** What was found in the text that was judged last. */
function useFindings(): Pick<Lab, 'findings' | 'check'> {
  const [findings, setFindings] = useState<readonly Finding[]>([])
  const check = async (text: string): Promise<readonly Finding[]> => {
    const { findings } = await ask<Checked>('check', { rules: text })
    setFindings(findings)
    return findings
  }
  return { findings, check }
}

/** What the server says of its commands: asked once, and done without if there is no answer. */
function useDocs(): Lab['docs'] {
  const [docs, setDocs] = useState<Lab['docs']>({})
  useEffect(() => {
    ask<Docs>('docs').then(
      ({ commands }) => setDocs(commands),
      () => {},
    )
  }, [])
  return docs
}

/** The rules that are edited, and the server's from which that began. */
function useDraft() {
  const [draft, setDraft] = useState('')
  const [revision, setRevision] = useState(0)
  const [base, setBase] = useState('')
  // What is typed while the server is asked must not be lost, so that this is never behind.
  const latest = useRef({ draft, base })
  const edit = (text: string): void => {
    latest.current.draft = text
    setDraft(text)
  }
  const replace = (text: string): void => {
    if (text !== latest.current.draft) setRevision(known => known + 1)
    edit(text)
  }
  const rebase = (text: string): void => {
    latest.current.base = text
    setBase(text)
  }
  /** Takes the server's rules where nobody has written others. */
  const follow = (rules: string): void => {
    const { draft, base } = latest.current
    if (draft !== base) return
    replace(rules)
    rebase(rules)
  }
  return { draft, revision, base, edit, replace, rebase, follow }
}

/** The last commands of the console, the newest first. */
function useEntries() {
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const nextId = useRef(1)
  const add = (ran: Ran, isLate: boolean): void => {
    const entry = { id: nextId.current++, ran, isLate }
    setEntries(known => [entry, ...known].slice(0, ENTRIES_MAX))
  }
  const clear = (): void => setEntries([])
  return { entries, add, clear }
}

function lateReply({ user, reply }: { user: string; reply: string }): Ran {
  return { user, command: '', reply, isError: reply.startsWith('(error)'), ...NO_VERDICT }
}

const NO_VERDICT = { fault: undefined, verdict: undefined }
