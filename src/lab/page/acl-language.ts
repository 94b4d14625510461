// ACL rules for the editor: colours by what a rule does, and completion of commands and categories.

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { Tag } from '@lezer/highlight'

const tags = {
  user: Tag.define(),
  name: Tag.define(),
  allow: Tag.define(),
  deny: Tag.define(),
  key: Tag.define(),
  channel: Tag.define(),
  secret: Tag.define(),
  flag: Tag.define(),
}
type Token = keyof typeof tags

interface LineState {
  /** How many words of the line have been read. */
  word: number
}

const BY_FIRST: ReadonlyMap<string, Token> = new Map([
  ['+', 'allow'],
  ['-', 'deny'],
  ['~', 'key'],
  ['%', 'key'],
  ['&', 'channel'],
  ['>', 'secret'],
  ['<', 'secret'],
  ['#', 'secret'],
  ['!', 'secret'],
])

/** Lines begin with `user` and a name. */
function language(): StreamLanguage<LineState> {
  return StreamLanguage.define<LineState>({
    name: 'acl',
    startState: () => ({ word: 0 }),
    token(stream, state) {
      if (stream.sol()) state.word = 0
      if (stream.eatSpace() || stream.eat(/[()]/)) return null
      const [first = ''] = stream.match(/^[^\s()]+/) as RegExpMatchArray
      const position = state.word++
      if (position === 0) return first === 'user' ? 'user' : null
      if (position === 1) return 'name'
      return BY_FIRST.get(first[0] ?? '') ?? 'flag'
    },
    tokenTable: tags,
  })
}

const colours = HighlightStyle.define(
  (Object.keys(tags) as Token[]).map(name => ({ tag: tags[name], class: `acl-${name}` })),
)

export function aclRules() {
  return [language(), syntaxHighlighting(colours)]
}

const FLAGS: readonly (readonly [label: string, detail: string])[] = [
  ['on', 'may log in'],
  ['off', 'may not log in'],
  ['nopass', 'any password'],
  ['resetpass', 'no password'],
  ['resetkeys', 'no keys'],
  ['resetchannels', 'no channels'],
  ['clearselectors', 'root rules only'],
  ['allkeys', 'the same as ~*'],
  ['allchannels', 'the same as &*'],
  ['~*', 'all keys'],
  ['%R~', 'keys to read'],
  ['%W~', 'keys to write'],
  ['&*', 'all channels'],
]

/** Completes the rule at the cursor. */
export function completion(
  names: readonly string[],
  categories: readonly string[],
): (context: CompletionContext) => CompletionResult | null {
  const subjects = [
    { label: '@all', detail: 'every command' },
    ...categories.map(name => ({ label: `@${name}`, detail: 'category' })),
    ...names.map(name => ({ label: name })),
  ]
  const options: Completion[] = [
    ...FLAGS.map(([label, detail]) => ({ label, detail })),
    ...['+', '-'].flatMap(sign => subjects.map(one => ({ ...one, label: sign + one.label }))),
  ]
  return context => {
    const word = context.matchBefore(/[^\s()]+/)
    if (word === null || word.from === word.to) return null
    return { from: word.from, options, validFor: /^[^\s()]*$/ }
  }
}
