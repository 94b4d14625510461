// What a process needs once, and most processes never: tables, and packages. They are made at their
// first use, since all that is made at import is waited for by whoever only starts a server.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// Time that goes into that. No command is to be charged with it that happens to come first: whoever
// measures commands takes it off (engine/turn.ts).
let spentMs = 0
let depth = 0

/** Loads or makes something, once; what it does so in turn counts as one. */
export function warmingUp<T>(make: () => T): T {
  if (depth > 0) return make()
  const startedAt = performance.now()
  depth++
  try {
    return make()
  } finally {
    depth--
    spentMs += performance.now() - startedAt
  }
}

/** Milliseconds that this process has spent so; what is under way does not count yet. */
export function warmUpMs(): number {
  return spentMs
}

/** A constant that is computed when it is first asked for. */
export function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= warmingUp(make)
    return made
  }
}

/** The value of a key, made and kept if the map has none. */
export function obtain<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

/** A package of node_modules, in the form that can be loaded at once: CommonJS. */
export function lazyPackage<T extends object>(name: string): () => T {
  return lazy(() => createRequire(ownFile())(name) as T)
}

/** A pure function that need not compute again what it was last asked. */
export function rememberLast<T>(compute: (text: string) => T): (text: string) => T {
  return rememberLastBy(text => text, compute)
}

/** The URL of the file that calls this. */
export function ownFile(): string {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 2
    Error.prepareStackTrace = (_error, sites) => sites
    const [, caller] = new Error().stack as unknown as NodeJS.CallSite[]
    const file = caller?.getFileName() ?? ''
    return file.startsWith('file:') ? file : pathToFileURL(file).href
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The same for what is told apart by a text. */
export function rememberLastBy<O, T>(
  textOf: (options: O) => string,
  compute: (options: O) => T,
): (options: O) => T {
  let last: { readonly text: string; readonly result: T } | undefined
  return options => {
    const text = textOf(options)
    if (last?.text !== text) last = { text, result: compute(options) }
    return last.result
  }
}
