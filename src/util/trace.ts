// What happens inside, line by line on standard error, for whoever works on this code:
// NODE_DEBUG=redis-turn,redis-gate,redis-tls. Names and figures only, never the words of a request.

import { debuglog } from 'node:util'

type Topic = 'turn' | 'gate' | 'effects' | 'tls'

interface Trace {
  /** To be asked before a line is made. */
  readonly isOn: boolean
  say(line: string): void
}

export function traceOf(topic: Topic): Trace {
  const say = debuglog(`redis-${topic}`)
  return { isOn: say.enabled, say: line => say(line) }
}
