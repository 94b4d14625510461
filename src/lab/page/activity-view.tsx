// What happens on the server, as it happens: refused commands and logins, handshakes, clients; and
// clients to send there that fail in one way or another.

import { useState } from 'preact/hooks'
import type { ClientView, HandshakeView, LogView, TrialResult } from '../protocol.ts'
import { ask } from './api.ts'
import { Scroll } from './scroll.tsx'
import type { Lab } from './use-lab.ts'

export function ActivityView({ lab }: { readonly lab: Lab }) {
  const { log, handshakes, clients } = lab.activity
  const clear = (): void => {
    ask('reset-log').catch((failure: Error) => lab.say(failure.message))
  }
  return (
    <>
      <section class="panel" aria-labelledby="log-title">
        <header class="panel-head">
          <h2 id="log-title">ACL LOG</h2>
          <span class="quiet">Commands and logins that were refused</span>
          <div class="actions">
            <button type="button" onClick={clear} disabled={log.length === 0}>
              Clear
            </button>
          </div>
        </header>
        <Log rows={log} />
      </section>
      <section class="panel" aria-labelledby="handshakes-title">
        <header class="panel-head">
          <h2 id="handshakes-title">TLS handshakes</h2>
          <TrialForm lab={lab} />
        </header>
        <Handshakes rows={handshakes} />
      </section>
      <section class="panel" aria-labelledby="clients-title">
        <header class="panel-head">
          <h2 id="clients-title">Connected clients</h2>
          <span class="quiet">{clients.length}</span>
        </header>
        <Clients rows={clients} />
      </section>
    </>
  )
}

function TrialForm({ lab }: { readonly lab: Lab }) {
  const { trials } = lab.state
  const [name, setName] = useState('no-certificate')
  const [result, setResult] = useState<TrialResult>()
  const run = (): void => {
    ask<TrialResult>('trial', { name })
      .catch((failure: Error) => ({ succeeded: false, text: failure.message }))
      .then(setResult)
  }
  return (
    <>
      <form
        class="actions"
        onSubmit={event => {
          event.preventDefault()
          run()
        }}
      >
        <label for="trial">Send a client:</label>
        <select id="trial" value={name} onChange={event => setName(event.currentTarget.value)}>
          {trials.map(trial => (
            <option key={trial.name} value={trial.name}>
              {trial.title}
            </option>
          ))}
        </select>
        <button type="submit" class="primary">
          Connect
        </button>
      </form>
      <p class="trial-result quiet" role="status">
        {result !== undefined && (
          <>
            What the client saw:{' '}
            <span class={result.succeeded ? 'good' : 'bad'}>{result.text}</span>
          </>
        )}
      </p>
    </>
  )
}

function Log({ rows }: { readonly rows: readonly LogView[] }) {
  if (rows.length === 0) return <p class="empty">Nothing was refused yet.</p>
  return (
    <Scroll label="Entries of ACL LOG">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">User</th>
            <th scope="col">Refused</th>
            <th scope="col">What</th>
            <th scope="col">How</th>
            <th scope="col">Client</th>
            <th scope="col" class="number">
              Times
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.id}>
              <td class="quiet">{timeOf(row.at)}</td>
              <td>{row.user}</td>
              <td>{REASONS.get(row.reason) ?? row.reason}</td>
              <td>
                <code>{row.object}</code>
              </td>
              <td class="quiet">{CONTEXTS.get(row.context) ?? row.context}</td>
              <td class="quiet">{row.client}</td>
              <td class="number">{row.count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['auth', 'login'],
  ['tls-cert', 'certificate'],
])
const CONTEXTS: ReadonlyMap<string, string> = new Map([
  ['toplevel', 'sent directly'],
  ['multi', 'in a transaction'],
  ['lua', 'in a script'],
])

function Handshakes({ rows }: { readonly rows: readonly HandshakeView[] }) {
  if (rows.length === 0) {
    return <p class="empty">No client has come yet. Send one, or connect your own.</p>
  }
  return (
    <Scroll label="Handshakes">
      <ol class="handshakes" aria-label="Handshakes, the last one first">
        {rows.map(({ id, at, peer, succeeded, text, detail }) => (
          <li key={id}>
            <span class={`tag ${succeeded ? 'good' : 'bad'}`}>{succeeded ? 'Done' : 'Failed'}</span>
            <span>{text}</span>
            <span class="quiet">
              {timeOf(at)} · {peer} · <code>{detail}</code>
            </span>
          </li>
        ))}
      </ol>
    </Scroll>
  )
}

function Clients({ rows }: { readonly rows: readonly ClientView[] }) {
  if (rows.length === 0) return <p class="empty">Nobody is connected.</p>
  return (
    <Scroll label="List of clients">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Name</th>
            <th scope="col">User</th>
            <th scope="col">Certificate</th>
            <th scope="col">Session</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, address, name, user, certificate, session }) => (
            <tr key={id}>
              <td>{address}</td>
              <td>{name}</td>
              <td>{user}</td>
              <td>{certificate === '' ? <span class="quiet">none</span> : certificate}</td>
              <td class="quiet">{session}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function timeOf(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false })
}
