// The public API of the library. What not every test needs is loaded when it is first called.

import type { DiffOptions, UserDiff } from './policy/diff.ts'
import type { Explanation } from './policy/explain.ts'
import type { ExplainOptions } from './policy/explain-text.ts'
import * as judges from './policy/judges.ts'
import type { Finding, LintOptions } from './policy/lint.ts'
import type { Matrix, MatrixOptions } from './policy/matrix.ts'
import type { Policy, ReadOptions } from './policy/policy.ts'
import type { Call } from './testing/calls.ts'
import type { ClusteredRedis } from './testing/cluster/clustered.ts'
import type { ClusterOptions } from './testing/cluster/options.ts'
import * as clustered from './testing/cluster/set.ts'
import type { ReplicationOptions } from './testing/replication/options.ts'
import type { ReplicatedRedis } from './testing/replication/replicated.ts'
import * as replicated from './testing/replication/set.ts'
import type { Authority, AuthorityOptions } from './testing/tls/authority.ts'
import * as authorities from './testing/tls/authority.ts'
import type { ObservedCall } from './tools/learn/deeds.ts'
import type { Learned, LearnOptions } from './tools/learn.ts'
import * as learner from './tools/learn.ts'

export type { Trace } from './acl/explain.ts'
export type { Change } from './acl/smallest-change.ts'
export { StartError } from './host/config/directives.ts'
export type {
  DiffOptions,
  RightsChange,
  SelectorDiff,
  UserDiff,
} from './policy/diff.ts'
export { PolicyError, QuestionError } from './policy/errors.ts'
export type { Explanation } from './policy/explain.ts'
export type { ExplainOptions } from './policy/explain-text.ts'
export type { Finding, LintOptions, Severity } from './policy/lint.ts'
export type { Matrix, MatrixOptions } from './policy/matrix.ts'
export type { Policy } from './policy/policy.ts'
export type { Assertions } from './testing/assertions.ts'
export type {
  Call,
  CallFilter,
  ConnectedClient,
  RedisEvents,
  TlsSession,
} from './testing/calls.ts'
export type { ClientTls } from './testing/client-tls.ts'
export type { FakedTimers, TestClock } from './testing/clock.ts'
export type { ClusteredRedis } from './testing/cluster/clustered.ts'
export type { ClusterOptions } from './testing/cluster/options.ts'
export type { CommandName } from './testing/command-name.ts'
export type {
  ClientName,
  ConnectionVariables,
  ConnectOptions,
  EnvOptions,
  GlideOptions,
  IoredisOptions,
  Login,
  NodeRedisOptions,
  RedisPyOptions,
} from './testing/connect-options.ts'
export type { PubSubState, RedisControl, WaitOptions } from './testing/control.ts'
export type { TestDatabase } from './testing/data.ts'
export type { Duration } from './testing/duration.ts'
export type { Fault, FaultEffect, FaultOptions } from './testing/faults.ts'
export type { NodeOptions, ReplicationOptions } from './testing/replication/options.ts'
export type {
  ReplicatedRedis,
  ReplicationLink,
  SetConnectOptions,
} from './testing/replication/replicated.ts'
export type { RunningRedis } from './testing/running.ts'
export type { Seed, SeedValue, StreamEntry } from './testing/seed.ts'
export { startRedis } from './testing/start.ts'
export type {
  ForkOptions,
  Pem,
  SettingName,
  SettingValue,
  StartOptions,
  StrictOptions,
  ThreadOptions,
  TlsMaterial,
} from './testing/start-options.ts'
export type { ServerState } from './testing/state.ts'
export type {
  ThreadedAssertions,
  ThreadedClock,
  ThreadedDatabase,
  ThreadedFault,
  ThreadedState,
} from './testing/thread/members.ts'
export type { ThreadedRedis } from './testing/thread/threaded.ts'
export type {
  Authority,
  AuthorityOptions,
  CertificateOptions,
  CrlOptions,
  Hash,
  Identity,
  KeyType,
  OcspStatus,
} from './testing/tls/authority.ts'
export type { Sighting } from './testing/tls/lab.ts'
export type { TlsProfileName } from './testing/tls/profiles.ts'
export type { LeftOut, ObservedCall } from './tools/learn/deeds.ts'
export type {
  Learned,
  LearnedRule,
  LearnedUser,
  LearnOptions,
} from './tools/learn.ts'
export type { ClientHello } from './transport/client-hello.ts'
export type { HandshakeError } from './transport/handshake-sentence.ts'

/**
 * Reads the text of an ACL file or of redis.conf, a binary string. Nothing is thrown: what Redis
 * would refuse is in `problems`.
 */
export function readPolicy(text: string, options: ReadOptions = {}): Policy {
  return judges.readPolicy(text, options)
}

/**
 * Explains one verdict: `explain({ rules: '~app:* +get' }, ['GET', 'secret'])`.
 * Words are binary strings, one character a byte.
 * @throws PolicyError if the rules are none or there is no such user
 * @throws QuestionError if the words are no command
 */
export function explain(options: ExplainOptions, words: readonly string[]): Explanation {
  return judges.explain(options, words)
}

/**
 * Finds faults in an ACL file or redis.conf, in the order of its lines:
 * `lint('user app on nopass ~* +@all')`.
 * @param policy the text as a binary string, or what readPolicy() made of it
 */
export function lint(policy: string | Policy, options: LintOptions = {}): readonly Finding[] {
  return judges.lint(policy, options)
}

/**
 * Compares two policies and tells the users that differ, by name:
 * `diff('user a on +get', 'user a on +get +set')`. Texts are binary strings.
 */
export function diff(
  before: string | Policy,
  after: string | Policy,
  options: DiffOptions = {},
): readonly UserDiff[] {
  return judges.diff(before, after, options)
}

/**
 * Which users may run which commands, or how much of each category:
 * `matrix(readPolicy('user a on +@read'), { by: 'commands' })`.
 */
export function matrix(policy: Policy, options: MatrixOptions = {}): Matrix {
  return judges.matrix(policy, options)
}

/**
 * The least that each user needs, from the calls of a running server (`learn(redis.calls)`, of
 * which the last ten thousand are kept) or from calls that were observed elsewhere. Commands of
 * scripts count as Redis checks them: the keys named to EVAL, and every command that runs.
 *
 * Names that differ in ids only (numbers, UUIDs, hex, random words) become one pattern; the first
 * word of a name and plain words never become a star. Commands that were queued and then discarded
 * are not among the calls.
 */
export function learn(calls: Iterable<Call | ObservedCall>, options: LearnOptions = {}): Learned {
  return learner.learn(calls, options)
}

/**
 * Starts a master and its replicas, over TLS with client certificates also between them. Resolves
 * when all of them are in sync.
 * @throws StartError for what a node cannot start with, or if a replica does not get in sync
 */
export function startReplication(options: ReplicationOptions = {}): Promise<ReplicatedRedis> {
  return replicated.startReplication(options)
}

/**
 * Starts a cluster, over TLS with client certificates also between nodes. Resolves when every slot
 * is served and all replicas are in sync.
 * @throws StartError for what a node cannot start with, or if a replica does not get in sync
 */
export function startCluster(options: ClusterOptions = {}): Promise<ClusteredRedis> {
  return clustered.startCluster(options)
}

/** Makes a root authority of its own. */
export function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  return authorities.createAuthority(options)
}
