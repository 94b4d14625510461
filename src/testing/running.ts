// A server that a test has started, and what it can do with it.

import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { ClientTls } from './client-tls.ts'
import type { ClientName, ConnectionVariables, ConnectOptions, Login } from './connect-options.ts'
import type { RedisControl } from './control.ts'
import type { ForkOptions } from './start-options.ts'
import type { Sighting } from './tls/lab.ts'

/** A server that is listening. */
export interface RunningRedis extends RedisControl {
  readonly host: string
  readonly port: number
  /** `rediss://127.0.0.1:port`, or `redis://…` without TLS. */
  readonly url: string
  readonly unixsocket: string | undefined
  /** Undefined with `tls: false`. */
  readonly tls: ClientTls | undefined
  /** The last handshake that failed: OpenSSL's reason, and a plain sentence with the cure. */
  readonly handshakeError: HandshakeError | undefined
  /** What was seen of each client that connected; empty without `tls.profile`. */
  readonly sightings: readonly Sighting[]
  /**
   * Switches to another TLS fault, from the next connection on.
   * @throws Error if there is no such profile, or the server was not started with `tls.profile`
   */
  tlsProfile(name: string): Promise<void>
  /** What a client library or redis-cli has to be given to connect. */
  connectOptions<C extends ClientName>(client: C, login?: Login): ConnectOptions[C]
  /** Starts another server like this one, with its data, users, functions and settings. */
  fork(options?: ForkOptions): Promise<RunningRedis>
  /** What child processes need to connect, by the names of environment variables. */
  env(login?: Login): ConnectionVariables
  /**
   * Closes listeners and connections and removes files.
   * @throws the first bug of the server itself that a command met, if any did; of a strict server,
   * an AssertionError that names whatever was not foreseen
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
