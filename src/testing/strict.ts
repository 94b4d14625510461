// Strict servers: what a test did not foresee is refused at once where it can be, and is told at
// its end in any case.

import type { Client } from '../engine/client.ts'
import type { Feature } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { type ReplyError, replyError } from '../resp3/errors.ts'
import type { Command } from '../table/command.ts'
import type { Recorder } from './calls.ts'
import { names } from './command-name.ts'
import { LibraryCalls } from './library-calls.ts'
import { lineOf, RecordedCall } from './recorded-call.ts'
import type { StrictOptions } from './start-options.ts'

export class Strict implements Feature {
  /** What was not foreseen, in words. */
  readonly unexpected: string[] = []
  readonly #server: RedisServer
  readonly #recorder: Recorder
  readonly #commands: ReadonlySet<string> | undefined
  readonly #mayFail: boolean
  readonly #usesTls: boolean
  readonly #libraries = new LibraryCalls()

  constructor(server: RedisServer, recorder: Recorder, usesTls: boolean, options: StrictOptions) {
    this.#server = server
    this.#recorder = recorder
    if (options.commands) recorder.checkCommands(options.commands, 'strict.commands')
    this.#commands = options.commands && new Set(names(options.commands))
    this.#mayFail = options.errors ?? false
    this.#usesTls = usesTls
    server.features.use(this)
    recorder.events.on('command', call => {
      if (call instanceof RecordedCall) this.#hear(call)
    })
    recorder.events.on('handshakeError', ({ sentence }) => this.unexpected.push(sentence))
  }

  accepted(client: Client): void {
    if (!this.#usesTls || client.connection?.kind !== 'tcp') return
    this.unexpected.push(`A client connected without TLS: ${client.peer}`)
    this.#server.disconnect(client)
  }

  arrived(client: Client, command: Command, args: Args): ReplyError | undefined {
    if (this.#commands === undefined || client.connection === undefined) return undefined
    if (this.#recorder.isOfLink(client)) return undefined
    const call = new RecordedCall(client, command, args, {})
    if (this.#allows(call) || this.#libraries.peek(call) !== undefined) return undefined
    const name = call.command.toUpperCase().replace('|', ' ')
    return replyError(`ERR redis-tls-mock: ${name} is not among the commands that strict allows`)
  }

  /** For a test that begins. */
  clear(): void {
    this.unexpected.length = 0
  }

  #allows({ command }: RecordedCall): boolean {
    return this.#commands?.has(command) ?? true
  }

  #hear(call: RecordedCall): void {
    const row = this.#libraries.take(call)
    const { error } = call
    const isError = error !== undefined && !this.#mayFail && !row?.passedOver?.test(error)
    if (isError || (row === undefined && !this.#allows(call))) this.unexpected.push(lineOf(call))
  }
}
