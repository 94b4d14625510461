// The stream of what writes do: its name, how long it is, and the last of it. It is that of this
// server's own writes, or that of its master.

import { EffectStream, TARGET } from '../engine/effect.ts'
import type { EffectListener } from '../engine/effects.ts'
import { NO_ID, randomId, type StreamFacts } from '../engine/replication.ts'
import type { RedisServer } from '../engine/server.ts'
import { Backlog } from './backlog.ts'

export class Stream {
  readonly commands = new EffectStream(TARGET.replicas)
  readonly #server: RedisServer
  readonly #listener: EffectListener
  #id = randomId()
  /** What it was called before, and the first byte that was not called so. */
  #formerId = NO_ID
  #formerEnd = -1
  /** The last byte, as long as there is no backlog. */
  #end = 0
  #backlog: Backlog | undefined
  /** This server's writes make it; otherwise its master's do. */
  #isOwn = true
  #stopListening: (() => void) | undefined

  /** @param listener hears what writes do, as long as the stream is made of them and kept */
  constructor(server: RedisServer, listener: EffectListener) {
    this.#server = server
    this.#listener = listener
    server.config.watch(['repl-backlog-size'], () => {
      this.#backlog?.resize(server.settings['repl-backlog-size'])
    })
  }

  get id(): string {
    return this.#id
  }

  get formerId(): string {
    return this.#formerId
  }

  get formerEnd(): number {
    return this.#formerEnd
  }

  /** The offset of the last byte. */
  get end(): number {
    return this.#backlog?.end ?? this.#end
  }

  get backlog(): Backlog | undefined {
    return this.#backlog
  }

  facts(failover: string): StreamFacts {
    const backlog = this.#backlog
    return {
      id: this.#id,
      offset: this.end,
      failover,
      formerId: this.#formerId,
      formerEnd: this.#formerEnd,
      backlog: backlog && { first: backlog.first, length: backlog.length },
    }
  }

  // ---- What is kept of it ----------------------------------------------------------------------

  /** Keeps what comes from now on; the byte before that has this offset. */
  open(end: number = this.end): void {
    this.#backlog = new Backlog(this.#server.settings['repl-backlog-size'], end)
    this.#listen()
  }

  /** Whether this server's own writes make it, or those of its master. */
  set isOwn(isOwn: boolean) {
    this.#isOwn = isOwn
    this.#listen()
  }

  /** Whoever does not need to know what writes did does not let them tell. */
  #listen(): void {
    if (this.#isOwn && this.#backlog !== undefined) {
      this.#stopListening ??= this.#server.effects.listen(this.#listener, TARGET.replicas)
    } else {
      this.#stopListening?.()
      this.#stopListening = undefined
    }
  }

  /** Goes on by a name of its own where a stream was left. */
  resume(formerId: string, end: number): void {
    this.open(end)
    this.#formerId = formerId.toLowerCase()
    this.#formerEnd = end + 1
  }

  close(): void {
    this.#end = this.end
    this.#backlog = undefined
    this.#listen()
  }

  // ---- What it is called -----------------------------------------------------------------------

  /** It is another stream now, and nobody can go on with it who had the old one. */
  replace(id: string = randomId()): void {
    this.#formerId = NO_ID
    this.#formerEnd = -1
    this.#setId(id)
  }

  /** It goes on by a new name: what came so far is also known by the old one. */
  rename(id: string = randomId()): void {
    this.#formerId = this.#id
    this.#formerEnd = this.end + 1
    this.#setId(id)
  }

  #setId(id: string): void {
    this.#id = id.toLowerCase()
    this.commands.forget()
  }

  /** Whether somebody who asks for a byte of a stream of this name means this one. */
  isMeantBy(id: string, from: number): boolean {
    const name = id.toLowerCase()
    return name === this.#id || (name === this.#formerId && from <= this.#formerEnd)
  }
}
