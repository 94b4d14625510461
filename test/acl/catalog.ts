// A few commands of every kind that the rules tell apart, and requests that use them.

import { categoryBit } from '../../src/acl/category.ts'
import { type CommandCatalog, type CommandFacts, READ, WRITE } from '../../src/acl/command-facts.ts'
import { KnownRequest, type Request } from '../../src/acl/request.ts'
import { lowerCase } from '../../src/util/bytes.ts'

const NO_AUTH = new Set(['auth', 'quit'])

function makeCatalog(rows: Readonly<Record<string, string>>): CommandCatalog {
  const all: CommandFacts[] = []
  const commands = new Map<string, CommandFacts>()
  const subcommandsOf = new Map<string, Map<string, CommandFacts>>()
  for (const name of Object.keys(rows)) {
    const [container = '', short] = name.split('|')
    if (short !== undefined) subcommandsOf.set(container, new Map())
  }
  for (const [name, categories] of Object.entries(rows)) {
    const [container = '', short] = name.split('|')
    const command: CommandFacts = {
      id: all.length,
      name,
      categories: categories.split(' ').reduce((bits, one) => bits | categoryBit(one), 0),
      parent: short === undefined ? undefined : commands.get(container),
      subcommands: subcommandsOf.get(name),
      needsNoAuth: NO_AUTH.has(name),
    }
    all.push(command)
    if (short === undefined) commands.set(name, command)
    else subcommandsOf.get(container)?.set(short, command)
  }
  return { all, find: name => commands.get(lowerCase(name)) }
}

export const catalog = makeCatalog({
  get: 'read string fast',
  set: 'write string slow',
  mget: 'read string fast',
  getset: 'write string fast',
  exists: 'keyspace read fast',
  rename: 'keyspace write slow',
  hget: 'read hash fast',
  hset: 'write hash fast',
  keys: 'keyspace read slow dangerous',
  select: 'fast connection',
  echo: 'fast connection',
  auth: 'fast connection',
  quit: 'fast connection',
  config: 'slow',
  'config|get': 'admin slow dangerous',
  'config|set': 'admin slow dangerous',
  client: 'slow',
  'client|list': 'admin slow dangerous connection',
  'client|id': 'slow connection',
  acl: 'slow',
  'acl|list': 'admin slow dangerous',
  'acl|whoami': 'slow',
  debug: 'admin slow dangerous',
  publish: 'pubsub fast',
  subscribe: 'pubsub slow',
  psubscribe: 'pubsub slow',
  sort: 'write set sortedset list slow dangerous',
})

export function command(name: string): CommandFacts {
  const [container = '', short] = name.split('|')
  const found = catalog.find(container)
  const wanted = short === undefined ? found : found?.subcommands?.get(short)
  if (wanted === undefined) throw new Error(`No command ${name} in the test's catalog`)
  return wanted
}

const KEYS: Readonly<Record<string, (args: readonly string[]) => readonly [number, number][]>> = {
  get: () => [[1, READ]],
  set: () => [[1, WRITE]],
  getset: () => [[1, READ | WRITE]],
  mget: args => args.slice(1).map((_, i) => [i + 1, READ]),
  exists: args => args.slice(1).map((_, i) => [i + 1, 0]),
  rename: () => [
    [1, READ | WRITE],
    [2, WRITE],
  ],
  hget: () => [[1, READ]],
  hset: () => [[1, WRITE]],
  sort: () => [[1, READ]],
}

/** The request that these words are: 'config|get' names a subcommand. */
export function request(...args: readonly string[]): Request {
  const name = args[0] ?? ''
  const last = name === 'publish' ? 2 : name.endsWith('subscribe') ? args.length : 0
  const keys = (KEYS[name]?.(args) ?? []).map(([position, needs]) => ({
    name: args[position] ?? '',
    position,
    needs,
  }))
  const channels = args.slice(1, last).map((channel, i) => ({
    name: channel,
    position: i + 1,
    isPattern: name === 'psubscribe',
  }))
  return new KnownRequest(command(name), args[1], keys, channels)
}
