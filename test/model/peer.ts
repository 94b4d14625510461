// The connections of one stream to one of the two servers: one that speaks RESP2, one that speaks
// RESP3, one that looks at the keyspace afterwards, and one that listens to messages and events.

import type { Reply } from '../../src/resp3/decoder.ts'
import { type Answer, encode, type Wire } from '../helpers/wire.ts'

export interface Peer {
  connect(): Promise<Wire>
}

const END = 'the end of the stream'

export class ClientConnections {
  readonly #wires: readonly Wire[]
  readonly #listener: Wire

  private constructor(wires: readonly Wire[], listener: Wire) {
    this.#wires = wires
    this.#listener = listener
  }

  static async open(peer: Peer): Promise<ClientConnections> {
    const wires = await Promise.all([peer.connect(), peer.connect(), peer.connect()])
    await wires[1]?.call('HELLO', '3')
    const listener = await peer.connect()
    await listener.call('PSUBSCRIBE', '*')
    await listener.call('SSUBSCRIBE', 'news')
    return new ClientConnections(wires, listener)
  }

  /** Sends commands in one write; the replies, one a command. */
  send(connection: number, commands: readonly (readonly string[])[]): Promise<Answer[]> {
    const wire = this.#wires[connection]
    if (wire === undefined || commands.length === 0) return Promise.resolve([])
    wire.write(encode(...commands))
    return Promise.all(commands.map(() => wire.next()))
  }

  /** Every message since the connections were opened. */
  async heard(): Promise<string[]> {
    await this.send(2, [['PUBLISH', END, '']])
    const messages: string[] = []
    for (;;) {
      const message = words((await this.#listener.next()).reply)
      if (message.includes(END)) return messages
      messages.push(message)
    }
  }

  close(): void {
    for (const wire of [...this.#wires, this.#listener]) wire.close()
  }
}

function words(reply: Reply): string {
  if (reply.type !== 'array' && reply.type !== 'push') return JSON.stringify(reply)
  return JSON.stringify(reply.items.map(item => ('text' in item ? item.text : item.type)))
}
