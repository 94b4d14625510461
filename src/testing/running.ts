// A server that a test has started, and what it can do with it.

import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { ClientTls } from './client-tls.ts'
import type {
  ClientName,
  ConnectionVariables,
  ConnectOptions,
  EnvOptions,
  Login,
} from './connect-options.ts'
import type { RedisControl } from './control.ts'
import type { ForkOptions } from './start-options.ts'
import type { Sighting } from './tls/lab.ts'
import type { TlsProfileName } from './tls/profiles.ts'

/** A server that is listening. */
export interface RunningRedis extends RedisControl {
  /** The first address that is listened at; 127.0.0.1 or ::1 where that is all of them. */
  readonly host: string
  /** The port of TLS, or the plain one with `tls: false`. */
  readonly port: number
  /** `rediss://127.0.0.1:port`, or `redis://…` without TLS. */
  readonly url: string
  /** The path that is listened at as well, if one was asked for. */
  readonly unixsocket: string | undefined
  /** What clients need for TLS; undefined with `tls: false`. */
  readonly tls: ClientTls | undefined
  /** The last handshake that failed: OpenSSL's reason, and a plain sentence with the cure. */
  readonly handshakeError: HandshakeError | undefined
  /** What was seen of each client that connected; empty without `tls.profile`. */
  readonly sightings: readonly Sighting[]
  /**
   * Switches to another TLS fault, from the next connection on.
   * @throws RangeError if there is no such profile
   * @throws Error if the server was not started with `tls.profile`
   */
  tlsProfile(name: TlsProfileName): Promise<void>
  /**
   * What a client library or redis-cli has to be given to connect: `connectOptions('ioredis')`.
   * @param login who logs in; `false`: nobody
   * @throws TypeError for an unknown client, or one that cannot connect to this server
   */
  connectOptions<C extends ClientName>(client: C, login?: Login | false): ConnectOptions[C]
  /** Starts another server like this one, with its data, users, functions and settings. */
  fork(options?: ForkOptions): Promise<RunningRedis>
  /**
   * What child processes need to connect, by the names of environment variables.
   * @param login who logs in; `false`: nobody
   * @throws Error with `p12` if the client's key cannot be read
   */
  env(login?: Login | false, options?: EnvOptions): ConnectionVariables
  /**
   * Closes listeners and connections and removes files.
   * @throws the first bug of the server itself that a command met, if any did; of a strict server,
   * an AssertionError that names whatever was not foreseen
   */
  close(): Promise<void>
  /** For `await using`: close(). */
  [Symbol.asyncDispose](): Promise<void>
}
