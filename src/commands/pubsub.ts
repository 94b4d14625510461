// Publish and subscribe, with patterns and with the channels of sharded pub/sub.

import type { Client } from '../engine/client.ts'
import { TARGET } from '../engine/effect.ts'
import { handlers } from '../engine/handlers.ts'
import type { PubSub } from '../engine/pubsub.ts'
import type { Subscriptions } from '../engine/session.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { PUBSUB } from '../table/families/connection.ts'
import { compile } from '../util/glob.ts'

export const pubsub = handlers(PUBSUB, {
  psubscribe,
  publish,
  'pubsub|channels': pubsubChannels,
  'pubsub|help': pubsubHelp,
  'pubsub|numpat': pubsubNumpat,
  'pubsub|numsub': pubsubNumsub,
  'pubsub|shardchannels': pubsubShardchannels,
  'pubsub|shardnumsub': pubsubShardnumsub,
  punsubscribe,
  spublish,
  ssubscribe,
  subscribe,
  sunsubscribe,
  unsubscribe,
})

// SUBSCRIBE and its like answer one push for each word, not one reply for the command.

function subscribe(client: Client, args: Args, reply: ReplyWriter): void {
  refuseInScriptOrTransaction(client)
  const { pubsub } = client.server
  for (const channel of args.texts(1)) {
    pubsub.subscribe(client, channel)
    confirm(reply, 'subscribe', channel, client.subscriptions.count)
  }
}

function psubscribe(client: Client, args: Args, reply: ReplyWriter): void {
  refuseInScriptOrTransaction(client)
  const { pubsub } = client.server
  for (const pattern of args.texts(1)) {
    pubsub.subscribePattern(client, pattern)
    confirm(reply, 'psubscribe', pattern, client.subscriptions.count)
  }
}

function ssubscribe(client: Client, args: Args, reply: ReplyWriter): void {
  if (client.mayNotBlock) throw err("SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
  const { pubsub } = client.server
  for (const channel of args.texts(1)) {
    pubsub.subscribeShard(client, channel)
    confirm(reply, 'ssubscribe', channel, client.subscriptions.shardChannels.size)
  }
}

function unsubscribe(client: Client, args: Args, reply: ReplyWriter): void {
  leave(
    client,
    args,
    reply,
    'unsubscribe',
    s => s.channels,
    (p, c) => p.unsubscribe(client, c),
  )
}

function punsubscribe(client: Client, args: Args, reply: ReplyWriter): void {
  leave(
    client,
    args,
    reply,
    'punsubscribe',
    s => s.patterns,
    (p, c) => p.unsubscribePattern(client, c),
  )
}

function sunsubscribe(client: Client, args: Args, reply: ReplyWriter): void {
  leave(
    client,
    args,
    reply,
    'sunsubscribe',
    s => s.shardChannels,
    (p, c) => p.unsubscribeShard(client, c),
  )
}

// A message goes to replicas, unless the nodes of a cluster pass it on; it is nothing to keep.

function publish({ server }: Client, args: Args, reply: ReplyWriter): void {
  const channel = args.text(1)
  const message = args.text(2)
  reply.integer(server.pubsub.publish(channel, message))
  if (server.cluster === undefined) server.effects.force(TARGET.replicas)
  else server.cluster.publish(channel, message, false)
}

function spublish({ server }: Client, args: Args, reply: ReplyWriter): void {
  const channel = args.text(1)
  const message = args.text(2)
  reply.integer(server.pubsub.publishShard(channel, message))
  if (server.cluster === undefined) server.effects.force(TARGET.replicas)
  else server.cluster.publish(channel, message, true)
}

function pubsubChannels({ server }: Client, args: Args, reply: ReplyWriter): void {
  listChannels(server.pubsub.channels, args, reply)
}

function pubsubShardchannels({ server }: Client, args: Args, reply: ReplyWriter): void {
  listChannels(server.pubsub.shardChannels, args, reply)
}

function pubsubNumsub({ server }: Client, args: Args, reply: ReplyWriter): void {
  countListeners(server.pubsub.channels, args, reply)
}

function pubsubShardnumsub({ server }: Client, args: Args, reply: ReplyWriter): void {
  countListeners(server.pubsub.shardChannels, args, reply)
}

function pubsubNumpat({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(server.pubsub.patterns.size)
}

function pubsubHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'CHANNELS [<pattern>]',
    '    List the channels that have subscribers and match a pattern (all by default).',
    'NUMPAT',
    '    Count the patterns that clients are subscribed to.',
    'NUMSUB [<channel> ...]',
    '    Count the subscribers of the channels, not counting patterns.',
    'SHARDCHANNELS [<pattern>]',
    '    List the shard channels that have subscribers and match a pattern.',
    'SHARDNUMSUB [<shardchannel> ...]',
    '    Count the subscribers of the shard channels.',
  ])
}

// A RESP2 connection that subscribes can do nothing else: a script or a transaction must not.
function refuseInScriptOrTransaction(client: Client): void {
  if (client.mayNotBlock && client.reply.resp === 2 && client.scriptCaller !== undefined) {
    throw err("SUBSCRIBE isn't allowed for a DENY BLOCKING client")
  }
}

function confirm(reply: ReplyWriter, kind: string, name: string | undefined, count: number): void {
  reply.push(3)
  reply.bulk(kind)
  reply.bulkOrNull(name)
  reply.integer(count)
}

function leave(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  kind: string,
  own: (subscriptions: Subscriptions) => ReadonlySet<string>,
  unsubscribeOne: (pubsub: PubSub, name: string) => void,
): void {
  const { subscriptions } = client
  const count = (): number =>
    kind === 'sunsubscribe' ? subscriptions.shardChannels.size : subscriptions.count
  const names = args.count > 1 ? args.texts(1) : [...own(subscriptions)]
  for (const name of names) {
    unsubscribeOne(client.server.pubsub, name)
    confirm(reply, kind, name, count())
  }
  if (names.length === 0) confirm(reply, kind, undefined, count())
}

function listChannels(
  channels: ReadonlyMap<string, unknown>,
  args: Args,
  reply: ReplyWriter,
): void {
  if (args.count > 3) throw subcommandSyntax(args)
  const matches = args.count > 2 ? compile(args.text(2)) : (): boolean => true
  reply.bulks([...channels.keys()].filter(matches))
}

function countListeners(
  channels: ReadonlyMap<string, ReadonlySet<unknown>>,
  args: Args,
  reply: ReplyWriter,
): void {
  reply.array((args.count - 2) * 2)
  for (const channel of args.texts(2)) {
    reply.bulk(channel)
    reply.integer(channels.get(channel)?.size ?? 0)
  }
}
