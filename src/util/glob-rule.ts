// The patterns of the ACL. Where they have classes, minimatch decides; this file reduces Redis's
// dialect to minimatch's, exactly.
//
// The dialects differ in the slash, leading dots, braces, extglobs, `!`, broken classes and bytes.
// So a pattern is first read the way Redis reads it (glob-atoms.ts). Each byte is written as a
// letter that no glob syntax knows (U+0100 + byte), each set of bytes as `?`, one letter, or a
// class of explicit letters. A sentinel letter before pattern and subject keeps minimatch from
// seeing an empty string.
//
// An engine of minimatch takes some kilobytes and a tenth of a millisecond, at its first question:
// nothing for patterns that clients choose, which glob.ts decides. The two are proved equal by
// test/model/glob.test.ts.

import type { MinimatchOptions } from 'minimatch'
import { compile, type Matches } from './glob.ts'
import { type Atom, type ByteSet, readAtoms, STAR } from './glob-atoms.ts'
import { lazyPackage } from './lazy.ts'

const OPTIONS: MinimatchOptions = {
  nobrace: true,
  nocomment: true,
  noext: true,
  noglobstar: true,
  nonegate: true,
  dot: true,
  platform: 'linux',
}
const engines = lazyPackage<typeof import('minimatch')>('minimatch')
const SENTINEL = '\u0200'
const LETTERS = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(0x100 + byte))
// minimatch takes no pattern longer than 65,536 letters, and every atom may need many.
const RULE_MAX = 1000

/** For one pattern of a rule and many subjects: the same decision as compile(). */
export function compileRule(pattern: string, ignoreCase = false): Matches {
  if (!pattern.includes('[') || pattern.length > RULE_MAX) return compile(pattern, ignoreCase)
  let decide: Matches | undefined
  return subject => {
    decide ??= engine(pattern, ignoreCase)
    return decide(subject)
  }
}

function engine(pattern: string, ignoreCase: boolean): Matches {
  const atoms = readAtoms(pattern, ignoreCase)?.map(spellAtom)
  if (atoms === undefined || atoms.includes('')) return () => false
  const decide = engines().minimatch.filter(SENTINEL + atoms.join(''), OPTIONS)
  return subject => subject !== '' && decide(SENTINEL + spell(subject))
}

function spell(subject: string): string {
  let out = ''
  for (let i = 0; i < subject.length; i++) out += LETTERS[subject.charCodeAt(i)]
  return out
}

function spellAtom(atom: Atom): string {
  return atom === STAR ? '*' : spellSet(atom)
}

/** The bytes that fit, as minimatch writes them; empty if none does. */
function spellSet(set: ByteSet): string {
  let out = ''
  let count = 0
  for (let byte = 0; byte < 256; byte++) {
    if (!set[byte]) continue
    const first = byte
    while (byte < 255 && set[byte + 1]) byte++
    count += byte - first + 1
    out += first === byte ? LETTERS[byte] : `${LETTERS[first]}-${LETTERS[byte]}`
  }
  return count === 256 ? '?' : count <= 1 ? out : `[${out}]`
}
