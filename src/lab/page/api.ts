// How the page asks its server: JSON by POST, and one stream of events that is opened again when it
// breaks. The token goes along as a header.

import type { LabEvent, TokenHeader } from '../protocol.ts'
import { token } from './token.ts'

const HEADER: TokenHeader = 'x-lab-token'
const RETRY_MS = 2000

const headers = { [HEADER]: token }

const OTHER_LAB =
  'Open the address in your terminal, where redis-tls-mock lab runs: this page has no token, or ' +
  'the lab was started anew.'

/** @throws Error with a message for people */
export async function ask<Answer>(path: string, body: object = {}): Promise<Answer> {
  const response = await fetch(`/api/${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error('The lab does not answer. Is it still running?')
  })
  if (response.status === 403) throw new Error(OTHER_LAB)
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

/** Calls back for each event until the returned function is called. */
export function listen(
  onEvent: (event: LabEvent) => void,
  onOnline: (isOnline: boolean) => void,
): () => void {
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await readEvents(onEvent, onOnline, stop.signal).catch(() => {})
      if (stop.signal.aborted) return
      onOnline(false)
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
    }
  }
  void run()
  return () => stop.abort()
}

async function readEvents(
  onEvent: (event: LabEvent) => void,
  onOnline: (isOnline: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch('/api/events', { headers, signal })
  if (!response.ok || response.body === null) return
  onOnline(true)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) onEvent(JSON.parse(line))
  }
}
