// One question to the rules: the words of a command, as the server would read them.

import type { Request } from '../acl/request.ts'
import { CATALOGUE } from '../create-server.ts'
import { Args } from '../resp3/args.ts'
import type { Command } from '../server/command.ts'
import { hasArity } from '../server/dispatch.ts'
import { SentRequest } from '../server/keys.ts'

export interface Question {
  readonly command: Command
  readonly args: Args
  readonly request: Request
}

/** The words do not make a command: the message is the server's. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError'
}

/** @throws QuestionError if there is no such command or it takes another number of words */
export function readQuestion(words: readonly string[]): Question {
  const args = Args.of(words)
  if (words.length === 0) throw new QuestionError('No command given')
  const container = CATALOGUE.find(words[0]!)
  const command =
    container?.subcommands === undefined || args.count < 2
      ? container
      : container.subcommands.get(args.lower(1))
  if (command === undefined) {
    const shown = container === undefined ? words[0] : `${words[0]} ${words[1]}`
    throw new QuestionError(`Command '${shown}' not found`)
  }
  if (!hasArity(command, args)) {
    throw new QuestionError(`wrong number of arguments for '${command.name}' command`)
  }
  return { command, args, request: new SentRequest(command, args) }
}
