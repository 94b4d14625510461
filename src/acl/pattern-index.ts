// The patterns of a selector, arranged so that a name is asked about once, however many there are.
//
// Hot file. Every pattern begins with a literal text, maybe an empty one. These texts make a radix
// tree, and the bytes of the name lead down it: at each node on the way stand the patterns whose
// literal beginning ends there. Exact names and 'literal*' are answered by a bit test, without a
// string; only patterns that go on otherwise are tried one by one, and of those only the ones
// whose beginning fits. An index never changes: whoever changes patterns drops it.

import { toBuffer } from '../util/bytes.ts'
import { literalHead, type Matches } from '../util/glob.ts'

export interface IndexedPattern {
  readonly pattern: string
  /** What it gives, as bits: 1 to 3. */
  readonly rights: number
  readonly matches: Matches
}

export class PatternIndex {
  readonly #root = new Node(toBuffer(''))

  constructor(patterns: readonly IndexedPattern[]) {
    for (const pattern of patterns) {
      const { text, rest } = literalHead(pattern.pattern)
      const node = this.#nodeFor(toBuffer(text))
      const needs = NEEDS_MET[pattern.rights]!
      if (rest === '') node.exact |= needs
      else if (rest === '*') node.prefix |= needs
      else node.others.push(pattern)
    }
  }

  /**
   * Whether one pattern that matches these bytes gives all the rights that are needed; rights of
   * several patterns do not add up. Needs are bits as rights are, or 0 if any pattern will do.
   */
  allows(bytes: Buffer, start: number, end: number, needs: number): boolean {
    let node: Node | undefined = this.#root
    let at = start
    let name: string | undefined
    while (node !== undefined) {
      const { label } = node
      if (label.length > end - at) return false
      for (let i = 0; i < label.length; i++) if (label[i] !== bytes[at + i]) return false
      at += label.length
      // Not even a star matches the empty name.
      if (((node.prefix >>> needs) & 1) !== 0 && end > start) return true
      if (node.others.length > 0) {
        name ??= bytes.toString('latin1', start, end)
        for (const { rights, matches } of node.others) {
          if ((rights & needs) === needs && matches(name)) return true
        }
      }
      if (at === end) return ((node.exact >>> needs) & 1) !== 0
      node = node.children.get(bytes[at]!)
    }
    return false
  }

  /** The node for a literal text; makes it, and splits the one that it branches off from. */
  #nodeFor(text: Buffer): Node {
    let node = this.#root
    let rest = text
    while (rest.length > 0) {
      const child = node.children.get(rest[0]!)
      if (child === undefined) return node.add(new Node(rest))
      const common = commonLength(child.label, rest)
      node = common === child.label.length ? child : node.add(child.split(common))
      rest = rest.subarray(common)
    }
    return node
  }
}

class Node {
  /** What this node adds to the text of its parent; empty for the root only. */
  label: Buffer
  /** Bit n: whoever needs the rights n has them on this very text; or on all that begin so. */
  exact = 0
  prefix = 0
  readonly others: IndexedPattern[] = []
  /** By the first byte of their labels. */
  readonly children = new Map<number, Node>()

  constructor(label: Buffer) {
    this.label = label
  }

  add(child: Node): Node {
    this.children.set(child.label[0]!, child)
    return child
  }

  /** A node for the beginning of the label, above this one, which keeps the rest. */
  split(length: number): Node {
    const upper = new Node(this.label.subarray(0, length))
    this.label = this.label.subarray(length)
    upper.add(this)
    return upper
  }
}

/** By rights: the needs that they meet, a bit for each of 0 to 3. */
const NEEDS_MET: readonly number[] = [0b0001, 0b0011, 0b0101, 0b1111]

function commonLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length)
  let length = 0
  while (length < most && a[length] === b[length]) length++
  return length
}
