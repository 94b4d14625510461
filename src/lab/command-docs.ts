// What the server itself says of its commands: a line of what each takes, and what it does. Servers
// know more or less of their commands; what they do not say is left out.

import type { Reply } from '../resp3/decoder.ts'
import type { RunningRedis } from '../testing/running.ts'
import { connectTo, textOf, textsOf } from '../tools/connection.ts'
import { toText } from '../util/bytes.ts'
import type { CommandDoc } from './protocol.ts'

/** By name: `config|set`. Asked over a connection, before anybody else has come. */
export async function commandDocs(redis: RunningRedis): Promise<Record<string, CommandDoc>> {
  const { tls } = redis
  const connection = await connectTo({
    url: redis.url,
    ca: tls?.ca,
    cert: tls?.cert,
    key: tls?.key,
  })
  try {
    return readCommandDocs(await connection.call('COMMAND', 'DOCS'))
  } finally {
    connection.close()
  }
}

/** @param reply of COMMAND DOCS */
export function readCommandDocs(reply: Reply): Record<string, CommandDoc> {
  return Object.fromEntries(docsIn(reply))
}

function docsIn(reply: Reply | undefined): [string, CommandDoc][] {
  return fieldsOf(reply).flatMap(([name, doc]): [string, CommandDoc][] => {
    const fields = new Map(fieldsOf(doc))
    const shown = name.toUpperCase().replace('|', ' ')
    const takes = itemsOf(fields.get('arguments')).map(argumentText)
    const summary = fields.get('summary')
    const own: CommandDoc = {
      syntax: [shown, ...takes].join(' '),
      summary: summary === undefined ? '' : toText(textOf(summary)),
      isKnown: fields.has('arguments'),
    }
    return [[name, own], ...docsIn(fields.get('subcommands'))]
  })
}

/** As the documentation of commands is commonly written: `[LIMIT offset count]`. */
function argumentText(argument: Reply): string {
  const fields = new Map(fieldsOf(argument))
  const text = (name: string): string => toText(textOf(fields.get(name) ?? { type: 'null' }))
  const flags = new Set(textsOf(fields.get('flags') ?? { type: 'null' }))
  const isOptional = flags.has('optional')
  const [type, token] = [text('type'), text('token')]
  const parts = itemsOf(fields.get('arguments')).map(argumentText)
  const body = bodyOf(type, parts, text('display_text') || text('name'), isOptional)
  const one = [token, body].filter(part => part !== '').join(' ')
  const again = flags.has('multiple_token') ? one : body
  const all = flags.has('multiple') ? `${one} [${again} ...]` : one
  return isOptional ? `[${all}]` : all
}

function bodyOf(type: string, parts: readonly string[], name: string, isOptional: boolean): string {
  if (type === 'pure-token') return ''
  if (type === 'block') return parts.join(' ')
  if (type !== 'oneof') return name
  return isOptional ? parts.join(' | ') : `<${parts.join(' | ')}>`
}

function itemsOf(reply: Reply | undefined): readonly Reply[] {
  return reply !== undefined && 'items' in reply ? reply.items : []
}

/** A map, or its words one after the other. */
function fieldsOf(reply: Reply | undefined): (readonly [string, Reply])[] {
  if (reply === undefined) return []
  if ('pairs' in reply) return reply.pairs.map(([name, value]) => [textOf(name), value])
  const items = itemsOf(reply)
  return items.flatMap((name, i) => {
    const value = items[i + 1]
    return i % 2 === 0 && value !== undefined ? [[textOf(name), value] as const] : []
  })
}
