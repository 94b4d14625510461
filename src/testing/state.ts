// The whole state of a server as an object: data, users, function libraries, settings. Values are
// copied, not encoded, so that a small state takes microseconds.

import { applyUserChanges } from '../engine/authentication.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Value } from '../store/value.ts'
import { invariant } from '../util/assert.ts'

/** A state to go back to, or to start another server from. It never changes. */
export class ServerState {
  readonly #databases: readonly (readonly (readonly [key: string, value: Value])[])[]
  readonly #users: string
  readonly #libraries: readonly string[]
  readonly #settings: ReturnType<RedisServer['config']['texts']>

  constructor(server: RedisServer) {
    this.#databases = server.keyspace.databases.map(db => {
      const entries: [string, Value][] = []
      db.each((key, value) => entries.push([key, copyOf(value)]))
      return entries
    })
    this.#users = server.users.save()
    this.#libraries = codesOf(server)
    this.#settings = server.config.texts()
  }

  /**
   * Puts a server into this state. Connections stay, but for those whose user is another one now,
   * as with ACL LOAD; keys of databases that the server lacks are left out.
   */
  applyTo(server: RedisServer): void {
    const { keyspace } = server
    server.busy?.end()
    this.#applySettings(server)
    keyspace.flush(keyspace.databases)
    keyspace.tick()
    for (const [i, entries] of this.#databases.entries()) {
      for (const [key, value] of entries) keyspace.databases[i]?.put(key, copyOf(value))
    }
    server.memory.databasesChanged(keyspace.databases)
    if (codesOf(server).join('\0') !== this.#libraries.join('\0')) {
      server.persistence.functions.restore(this.#libraries, 'flush')
    }
    if (server.users.save() !== this.#users) {
      const { changes, error } = server.users.load(this.#users, 'snapshot')
      invariant(error === undefined, 'users of a snapshot')
      applyUserChanges(server, changes ?? [])
    }
    server.effects.lose()
    if (server.blocking.hasReady) server.blocking.serve()
    server.endTurn()
  }

  // What cannot be set at run time is as it was at the start of either server.
  #applySettings({ config }: RedisServer): void {
    const texts = config.texts()
    for (const name of new Set([...texts.keys(), ...this.#settings.keys()])) {
      const [wanted, text] = [this.#settings, texts].map(
        settings => settings.get(name)?.text ?? config.initialText(name),
      )
      if (
        wanted === undefined ||
        wanted === text ||
        OWN_SETTINGS.has(name) ||
        !config.isChangeable(name)
      )
        continue
      config.set([[name, wanted]], { allowsProtected: true, isLoading: false })
    }
  }
}

/** What belongs to a server's place and not to its state. */
const OWN_SETTINGS: ReadonlySet<string> = new Set([
  'port',
  'tls-port',
  'bind',
  'unixsocket',
  'dir',
  'appendonly',
])

function codesOf({ persistence }: RedisServer): string[] {
  return Array.from(persistence.functions.all, ({ code }) => code)
}

function copyOf(value: Value): Value {
  const copy = value.copy()
  copy.expireAt = value.expireAt
  copy.expireRest = value.expireRest
  copy.usedAt = value.usedAt
  copy.frequency = value.frequency
  copy.decayedAt = value.decayedAt
  return copy
}
