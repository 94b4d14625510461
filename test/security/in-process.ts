// A server and clients without sockets, for tests that send very many requests: each runs to its
// end at once, and its replies are decoded strictly.

import type { Client } from '../../src/engine/client.ts'
import { dispatch } from '../../src/engine/dispatch.ts'
import { notWritten } from '../../src/engine/handlers.ts'
import type { RedisServer, ServerOptions } from '../../src/engine/server.ts'
import { createServer } from '../../src/redis.ts'
import { Args } from '../../src/resp3/args.ts'
import { OWN_REPLIES, type Reply } from '../../src/resp3/decoder.ts'
import { ReplyReader } from '../../src/resp3/exchange.ts'
import type { Command } from '../../src/table/command.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { frozenClock } from '../helpers/clock.ts'
import { SEED, SEED_SCRIPTS } from './requests.ts'

export class InProcess {
  readonly server: RedisServer
  readonly client: Client

  constructor(options: Omit<ServerOptions, 'commands' | 'dispatcher'> = {}) {
    this.server = createServer({
      clock: frozenClock(1_700_000_000_000),
      random: new SeededRandom(1),
      ...options,
    })
    this.client = this.server.internalClient()
    // A blocking command gives the reply of its time-out at once.
    this.client.mayNotBlock = true
  }

  /** Runs a request and returns everything it answered. */
  replies(words: readonly string[], client = this.client): Reply[] {
    dispatch(client, Args.of(words))
    const bytes = client.reply.take()
    const replies: Reply[] = []
    let read = 0
    new ReplyReader(OWN_REPLIES).read(bytes, (reply, end) => {
      replies.push(reply)
      read = end
    })
    if (read < bytes.length) throw new Error(`Half a reply to ${words.join(' ')}`)
    return replies
  }

  run(...words: readonly string[]): Reply | undefined {
    return this.replies(words)[0]
  }

  /** Empties everything and fills it with the values that requests expect. */
  seed(): void {
    this.run('FLUSHALL')
    for (const words of SEED) this.run(...words)
  }

  seedScripts(): void {
    for (const words of SEED_SCRIPTS) this.run(...words)
  }

  commandOf(words: readonly string[]): Command | undefined {
    return this.server.table.find(Args.of(words))
  }

  /** Whether somebody has written the command, and not only its row. */
  knows(words: readonly string[]): boolean {
    const command = this.commandOf(words)
    return command !== undefined && this.server.commands.run[command.id] !== notWritten
  }

  [Symbol.dispose](): void {
    this.server.close()
    if (this.server.bugs.length > 0) throw this.server.bugs[0]
  }
}

export function textOf(reply: Reply | undefined): string {
  return reply !== undefined && 'text' in reply ? reply.text : ''
}
