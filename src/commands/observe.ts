// Watching the server work: MONITOR, SLOWLOG, LATENCY.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Latency, Sample } from '../engine/latency.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Command } from '../table/command.ts'
import { OBSERVE } from '../table/families/server.ts'

export const observe = handlers(OBSERVE, {
  'latency|doctor': latencyDoctor,
  'latency|graph': latencyGraph,
  'latency|help': latencyHelp,
  'latency|histogram': latencyHistogram,
  'latency|history': latencyHistory,
  'latency|latest': latencyLatest,
  'latency|reset': latencyReset,
  monitor,
  'slowlog|get': slowlogGet,
  'slowlog|help': slowlogHelp,
  'slowlog|len': slowlogLen,
  'slowlog|reset': slowlogReset,
})

function monitor(client: Client, _args: Args, reply: ReplyWriter): void {
  if (client.mayNotBlock) throw err("MONITOR isn't allowed for DENY BLOCKING client")
  client.server.monitors.add(client)
  reply.ok()
}

const COUNT_RANGE = err('count should be greater than or equal to -1')

function slowlogGet({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  const most = Number.MAX_SAFE_INTEGER
  const count = args.count > 2 ? args.integerBetween(2, -1, most, COUNT_RANGE) : 10
  const { entries } = server.slowlog
  const shown = count === -1 ? entries : entries.slice(0, count)
  reply.array(shown.length)
  for (const entry of shown) {
    reply.array(6)
    reply.integer(entry.id)
    reply.integer(entry.atSeconds)
    reply.integer(entry.microseconds)
    reply.bulks(entry.words)
    reply.bulk(entry.peer)
    reply.bulk(entry.clientName)
  }
}

function slowlogLen({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(server.slowlog.entries.length)
}

function slowlogReset({ server }: Client, _args: Args, reply: ReplyWriter): void {
  server.slowlog.entries = []
  reply.ok()
}

function slowlogHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'GET [<count>]',
    '    Show the latest entries (10 by default, -1 for all): id, time, microseconds,',
    '    words, address and name of the client.',
    'LEN',
    '    Count the entries.',
    'RESET',
    '    Forget them.',
  ])
}

function latencyDoctor({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { latency } = server
  const events = latency.latest()
  if (latency.thresholdMs === 0) {
    reply.verbatim(
      "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. " +
        'You may use "CONFIG SET latency-monitor-threshold <milliseconds>." in order to enable it.\n',
    )
  } else if (events.length === 0) {
    reply.verbatim('No latency spike was observed since the last reset.\n')
  } else {
    const lines = events.map(({ name, maxMs }) => {
      const { length } = latency.samples(name)
      return `${name}: ${length} latency spikes (worst ${maxMs} ms).\n`
    })
    reply.verbatim(`Latency spikes were observed:\n${lines.join('')}`)
  }
}

function latencyGraph({ server }: Client, args: Args, reply: ReplyWriter): void {
  const name = args.text(2)
  const samples = server.latency.samples(name)
  if (samples.length === 0) throw err(`No samples available for event '${name}'`)
  reply.verbatim(graph(name, samples))
}

const BARS = ['_', 'o', '#']

function graph(name: string, samples: readonly Sample[]): string {
  const values = samples.map(({ milliseconds }) => milliseconds)
  const high = Math.max(...values)
  const low = Math.min(...values)
  const step = Math.max(1, high - low) / BARS.length
  const bars = values.map(
    value => BARS[Math.min(BARS.length - 1, Math.floor((value - low) / step))],
  )
  const head = `${name} - high ${high} ms, low ${low} ms (all time high ${high} ms)`
  return `${head}\n${'-'.repeat(80)}\n${bars.join('')}\n`
}

function latencyHistogram({ server }: Client, args: Args, reply: ReplyWriter): void {
  const { latency, table } = server
  const asked = args.count === 2 ? table.catalogue.all : args.texts(2).flatMap(name => named(name))
  const commands = asked.filter(command => latency.hasHistogram(command))
  reply.map(commands.length)
  for (const command of commands) writeHistogram(reply, latency, command)

  function named(name: string): readonly Command[] {
    const command = table.catalogue.all.find(one => one.name === name.toLowerCase())
    return command === undefined ? [] : [command, ...(command.subcommands?.values() ?? [])]
  }
}

function writeHistogram(reply: ReplyWriter, latency: Latency, command: Command): void {
  const { calls, cumulative } = latency.histogram(command)
  reply.bulk(command.name)
  reply.map(2)
  reply.bulk('calls')
  reply.integer(calls)
  reply.bulk('histogram_usec')
  reply.map(cumulative.length)
  for (const [microseconds, count] of cumulative) {
    reply.integer(microseconds)
    reply.integer(count)
  }
}

function latencyHistory({ server }: Client, args: Args, reply: ReplyWriter): void {
  const samples = server.latency.samples(args.text(2))
  reply.array(samples.length)
  for (const { atSeconds, milliseconds } of samples) {
    reply.array(2)
    reply.integer(atSeconds)
    reply.integer(milliseconds)
  }
}

function latencyLatest({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const events = server.latency.latest()
  reply.array(events.length)
  for (const { name, last, maxMs } of events) {
    reply.array(4)
    reply.bulk(name)
    reply.integer(last.atSeconds)
    reply.integer(last.milliseconds)
    reply.integer(maxMs)
  }
}

function latencyReset({ server }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(server.latency.reset(args.count > 2 ? args.texts(2) : undefined))
}

function latencyHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'DOCTOR',
    '    Report on the spikes that were observed, in words.',
    'GRAPH <event>',
    '    Draw the spikes of an event.',
    'HISTORY <event>',
    '    Show the spikes of an event: time and milliseconds.',
    'LATEST',
    '    Show the latest spike of every event.',
    'RESET [<event> ...]',
    '    Forget the spikes of some events, or of all.',
    'HISTOGRAM [COMMAND ...]',
    '    Show how many calls of each command took up to how many microseconds.',
  ])
}
