// Time that goes into what is loaded or made at its first use. No command is to be charged with it
// that happens to come first: whoever measures commands takes it off (engine/turn.ts).

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
