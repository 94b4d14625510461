// One question to the rules: the words of a command, as the server would read them.

import type { Request } from '../acl/request.ts'
import { Args } from '../resp3/args.ts'
import { CommandTable, lacksSubcommand } from '../table/catalogue.ts'
import { type Command, hasArity } from '../table/command.ts'
import { SentRequest } from '../table/keys.ts'
import { CATALOGUE } from '../table/redis.ts'
import { QuestionError } from './errors.ts'

const COMMANDS = new CommandTable(CATALOGUE)

export interface Question {
  readonly command: Command
  readonly args: Args
  readonly request: Request
}

const NOTHING_RENAMED: ReadonlyMap<string, string> = new Map()

/**
 * Reads words as a client would send them; `renamed` has what rename-command did to names.
 * @throws QuestionError if there is no such command or it takes another number of words
 */
export function readQuestion(
  words: readonly string[],
  renamed: ReadonlyMap<string, string> = NOTHING_RENAMED,
): Question {
  const args = Args.of(words)
  if (words.length === 0) throw new QuestionError('No command given')
  const original = renamed.get(args.lower(0))
  const asked = original === undefined ? args : Args.of([original, ...words.slice(1)])
  const command = COMMANDS.find(asked)
  if (command === undefined || lacksSubcommand(command, args)) {
    const shown = command === undefined ? words[0] : `${words[0]} ${words[1]}`
    throw new QuestionError(`Command '${shown}' not found`)
  }
  if (!hasArity(command, args)) {
    throw new QuestionError(`wrong number of arguments for '${command.name}' command`)
  }
  return { command, args, request: new SentRequest(command, args) }
}
