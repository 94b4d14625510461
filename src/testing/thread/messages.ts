// What the two threads say to each other. A request is a path from one of the server thread's
// objects (`db(1).hash('k')` is two steps), an answer is a value or an error. Values are copied;
// objects with a life of their own stay where they are and cross as a number.

import { AssertionError } from 'node:assert'
import { StartError } from '../../host/config/directives.ts'
import { ConfigError } from '../../host/config/parameter.ts'
import { type CallData, dataOf, ReceivedCall, RecordedCall } from '../recorded-call.ts'
import { OptionError } from '../shape.ts'

/** A member that is read, or called if there are arguments. */
export type Step = readonly [name: string, args?: readonly Packed[]]

export type Request =
  | { readonly id: number; readonly on: number; readonly path: readonly Step[] }
  | { readonly subscribe: string; readonly on: number; readonly isOn: boolean }
  | { readonly release: number }

/** What connecting to a server in a thread takes. */
export interface Address {
  readonly reference: number
  readonly host: string
  readonly port: number
  readonly url: string
  readonly unixsocket: string | undefined
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | undefined
}

export type Answer =
  | { readonly id: number; readonly value: Packed }
  | { readonly id: number; readonly error: ErrorData }
  | { readonly event: string; readonly on: number; readonly value: Packed }

export type Packed =
  | { readonly plain: unknown }
  | { readonly calls: readonly CallData[]; readonly isOne: boolean }
  | { readonly state: number }
  | { readonly fault: number }
  | { readonly redis: Address }

export function pack(value: unknown): Packed {
  if (value instanceof RecordedCall) return { calls: [dataOf(value)], isOne: true }
  if (Array.isArray(value) && value[0] instanceof RecordedCall) {
    return { calls: value.map(dataOf), isOne: false }
  }
  return { plain: value }
}

export function receivedCalls({ calls, isOne }: Extract<Packed, { isOne: boolean }>): unknown {
  const received = calls.map(data => new ReceivedCall(data))
  return isOne ? received[0] : received
}

export interface ErrorData {
  /** The name of its class, which may be another one than it shows. */
  readonly type: string
  readonly name: string
  readonly message: string
  readonly more: Readonly<Record<string, unknown>>
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) {
    return { type: 'Error', name: 'Error', message: String(error), more: {} }
  }
  const { name, message } = error
  return { type: error.constructor.name, name, message, more: { ...error } }
}

const CLASSES: ReadonlyMap<string, { readonly prototype: Error }> = new Map(
  [AssertionError, TypeError, RangeError, OptionError, StartError, ConfigError].map(type => [
    type.name,
    type,
  ]),
)

/** The same error here, as if it had come from where it was asked for. */
export function revivedError({ type, name, message, more }: ErrorData, askedAt: Error): Error {
  const error = new Error(message)
  const known = CLASSES.get(type)
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype)
  Object.assign(error, more)
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name })
  const frames = askedAt.stack?.split('\n').slice(1) ?? []
  error.stack = [`${name}: ${message}`, ...frames].join('\n')
  return error
}
