// One request as the rules see it: questions, each of which may be asked any number of times. Who
// may touch every key never pays for finding the keys, and who may touch some pays for no lists and
// no strings: the request itself leads the selector through its keys.

import type { ChannelUse, CommandFacts, KeyUse } from './command-facts.ts'

/** What a request asks of a selector. Names are given as strings, or as bytes from start to end. */
export interface Rights {
  mayAccessKey(name: string, needs: number): boolean
  mayAccessKeyIn(bytes: Buffer, start: number, end: number, needs: number): boolean
  mayAccessChannel(name: string, isPattern: boolean): boolean
}

export interface Request {
  readonly command: CommandFacts
  /** The word after the command's name. */
  firstArg(): string | undefined
  keys(): readonly KeyUse[]
  channels(): readonly ChannelUse[]
  /** The position of the first of keys() that may not be touched so, or 0. */
  refusedKey(rights: Rights): number
}

/** A request that nobody sent, of which one knows what it would touch. */
export class KnownRequest implements Request {
  readonly command: CommandFacts
  readonly #firstArg: string | undefined
  readonly #keys: readonly KeyUse[]
  readonly #channels: readonly ChannelUse[]

  constructor(
    command: CommandFacts,
    firstArg: string | undefined,
    keys: readonly KeyUse[],
    channels: readonly ChannelUse[],
  ) {
    this.command = command
    this.#firstArg = firstArg
    this.#keys = keys
    this.#channels = channels
  }

  firstArg(): string | undefined {
    return this.#firstArg
  }

  keys(): readonly KeyUse[] {
    return this.#keys
  }

  channels(): readonly ChannelUse[] {
    return this.#channels
  }

  refusedKey(rights: Rights): number {
    const refused = this.#keys.find(({ name, needs }) => !rights.mayAccessKey(name, needs))
    return refused?.position ?? 0
  }
}
