// What must hold inside the program. A broken invariant is a bug of ours, never a client's error.

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message}`)
}

export function unreachable(value: never): never {
  throw new Error(`Unreachable value: ${String(value)}`)
}
