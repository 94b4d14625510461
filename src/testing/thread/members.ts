// What of a running server can be used from another thread: one table, out of which both the types
// and the objects of that side are made. Everything in it arrives as a promise there; its names and
// its meaning are those of the server in one's own thread.

import type { Assertions } from '../assertions.ts'
import type { TestClock } from '../clock.ts'
import type { TestDatabase } from '../data.ts'
import type { Fault } from '../faults.ts'
import type { RunningRedis } from '../running.ts'
import type { ServerState } from '../state.ts'

/** By the kind of object: properties that are read, and methods. */
export const MEMBERS = {
  redis: {
    readers: ['calls', 'clientsSeen', 'connections', 'handshakeError', 'pubsub', 'sightings'],
    methods: [
      'clearCalls',
      'clearFaults',
      'dump',
      'fault',
      'reset',
      'restore',
      'seed',
      'snapshot',
      'tlsProfile',
    ],
  },
  clock: {
    readers: ['date', 'isFrozen'],
    methods: ['advance', 'freeze', 'monotonic', 'now', 'reset', 'resume', 'set'],
  },
  expect: {
    readers: [],
    methods: [
      'called',
      'clientCertificates',
      'noConnections',
      'noErrors',
      'noPlaintext',
      'notCalled',
      'nothingUnexpected',
      'onlyCommands',
    ],
  },
  database: {
    readers: ['size'],
    methods: [
      'dump',
      'encoding',
      'has',
      'hash',
      'keys',
      'list',
      'seed',
      'set',
      'stream',
      'string',
      'ttl',
      'type',
      'zset',
    ],
  },
  fault: { readers: ['fired'], methods: ['remove'] },
} as const

export type Kind = keyof typeof MEMBERS
type MemberOf<K extends Kind> =
  | (typeof MEMBERS)[K]['readers'][number]
  | (typeof MEMBERS)[K]['methods'][number]

/** A function cannot go to another thread. */
type WithoutWhere<F> = F extends unknown ? ('where' extends keyof F ? Omit<F, 'where'> : F) : never
type Sent<A> = A extends ServerState ? ThreadedState : WithoutWhere<A>
type Received<R> = R extends ServerState ? ThreadedState : R extends Fault ? ThreadedFault : R
type Remote<M> = M extends (...args: infer A) => infer R
  ? (...args: { [I in keyof A]: Sent<A[I]> }) => Promise<Received<Awaited<R>>>
  : Promise<M>

export type RemoteMembers<T, K extends Kind> = {
  readonly [N in keyof T & MemberOf<K>]: Remote<T[N]>
}

/** The clock of a server in a thread. */
export interface ThreadedClock extends RemoteMembers<TestClock, 'clock'> {}

/** Claims about the clients of a server in a thread; promises are rejected where they are wrong. */
export interface ThreadedAssertions extends RemoteMembers<Assertions, 'expect'> {}

/** One database of a server in a thread. */
export interface ThreadedDatabase extends RemoteMembers<TestDatabase, 'database'> {}

/** A fault in force on a server in a thread. */
export interface ThreadedFault extends RemoteMembers<Fault, 'fault'> {
  [Symbol.asyncDispose](): Promise<void>
}

/** A state of a server in a thread, where it stays. */
export interface ThreadedState {
  /** Which of the thread's objects it is. */
  readonly reference: number
}

export type RemoteRedis = RemoteMembers<RunningRedis, 'redis'>

/** What the objects of each kind are on the other side, but for members of that side's own. */
export interface RemoteKinds {
  readonly redis: RemoteRedis
  readonly clock: ThreadedClock
  readonly expect: ThreadedAssertions
  readonly database: ThreadedDatabase
  readonly fault: RemoteMembers<Fault, 'fault'>
}
