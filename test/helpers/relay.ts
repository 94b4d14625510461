// Stands between a server and whoever connects to it, and breaks their links at whatever byte.

import net from 'node:net'

type Link = readonly [net.Socket, net.Socket]

export class Relay {
  readonly port: number
  /** How many links it has cut. */
  cuts = 0
  readonly #server: net.Server
  readonly #links = new Set<Link>()
  /** Bytes that may still pass. */
  #left = Infinity

  private constructor(server: net.Server, target: number) {
    this.#server = server
    this.port = (server.address() as net.AddressInfo).port
    server.on('connection', socket => this.#join(socket, target))
  }

  static async open(target: number): Promise<Relay> {
    const server = net.createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Relay(server, target)
  }

  #join(near: net.Socket, target: number): void {
    const far = net.connect(target, '127.0.0.1')
    const link: Link = [near, far]
    this.#links.add(link)
    for (const [from, to] of [link, [far, near] as const]) {
      from.setNoDelay()
      from.on('error', () => {})
      from.on('close', () => {
        this.#links.delete(link)
        to.destroy()
      })
      from.on('data', chunk => this.#pass(chunk, to))
    }
  }

  #pass(chunk: Buffer, to: net.Socket): void {
    const passes = Math.min(chunk.length, this.#left)
    this.#left -= passes
    if (this.#left > 0) to.write(chunk)
    // What has passed arrives, and nothing behind it.
    else to.end(chunk.subarray(0, passes), () => this.cut())
  }

  /** Cuts all links when so many more bytes have passed, in whatever direction. */
  cutAfter(bytes: number): void {
    this.#left = bytes
  }

  cut(): void {
    this.#left = Infinity
    this.cuts += this.#links.size
    for (const sockets of this.#links) for (const socket of sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
