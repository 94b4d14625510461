// Verdicts as the page draws them: what policy/explain found, in text instead of bytes, with each
// check as one step.

import { READ, WRITE } from '../acl/command-facts.ts'
import type { SelectorTrace } from '../acl/explain.ts'
import type { User } from '../acl/user.ts'
import { QuestionError } from '../policy/errors.ts'
import { explainQuestion } from '../policy/explain.ts'
import { readQuestion } from '../policy/question.ts'
import { toText } from '../util/bytes.ts'
import type { SelectorView, StepView, VerdictView } from './protocol.ts'

export type Judged =
  | { readonly verdict: VerdictView; readonly fault: undefined }
  | { readonly verdict: undefined; readonly fault: string }

/** Words that are no command get no verdict, but what is wrong with them. */
export function verdictOn(user: User, words: readonly string[]): Judged {
  try {
    return { verdict: view(user, words), fault: undefined }
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error
    const isWrongCount = error.message.startsWith('wrong number')
    return { verdict: undefined, fault: isWrongCount ? 'Wrong arguments' : 'Unknown command' }
  }
}

function view(user: User, words: readonly string[]): VerdictView {
  const found = explainQuestion(user, readQuestion(words))
  const { allowed, decisive, change, notes } = found
  return {
    user: toText(found.user),
    command: found.command,
    allowed,
    answer: toText(found.reply ?? 'OK'),
    decisive,
    selectors: found.selectors.map(selector => selectorView(selector, found.command)),
    change: change && {
      words: change.words.map(toText),
      add: change.add.map(toText),
      selector: change.selector,
      alone: toText(change.alone),
    },
    notes,
  }
}

function selectorView(traced: SelectorTrace, name: string): SelectorView {
  const { index, rules, allowed, command, keys, channels } = traced
  const steps: StepView[] = [
    { kind: 'command', name, needs: '', tooWeak: [], ...command },
    ...keys.map(key => ({
      kind: 'key' as const,
      name: toText(key.name),
      needs: NEEDS[key.needs] ?? '',
      allowed: key.allowed,
      rule: key.rule && toText(key.rule),
      tooWeak: key.tooWeak.map(toText),
    })),
    ...channels.map(channel => ({
      kind: 'channel' as const,
      name: toText(channel.name),
      needs: channel.isPattern ? 'as a pattern' : '',
      allowed: channel.allowed,
      rule: channel.rule && toText(channel.rule),
      tooWeak: [],
    })),
  ]
  return { index, rules: toText(rules), allowed, steps }
}

const NEEDS: Readonly<Record<number, string>> = {
  [READ]: 'read',
  [WRITE]: 'write',
  [READ | WRITE]: 'read and write',
}
