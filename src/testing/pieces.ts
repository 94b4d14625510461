// What a socket sends, taken apart, or held up on its way: and that no byte of it is lost when
// somebody hangs up meanwhile. A real server would have handed all of it to the kernel by then.

import type net from 'node:net'

/**
 * From now on each chunk that is written leaves in pieces, each in a turn of its own, so that the
 * peer sees them one by one.
 */
export function writeInPieces(
  socket: net.Socket,
  piecesOf: (chunk: Buffer) => Iterable<Buffer>,
): void {
  const write = socket._write.bind(socket)
  // Nothing may join the chunks that wait for one another.
  Object.assign(socket, { _writev: undefined })
  socket._write = (chunk: Buffer, encoding, done) => {
    const pieces = piecesOf(chunk)[Symbol.iterator]()
    const next = (): void => {
      const { value: piece, done: isOver } = pieces.next()
      if (isOver) done()
      else write(piece, encoding, error => (error ? done(error) : setImmediate(next)))
    }
    next()
  }
  destroyWhenSent(socket)
}

/** Pieces of so many bytes; the last one may be shorter. */
export function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Whoever destroys it without an error, and once only, waits until all is sent. */
export function destroyWhenSent(socket: net.Socket & Inner): void {
  const destroy = socket.destroy.bind(socket)
  let isAsked = false
  socket.destroy = error => {
    const isCut = socket.resetAndClosing === true || socket._parent?.destroyed === true
    if (error || isCut || isAsked || socket.writableLength === 0) return destroy(error)
    isAsked = true
    socket.destroySoon()
    return socket
  }
}

/** What node:net and node:tls know of a socket and do not say in their types. */
interface Inner {
  readonly resetAndClosing?: boolean
  /** The one below TLS. */
  readonly _parent?: { readonly destroyed: boolean } | null
}
