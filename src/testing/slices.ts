// Replies that arrive in pieces: which part of what a connection sends is cut, and how small.

import type { Client } from '../engine/client.ts'
import { cut, writeInPieces } from './pieces.ts'

/** Counted in bytes since the connection was made. */
interface Slice {
  readonly from: number
  readonly to: number
  readonly size: number
}

/** Of those connections that had one; without any, nothing is in the way of what they send. */
const SLICES = new WeakMap<Client, Slice[]>()

/** Cuts the reply that begins at the mark. */
export function slice(client: Client, mark: number, size: number): void {
  const { connection, reply, bytesOut } = client
  if (connection === undefined || reply.size <= mark) return
  const slices = SLICES.get(client) ?? []
  slices.push({ from: bytesOut + mark, to: bytesOut + reply.size, size })
  if (SLICES.has(client)) return
  SLICES.set(client, slices)
  connection.socket.setNoDelay(true)
  let sent = bytesOut
  writeInPieces(connection.socket, chunk => {
    const at = sent
    sent += chunk.length
    return piecesOf(chunk, at, slices)
  })
}

/** Of a chunk that begins so many bytes from the start; what lies between slices stays whole. */
function* piecesOf(chunk: Buffer, start: number, slices: Slice[]): Generator<Buffer> {
  const end = start + chunk.length
  let at = start
  while (at < end) {
    while (slices[0] && slices[0].to <= at) slices.shift()
    const next = slices[0] ?? { from: end, to: end, size: 0 }
    const whole = Math.min(next.from, end)
    if (whole > at) yield chunk.subarray(at - start, whole - start)
    at = Math.max(at, whole)
    const to = Math.min(next.to, end)
    if (to > at) yield* cut(chunk.subarray(at - start, to - start), next.size)
    at = Math.max(at, to)
  }
}
