// What a test claims about the clients that it let loose on a server. Each throws an AssertionError
// whose message names the offenders one a line, and whose actual and expected a runner can compare.

import { lazyPackage } from '../util/lazy.ts'
import { printable } from '../util/printable.ts'
import type { Call, CallFilter, ConnectedClient } from './calls.ts'
import { type CommandName, names } from './command-name.ts'
import type { LibraryCall } from './library-calls.ts'
import { lineOf } from './recorded-call.ts'

const assert = lazyPackage<typeof import('node:assert')>('node:assert')

interface Seen {
  readonly calls: readonly Call[]
  readonly clientsSeen: readonly ConnectedClient[]
  readonly connections: readonly ConnectedClient[]
  readonly libraryCalls: ReadonlyMap<Call, LibraryCall>
  find(filter: CallFilter, who: string): Call[]
  checkCommands(commands: readonly string[], who: string): void
}

/**
 * Claims about what clients did, as far as `calls` and `clientsSeen` go back; each throws an
 * AssertionError where it is wrong.
 */
export class Assertions {
  readonly #seen: Seen
  readonly #unexpected: () => readonly string[] | undefined

  constructor(seen: Seen, unexpected: () => readonly string[] | undefined) {
    this.#seen = seen
    this.#unexpected = unexpected
  }

  /** No client came without TLS. */
  noPlaintext(): void {
    const plaintext = this.#seen.clientsSeen.filter(({ kind }) => kind !== 'tls')
    demand(plaintext.length === 0, 'Clients connected without TLS', plaintext.map(clientLine), [])
  }

  /** Every client that connected had a certificate of its own. */
  clientCertificates(): void {
    const without = this.#seen.clientsSeen.filter(({ tls }) => tls?.peerSubject === undefined)
    demand(without.length === 0, 'Clients presented no certificate', without.map(clientLine), [])
  }

  /**
   * Nothing but these was used, such as `'get'` and `'acl whoami'`. What client libraries send by
   * themselves while they connect (HELLO, AUTH, SELECT, CLIENT SETINFO, the INFO of a ready check)
   * needs no mention, nor do PING and QUIT. The same words from the application count, where that
   * can be told: INFO of node-redis, which never sends it, or a second one on a connection.
   * @throws TypeError for a command that neither Redis nor a client knows
   */
  onlyCommands(allowed: readonly CommandName[]): void {
    this.#seen.checkCommands(allowed, 'onlyCommands()')
    const known = new Set(names(allowed))
    const { calls, libraryCalls } = this.#seen
    const others = calls.filter(call => !known.has(call.command) && !libraryCalls.has(call))
    demand(others.length === 0, 'Other commands were used', others.map(lineOf), [...known])
  }

  /** A call that fits was made: at all, or so often. */
  called(filter: CallFilter | CommandName, times?: number): void {
    const found = this.#seen.find(filterOf(filter), 'called()')
    const wanted = times === undefined ? 'at least once' : timesText(times)
    const isRight = times === undefined ? found.length > 0 : found.length === times
    demand(
      isRight,
      `Expected ${nameOf(filter)} to be called ${wanted}, but it was ${timesText(found.length)}`,
      this.#seen.calls.map(lineOf),
      wanted,
    )
  }

  /** No call that fits was made. */
  notCalled(filter: CallFilter | CommandName): void {
    const found = this.#seen.find(filterOf(filter), 'notCalled()')
    demand(found.length === 0, `${nameOf(filter)} was called`, found.map(lineOf), [])
  }

  /**
   * No command was answered with an error; but libraries may ask, while they connect, for what
   * they can do without: CLIENT SETINFO, CLIENT MAINT_NOTIFICATIONS, an INFO that ACL denies.
   */
  noErrors(): void {
    const { calls, libraryCalls } = this.#seen
    const failed = calls.filter(call => {
      const passedOver = libraryCalls.get(call)?.passedOver
      return call.error !== undefined && !passedOver?.test(call.error)
    })
    demand(failed.length === 0, 'Commands were answered with errors', failed.map(lineOf), [])
  }

  /**
   * Nothing happened that a strict server does not take for foreseen, since its start or reset().
   * @throws Error if the server was not started with `strict`
   */
  nothingUnexpected(): void {
    const unexpected = this.#unexpected()
    if (unexpected === undefined) throw new Error('Start the server with strict first')
    demand(unexpected.length === 0, 'This was not foreseen', [...unexpected], [])
  }

  /** Every client has closed its connection. */
  noConnections(): void {
    const { connections } = this.#seen
    demand(connections.length === 0, 'Clients are still connected', connections.map(clientLine), [])
  }
}

function timesText(times: number): string {
  if (times === 0) return 'never'
  return times === 1 ? 'once' : `${times} times`
}

function filterOf(filter: CallFilter | string): CallFilter {
  return typeof filter === 'string' ? { command: filter } : filter
}

function nameOf(filter: CallFilter | string): string {
  if (typeof filter === 'string') return filter.toUpperCase()
  const { command = 'a command', key, user } = filter
  const who = user === undefined ? '' : ` by ${user}`
  const what = [command].flat().join(' or ').toUpperCase()
  return printable(`${what}${key === undefined ? '' : ` ${key}`}${who}`)
}

function clientLine({ id, address, kind, name, user }: ConnectedClient): string {
  const who = `user ${user}${name === '' ? '' : `, ${name}`}`
  return printable(`client ${id} at ${address} over ${kind}, ${who}`)
}

function demand(isRight: boolean, message: string, actual: unknown, expected: unknown): void {
  if (isRight) return
  const lines = Array.isArray(actual) ? actual.map(line => `\n  ${line}`).join('') : ''
  const { AssertionError } = assert()
  throw new AssertionError({ message: `${message}${lines && `:${lines}`}`, actual, expected })
}
