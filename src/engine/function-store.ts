// What saving and loading ask of the functions, which are kept by a feature that they do not know.

import { err } from '../resp3/errors.ts'

export interface FunctionStore {
  readonly all: Iterable<{ readonly code: string }>
  readonly count: number
  /** Takes over libraries, all of them or none. @throws ReplyError */
  restore(codes: readonly string[], policy: 'replace' | 'flush'): void
}

/** Of a server without scripts. */
export const NO_FUNCTIONS: FunctionStore = {
  all: [],
  count: 0,
  restore: codes => {
    if (codes.length > 0) throw err("Engine 'lua' not found")
  },
}
