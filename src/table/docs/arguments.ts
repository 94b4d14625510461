// The words that a command takes, written in one line of text and read into the tree that COMMAND
// DOCS shows:
//
//   key#0            a key, of the command's key spec 0
//   value            a text; `count:integer`, `timeout:double`, `at:unix-time`, `what:pattern`
//   NX               this very word, whose name is `nx`; `change=CH` has another name, and words
//                    that are no capitals are quoted: `auto-id='*'`
//   EX seconds       a word that goes before another: the token of `seconds`
//   order(ASC | DESC)        one of these, called `order`
//   LIMIT limit(start stop)  all of these, after a token
//   [count]          may be left out
//   field*           may be repeated; `**` with its token each time
//   count@6.2.0      since that version; `filter!2.8.12` was given up in that one
//   addr<ip:port>    shown as something else than its name

import { invariant } from '../../util/assert.ts'

export interface Argument {
  readonly name: string
  /** 'string', 'key', 'pure-token', 'oneof', 'block' or what else COMMAND DOCS calls it. */
  readonly type: string
  readonly displayText: string | undefined
  readonly keySpec: number | undefined
  readonly token: string | undefined
  readonly since: string | undefined
  readonly deprecatedSince: string | undefined
  /** As COMMAND DOCS shows them: 'optional', 'multiple', 'multiple_token'. */
  readonly flags: readonly string[]
  /** Of 'oneof' and 'block', else empty. */
  readonly arguments: readonly Argument[]
}

export function readArguments(text: string): readonly Argument[] {
  const reader = new Reader(text)
  const { items } = reader.list()
  invariant(reader.isAtEnd, `arguments ${text}`)
  return items
}

const TOKEN = /([A-Z][A-Z0-9-]*)|'([^']*)'/y

class Reader {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#position === this.#text.length
  }

  /** Items between blanks, or between bars, up to the end or to a closing parenthesis. */
  list(): { readonly items: Argument[]; readonly areChoices: boolean } {
    const items: Argument[] = []
    let areChoices = false
    while (this.#ahead(/[^)]/y)) {
      items.push(this.#item())
      if (this.#take(/ \| /y) !== undefined) areChoices = true
      else this.#take(/ /y)
    }
    return { items, areChoices }
  }

  #item(): Argument {
    const isOptional = this.#take(/\[/y) !== undefined
    const core = this.#core()
    const since = this.#take(/@([\d.]+)/y)
    const deprecatedSince = this.#take(/!([\d.]+)/y)
    if (isOptional) invariant(this.#take(/\]/y) !== undefined, `a bracket ends in ${this.#text}`)
    const repeat = this.#take(/(\*\*?)/y)
    const flags = [
      ...(isOptional ? ['optional'] : []),
      ...(repeat === undefined ? [] : ['multiple']),
      ...(repeat === '**' ? ['multiple_token'] : []),
    ]
    return { ...core, since, deprecatedSince, flags }
  }

  #core(): Omit<Argument, 'since' | 'deprecatedSince' | 'flags'> {
    const token = this.#take(TOKEN)
    if (token !== undefined && this.#take(/ (?=[a-z])/y) === undefined) {
      return pureToken(token.toLowerCase(), token)
    }
    const name = this.#take(/([a-z][\w-]*)/y)
    invariant(name !== undefined, `a name at ${this.#position} of ${this.#text}`)
    if (this.#take(/=/y) !== undefined) return pureToken(name, this.#take(TOKEN) ?? '')
    if (this.#take(/\(/y) !== undefined) {
      const { items, areChoices } = this.list()
      invariant(this.#take(/\)/y) !== undefined, `a parenthesis ends in ${this.#text}`)
      const type = areChoices ? 'oneof' : 'block'
      return { name, type, token, arguments: items, displayText: undefined, keySpec: undefined }
    }
    const type = this.#take(/:([a-z-]+)/y)
    const displayText = this.#take(/<([^>]+)>/y) ?? name
    const index = this.#take(/#(\d+)/y)
    const keySpec = index === undefined ? undefined : Number(index)
    const usual = keySpec === undefined ? 'string' : 'key'
    return { name, type: type ?? usual, displayText, keySpec, token, arguments: [] }
  }

  #ahead(pattern: RegExp): boolean {
    pattern.lastIndex = this.#position
    return pattern.test(this.#text)
  }

  /** What the pattern finds here: its group that took part, or '' if it has none. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#position = pattern.lastIndex
    return match.slice(1).find(group => group !== undefined) ?? ''
  }
}

function pureToken(
  name: string,
  token: string,
): Omit<Argument, 'since' | 'deprecatedSince' | 'flags'> {
  return {
    name,
    type: 'pure-token',
    displayText: name,
    token,
    keySpec: undefined,
    arguments: [],
  }
}
