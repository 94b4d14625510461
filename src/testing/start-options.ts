// What startRedis() can be told.

import type { ParameterName } from '../host/config/parameters.ts'
import type { CommandName } from './command-name.ts'
import type { TlsProfileName } from './tls/profiles.ts'

/** A setting as redis.conf would give it: `yes`/`no` for booleans, a list for several words. */
export type SettingValue = string | number | boolean | readonly (string | number)[]

/** Names that settings had before; they still go. */
type OldSettingName =
  | 'aof_rewrite_cpulist'
  | 'bgsave_cpulist'
  | 'bio_cpulist'
  | 'cluster-slave-no-failover'
  | 'cluster-slave-validity-factor'
  | 'hash-max-ziplist-entries'
  | 'hash-max-ziplist-value'
  | 'list-max-ziplist-size'
  | 'lua-time-limit'
  | 'min-slaves-max-lag'
  | 'min-slaves-to-write'
  | 'repl-ping-slave-period'
  | 'server_cpulist'
  | 'slave-announce-ip'
  | 'slave-announce-port'
  | 'slave-ignore-maxmemory'
  | 'slave-lazy-flush'
  | 'slave-priority'
  | 'slave-read-only'
  | 'slave-serve-stale-data'
  | 'slaveof'
  | 'zset-max-ziplist-entries'
  | 'zset-max-ziplist-value'

/** What redis.conf may say: the settings that CONFIG GET shows, and `user`, `rename-command`. */
export type SettingName = ParameterName | OldSettingName | 'user' | 'rename-command'

/** PEM, as node:tls takes it: a text, its bytes, or several of them. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[]

/**
 * The certificates and keys of both sides: each as PEM, or the path of a file that holds it. A
 * certificate and its key are given together.
 */
export interface TlsMaterial {
  /** The server's certificate chain and key. Default: the demo kit's, for localhost. */
  readonly cert?: Pem
  readonly key?: Pem
  readonly certFile?: string
  readonly keyFile?: string
  /** The authority that client certificates must come from. Default: the demo kit's. */
  readonly ca?: Pem
  readonly caFile?: string
  /** The certificate and key that connect options give to clients. */
  readonly clientCert?: Pem
  readonly clientKey?: Pem
  readonly clientCertFile?: string
  readonly clientKeyFile?: string
  /** The authority that clients are to trust. Default: `ca`. */
  readonly serverCa?: Pem
  readonly serverCaFile?: string
  /** tls-auth-clients. Default: `yes`, a client certificate is required. */
  readonly authClients?: 'yes' | 'no' | 'optional' | boolean
  /**
   * Plays a TLS fault, or none: `valid`. The server then has certificates of its own, and none may
   * be given beside it.
   */
  readonly profile?: TlsProfileName
  /**
   * With `profile`: the names and addresses that clients reach the server by, if not localhost
   * alone: `['redis']`. Each profile is then its one fault under these names.
   */
  readonly hosts?: readonly string[]
}

/** What a strict server takes for foreseen. */
export interface StrictOptions {
  /**
   * Nothing but these, such as `'get'` and `'acl whoami'`, and what client libraries send by
   * themselves: all else is refused. Default: every command.
   */
  readonly commands?: readonly CommandName[]
  /** Commands may be answered with errors. Default: false. */
  readonly errors?: boolean
}

/** What startRedis() takes; all of it may be left out. What is undefined counts as left out. */
export interface StartOptions {
  /** False: no TLS at all, but a plain port. Default: TLS only, with the demo kit. */
  readonly tls?: boolean | TlsMaterial
  /** The port: of TLS, or the plain one with `tls: false`. Default: any free one. */
  readonly port?: number
  /** Also listen on this unix socket. */
  readonly unixsocket?: string
  /**
   * ACL users by name, each with its rules: `{ alice: 'on >secret ~app:* +@read' }`. The default
   * user is off then, unless it is one of them, as in `{ default: 'on nopass ~* &* +@all' }`, or
   * there is a `requirepass`. Clients log in as one of them: see connectOptions().
   */
  readonly users?: Readonly<Record<string, string | readonly string[]>>
  /** Take the users from this ACL file instead. */
  readonly aclfile?: string
  /** The default user's password. */
  readonly requirepass?: string
  /**
   * Any other setting of redis.conf by its name. With `dir` and `appendonly: 'yes'` the data is kept
   * in files there, and the next server with them starts with it; without both, no disk is touched.
   */
  readonly config?: { readonly [Name in SettingName]?: SettingValue }
  /**
   * Seeds what is picked at random: by SPOP, RANDOMKEY, HRANDFIELD and the like. Passwords of ACL
   * GENPASS and run ids are others at each start all the same. Default: true randomness.
   */
  readonly randomSeed?: number
  /** Knows the MOCK command, by which any client can steer the server. Default: false. */
  readonly mockCommand?: boolean
  /**
   * The format of the RDB that it writes, in files, payloads of DUMP and to replicas: 10 is what
   * Redis 7.0 reads, 11 what 7.2 does. Neither can say that fields of a hash expire: files leave it
   * out, which is logged, and DUMP and MIGRATE refuse such hashes. Default: 12, of Redis 7.4.
   */
  readonly rdbVersion?: 10 | 11 | 12
  /** Hears each line of the server's log. Default: nobody. */
  readonly log?: (line: string) => void
  /**
   * Keeps the process alive no longer than something else does, so that a forgotten close() holds
   * up nobody. Default: true where a runner's hooks are global names (jest, mocha), else false.
   */
  readonly unref?: boolean
  /**
   * Whatever a test did not foresee makes it fail: an error that is answered, a failed handshake, a
   * client without TLS where there is TLS (which is cut off), and, with a list of `commands`, every
   * other one (which is refused). close() throws an AssertionError that names them all; fixtures
   * do so after each test. Default: false.
   */
  readonly strict?: boolean | StrictOptions
  /** See ThreadOptions. */
  readonly thread?: false
}

/** Of a server in a thread of its own, which a test that is busy cannot stall. */
export interface ThreadOptions extends Omit<StartOptions, 'thread'> {
  /** Runs in a thread of its own. Default: false. */
  readonly thread: true
}

/** What a fork may be given: it runs in the thread of its original. */
export type ForkOptions = Omit<StartOptions, 'thread'>
