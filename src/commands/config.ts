// CONFIG: shows and changes the settings of the running server. What each parameter may be is in
// host/config/parameters.ts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { rewriteConfigFile } from '../host/config/rewrite.ts'
import { help } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { CONFIG } from '../table/families/server.ts'
import { systemReason } from '../util/system-error.ts'

export const config = handlers(CONFIG, {
  'config|get': configGet,
  'config|help': configHelp,
  'config|resetstat': configResetstat,
  'config|rewrite': configRewrite,
  'config|set': configSet,
})

function configGet({ server }: Client, args: Args, reply: ReplyWriter): void {
  const found = server.config.get(args.texts(2))
  reply.map(found.length)
  for (const [name, text] of found) {
    reply.bulk(name)
    reply.bulk(text)
  }
}

function configHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'GET <pattern>',
    '    Show the parameters that fit the pattern, and their values.',
    'SET <directive> <value>',
    '    Change a parameter.',
    'RESETSTAT',
    '    Set the counters that INFO shows back to zero.',
    'REWRITE',
    '    Write the parameters to the configuration file.',
  ])
}

function configResetstat({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { stats, rates, latency, keyspace, persistence } = server
  stats.reset()
  rates.reset()
  latency.resetHistograms()
  keyspace.hits = 0
  keyspace.misses = 0
  keyspace.expired = 0
  persistence.saves = 0
  persistence.children = 0
  persistence.appendOnly?.resetCounters()
  reply.ok()
}

function configRewrite({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { file } = server.config
  if (file === undefined) throw err('The server is running without a config file')
  try {
    rewriteConfigFile(server, file)
  } catch (error) {
    const reason = systemReason(error)
    server.log.warning(`CONFIG REWRITE failed: ${reason}`)
    throw err(`Rewriting config file: ${reason}`)
  }
  server.log.notice('CONFIG REWRITE executed with success.')
  reply.ok()
}

function configSet(client: Client, args: Args, reply: ReplyWriter): void {
  const { server, connection } = client
  if (args.count % 2 !== 0) throw SYNTAX
  const pairs: (readonly [string, string])[] = []
  for (let i = 2; i < args.count; i += 2) {
    pairs.push([args.text(i), args.text(i + 1)])
  }
  const allowed = server.settings['enable-protected-configs']
  server.config.set(pairs, {
    allowsProtected: allowed === 'yes' || (allowed === 'local' && (connection?.isLoopback ?? true)),
    isLoading: server.loading !== undefined,
  })
  reply.ok()
}
