// Which rules of a list have to do with one of them: those that change what it changes. Whether it
// can be left out, and what makes it so, follows from these alone, and there are few of them,
// however many patterns and commands a user has.

import { lowerCase } from '../../util/bytes.ts'
import type { Rule } from '../policy.ts'

type Subject = 'keys' | 'channels' | 'commands' | 'login' | 'everything'

interface Related {
  readonly index: number
  readonly rule: Rule
  readonly subject: Subject
  /** The pattern, or the command without its subcommand; undefined: it is about all of them. */
  readonly name: string | undefined
}

const PLAIN: ReadonlyMap<string, Subject> = new Map<string, Subject>([
  ['~*', 'keys'],
  ['allkeys', 'keys'],
  ['resetkeys', 'keys'],
  ['&*', 'channels'],
  ['allchannels', 'channels'],
  ['resetchannels', 'channels'],
  ['allcommands', 'commands'],
  ['nocommands', 'commands'],
  ['reset', 'everything'],
  ['clearselectors', 'everything'],
])

function relatedOf(rule: Rule, index: number): Related {
  const { text } = rule
  const plain = PLAIN.get(lowerCase(text))
  if (plain !== undefined) return { index, rule, subject: plain, name: undefined }
  const [, pattern] = /^(?:%[rw]*)?~?(.*)$/is.exec(text) ?? []
  switch (text[0]) {
    case '~':
    case '%':
      return { index, rule, subject: 'keys', name: pattern }
    case '&':
      return { index, rule, subject: 'channels', name: text.slice(1) }
    case '+':
    case '-': {
      const [command = ''] = lowerCase(text.slice(1)).split('|', 1)
      const name = command.startsWith('@') ? undefined : command
      return { index, rule, subject: 'commands', name }
    }
    case '(':
      return { index, rule, subject: 'everything', name: undefined }
    default:
      return { index, rule, subject: 'login', name: undefined }
  }
}

export class RelatedRules {
  readonly #all: readonly Related[]
  readonly #byRule: ReadonlyMap<Rule, Related>
  readonly #wide: readonly Related[]
  readonly #named = new Map<string, Related[]>()

  constructor(rules: readonly Rule[]) {
    this.#all = rules.map(relatedOf)
    this.#byRule = new Map(this.#all.map(one => [one.rule, one]))
    this.#wide = this.#all.filter(({ name }) => name === undefined)
    for (const one of this.#all) {
      if (one.name === undefined) continue
      const key = keyOf(one)
      this.#named.set(key, [...(this.#named.get(key) ?? []), one])
    }
  }

  /** In their order, the rule itself among them. */
  to(rule: Rule): readonly Rule[] {
    const one = this.#byRule.get(rule)
    if (one === undefined) return []
    const isOfSubject = ({ subject }: Related): boolean =>
      subject === one.subject || subject === 'everything' || one.subject === 'everything'
    if (one.name === undefined) return this.#all.filter(isOfSubject).map(toRule)
    const wide = this.#wide.filter(isOfSubject)
    const same = this.#named.get(keyOf(one)) ?? []
    const some = [...wide, ...same, ...this.#afterWide(one, wide)]
    return [...new Set(some)].sort((a, b) => a.index - b.index).map(toRule)
  }

  /** Another pattern behind each wide rule: a pattern behind all keys would be refused. */
  #afterWide({ subject }: Related, wide: readonly Related[]): Related[] {
    if (subject === 'commands') return []
    return wide.flatMap(({ index }) => {
      for (let i = index + 1; i < this.#all.length; i++) {
        const next = this.#all[i]
        if (next === undefined || next.subject === 'everything') return []
        if (next.subject === subject) return next.name === undefined ? [] : [next]
      }
      return []
    })
  }

  /** Nothing before it has to do with it, so that nothing can be what makes it useless. */
  isFirst(rule: Rule): boolean {
    const one = this.#byRule.get(rule)
    if (one === undefined || one.subject === 'everything' || one.name !== undefined) return false
    if (!/^(?:resetkeys|resetchannels|nocommands|-@all)$/i.test(rule.text)) return false
    return !this.#all
      .slice(0, one.index)
      .some(({ subject }) => subject === one.subject || subject === 'everything')
  }
}

function keyOf({ subject, name }: Related): string {
  return `${subject} ${name}`
}

function toRule({ rule }: Related): Rule {
  return rule
}
