// One step of an explanation, and the question that is explained.

import type { ConnectionOptions } from 'node:tls'
import { curesFor, type Fault, type Library } from '../cures.ts'

/** Those of everybody who speaks TLS to a server. */
const TLS_STEPS = [
  'files',
  'name',
  'TCP',
  'protocol',
  'cipher',
  'chain',
  'host name',
  'dates',
  'client certificate',
] as const

/** Those of a client, in the order in which they are taken. */
export const CLIENT_STEPS = ['scheme', ...TLS_STEPS, 'also taken', 'login'] as const

/** Those of a replica on its way to its master. */
export const LINK_STEPS = [
  'configuration',
  ...TLS_STEPS,
  'login',
  'rights',
  'master',
  'RDB version',
] as const

export type StepName = (typeof CLIENT_STEPS)[number] | (typeof LINK_STEPS)[number]

export interface Step {
  readonly name: StepName
  /** `unknown`: an earlier step stands in the way. */
  readonly verdict: 'right' | 'wrong' | 'doubtful' | 'unknown'
  /** What was found, in a sentence or two. */
  readonly text: string
  /** What to do about the server or the files, if that is where the cure is. */
  readonly cure?: string | undefined
  /** Until the first certificate of the chain ends; of the step `dates`. */
  readonly daysLeft?: number
  /** What to change in each client library, if that is where the cure is. */
  readonly cures?: Readonly<Record<Library, string>> | undefined
}

export interface Question {
  readonly host: string
  readonly port: number
  /** The URL that the application has says redis://, so that its client speaks no TLS. */
  readonly isPlain?: boolean | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** The name to ask for and to compare with, if it is another one than the host's. */
  readonly serverName?: string | undefined
  /** PEM texts. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** How long each step may take, in milliseconds. */
  readonly timeoutMs: number
  /** A certificate that ends in less than so many days is wrong. Default: none is. */
  readonly leastDays?: number
}

/** Of a replica: the host is its master's, and the login is masteruser and masterauth. */
export interface LinkQuestion extends Question {
  /** What it connects with by its settings, or undefined if the link is plain. */
  readonly link: ConnectionOptions | undefined
  /** Which Redis the replica is: `[7, 4]`. */
  readonly version: readonly [major: number, minor: number]
}

/** A step, in short. */
export function step(
  name: StepName,
  verdict: Step['verdict'],
  text: string,
  more: { readonly cure?: string; readonly fault?: Fault } = {},
): Step {
  return { name, verdict, text, cure: more.cure, cures: more.fault && curesFor(more.fault) }
}

/** All steps of these names; those that were not taken are `unknown`. */
export function inOrder(names: readonly StepName[], found: readonly Step[]): Step[] {
  return names.map(
    name =>
      found.find(taken => taken.name === name) ??
      step(name, 'unknown', 'not reached, because of what is wrong above'),
  )
}
