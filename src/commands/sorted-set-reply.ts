// Elements of sorted sets as replies: pairs are nested in RESP3 and flat in RESP2.

import type { ReplyWriter } from '../resp3/writer.ts'
import type { Element } from '../store/sorted-set.ts'

export function writeElements(
  reply: ReplyWriter,
  elements: readonly Element[],
  withScores: boolean,
): void {
  beginElements(reply, elements.length, withScores)
  for (const element of elements) writeElement(reply, element, withScores)
}

export function beginElements(reply: ReplyWriter, count: number, withScores: boolean): void {
  reply.array(withScores && reply.resp === 2 ? count * 2 : count)
}

export function writeElement(
  reply: ReplyWriter,
  { member, score }: Element,
  withScores: boolean,
): void {
  if (withScores && reply.resp > 2) reply.array(2)
  reply.bulk(member)
  if (withScores) reply.double(score)
}
