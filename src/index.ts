// The public API of the library.

export type { Trace } from './acl/explain.ts'
export type { Change } from './acl/smallest-change.ts'
export { readPolicy } from './policy/conf-policy.ts'
export {
  type DiffOptions,
  diff,
  type RightsChange,
  type SelectorDiff,
  type UserDiff,
} from './policy/diff.ts'
export { type Explanation, PolicyError } from './policy/explain.ts'
export { type ExplainOptions, explain } from './policy/explain-text.ts'
export { type Finding, type LintOptions, lint, type Severity } from './policy/lint.ts'
export { type Matrix, type MatrixOptions, matrix } from './policy/matrix.ts'
export type { Policy } from './policy/policy.ts'
export { QuestionError } from './policy/question.ts'
export type { Assertions } from './testing/assertions.ts'
export type {
  Call,
  CallFilter,
  ConnectedClient,
  RedisEvents,
  TlsSession,
} from './testing/calls.ts'
export type { ClientTls } from './testing/client-tls.ts'
export type { TestClock } from './testing/clock.ts'
export type {
  ClientName,
  ConnectionVariables,
  ConnectOptions,
  GlideOptions,
  IoredisOptions,
  Login,
  NodeRedisOptions,
  RedisPyOptions,
} from './testing/connect-options.ts'
export type { PubSubState, RedisControl, WaitOptions } from './testing/control.ts'
export type { Seed, SeedValue, StreamEntry, TestDatabase } from './testing/data.ts'
export type { Duration } from './testing/duration.ts'
export type { Fault, FaultEffect, FaultOptions } from './testing/faults.ts'
export type { RunningRedis } from './testing/running.ts'
export { startRedis } from './testing/start.ts'
export type {
  SettingValue,
  StartOptions,
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
export {
  type Authority,
  type AuthorityOptions,
  type CertificateOptions,
  type CrlOptions,
  createAuthority,
  type Hash,
  type Identity,
  type KeyType,
  type OcspStatus,
} from './testing/tls/authority.ts'
export type { Sighting } from './testing/tls/lab.ts'
export type { LeftOut, ObservedCall } from './tools/learn/deeds.ts'
export {
  type Learned,
  type LearnedRule,
  type LearnedUser,
  type LearnOptions,
  learn,
} from './tools/learn.ts'
export type { ClientHello } from './transport/client-hello.ts'
export type { HandshakeError } from './transport/handshake-sentence.ts'
