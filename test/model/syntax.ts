// A small language for random requests: one line of syntax a command or a variant of it.
//
//   [a b]    perhaps          (a|b c)   one of them        {a b}   one to three times
//   $name    a word drawn by the generator of that name    "..."   one word with blanks

import { invariant } from '../../src/util/assert.ts'
import type { Random } from '../../src/util/random.ts'

export type Generators = ReadonlyMap<string, (random: Random) => string>

/** Appends the words of another request. */
export type Draw = (random: Random, words: string[]) => void

/** Requests of one line. */
export function compile(line: string, generators: Generators): Draw {
  const tokens = line.match(/"[^"]*"|[()[\]{}|]|[^\s"()[\]{}|]+/g) ?? []
  let at = 0

  function sequence(): Draw {
    const parts: Draw[] = []
    for (let token = tokens[at]; token !== undefined; token = tokens[at]) {
      if ('|)]}'.includes(token)) break
      at++
      parts.push(part(token))
    }
    return (random, words) => {
      for (const draw of parts) draw(random, words)
    }
  }

  function part(token: string): Draw {
    if (token === '[') return maybe(alternatives(']'))
    if (token === '{') return repeated(alternatives('}'))
    if (token === '(') return alternatives(')')
    if (token.startsWith('$') && token !== '$') {
      const generate = generators.get(token.slice(1))
      invariant(generate !== undefined, `${token} in ${line}`)
      return (random, words) => words.push(generate(random))
    }
    const word = token.startsWith('"') ? token.slice(1, -1) : token
    return (_random, words) => words.push(word)
  }

  function alternatives(close: string): Draw {
    const choices = [sequence()]
    while (tokens[at] === '|') {
      at++
      choices.push(sequence())
    }
    invariant(tokens[at++] === close, `${close} in ${line}`)
    return (random, words) => pick(choices, random)(random, words)
  }

  const draw = sequence()
  invariant(at === tokens.length, `The end of ${line}`)
  return draw
}

function maybe(draw: Draw): Draw {
  return (random, words) => {
    if (random.below(2) === 0) draw(random, words)
  }
}

function repeated(draw: Draw): Draw {
  return (random, words) => {
    for (let left = 1 + random.below(3); left > 0; left--) draw(random, words)
  }
}

export function pick<T>(from: readonly T[], random: Random): T {
  const item = from[random.below(from.length)]
  invariant(item !== undefined, 'Nothing to pick from')
  return item
}
