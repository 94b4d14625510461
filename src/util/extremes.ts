// The greatest and the least of many: Math.max(...many) puts each of them on the stack, which has
// room for some ten thousands.

/** 0 if there are none, or none above it. */
export function greatest(values: Iterable<number>): number {
  let most = 0
  for (const value of values) if (value > most) most = value
  return most
}

/** Infinity if there are none. */
export function least(values: Iterable<number>): number {
  let smallest = Number.POSITIVE_INFINITY
  for (const value of values) if (value < smallest) smallest = value
  return smallest
}
