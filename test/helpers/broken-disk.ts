// A disk that fails: system calls of this process that do not do what they should.

import fs from 'node:fs'

export type DiskCall =
  | 'closeSync'
  | 'fdatasync'
  | 'fdatasyncSync'
  | 'fsync'
  | 'fsyncSync'
  | 'ftruncateSync'
  | 'mkdirSync'
  | 'openSync'
  | 'renameSync'
  | 'write'
  | 'writeSync'

type Call = (...args: unknown[]) => unknown
type Callback = (error: Error) => void

const FULL = { code: 'ENOSPC', errno: -28 }

/** Calls that fail, until they work again. */
export class BrokenDisk {
  /** How often one was made to fail. */
  failures = 0
  readonly #real = new Map<DiskCall, Call>()

  /** Has a system call fail from its n-th use on. */
  breaks(call: DiskCall, nth: number): this {
    const real = fs[call] as Call
    this.#real.set(call, real)
    let uses = 0
    Reflect.set(fs, call, (...args: unknown[]) => {
      if (++uses < nth) return real(...args)
      this.failures++
      return fail(call, real, args)
    })
    return this
  }

  repair(): void {
    for (const [call, real] of this.#real) Reflect.set(fs, call, real)
    this.#real.clear()
  }
}

function fail(call: DiskCall, real: Call, args: readonly unknown[]): unknown {
  const syscall = call.replace('Sync', '')
  const place = typeof args[0] === 'string' ? { path: args[0] } : {}
  const error = Object.assign(new Error('ENOSPC: planted'), { ...FULL, syscall, ...place })
  const callback = args.at(-1)
  if (!call.endsWith('Sync')) {
    setImmediate(() => (callback as Callback)(error))
    return undefined
  }
  // What was opened is closed all the same.
  if (call === 'closeSync') real(...args)
  throw error
}
