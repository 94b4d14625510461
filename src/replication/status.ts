// What INFO and ROLE say of a node that follows another one, or is followed.

import type { InfoFields } from '../engine/info-fields.ts'
import type { LaggingReplica } from '../engine/replication.ts'
import type { Settings } from '../host/config/config.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { MasterLink } from './master-link.ts'
import type { Replica } from './replica.ts'

export function replicaFields(replicas: Iterable<Replica>, now: number): InfoFields {
  return Array.from(replicas, (replica, i) => {
    const { host, listeningPort, stage, acknowledged } = replica
    const lag = stage === 'online' ? replica.lagAt(now) : 0
    const place = `ip=${host},port=${listeningPort}`
    return [`slave${i}`, `${place},state=${stage},offset=${acknowledged},lag=${lag}`] as const
  })
}

/** @param left how far the stream was when the link broke, if it is not there */
export function linkFields(
  link: MasterLink,
  settings: Settings,
  now: number,
  left: number,
): InfoFields {
  const isUp = link.state === 'connected'
  const { transfer, downSince } = link
  const applied = link.offset ?? left
  const fields: (readonly [string, string | number])[] = [
    ['master_host', link.host],
    ['master_port', link.port],
    ['master_link_status', isUp ? 'up' : 'down'],
    ['master_last_io_seconds_ago', link.silentSeconds],
    ['master_sync_in_progress', link.state === 'sync' ? 1 : 0],
    ['slave_read_repl_offset', link.received ?? applied],
    ['slave_repl_offset', applied],
  ]
  if (link.state === 'sync') {
    const total = transfer?.size ?? 0
    const read = transfer?.received ?? 0
    fields.push(
      ['master_sync_total_bytes', total],
      ['master_sync_read_bytes', read],
      ['master_sync_left_bytes', total - read],
      ['master_sync_perc', total === 0 ? '0.00' : ((read / total) * 100).toFixed(2)],
      ['master_sync_last_io_seconds_ago', link.transferSilentSeconds],
    )
  }
  if (!isUp) {
    const seconds = downSince === undefined ? -1 : Math.floor((now - downSince) / 1000)
    fields.push(['master_link_down_since_seconds', seconds])
  }
  fields.push(
    ['slave_priority', settings['replica-priority']],
    ['slave_read_only', settings['replica-read-only'] ? 1 : 0],
    ['replica_announced', settings['replica-announced'] ? 1 : 0],
  )
  return fields
}

/** Those of them that have not acknowledged the end of the stream. */
export function laggingOf(replicas: Iterable<Replica>, end: number, now: number): LaggingReplica[] {
  return Array.from(replicas)
    .filter(({ acknowledged }) => acknowledged !== end)
    .map(({ name, acknowledged, stage, heardAt }) => {
      const lagSeconds = stage === 'online' ? Math.floor((now - heardAt) / 1000) : 0
      return { name, behind: end - acknowledged, stage, lagSeconds }
    })
}

export function writeMasterRole(
  reply: ReplyWriter,
  offset: number,
  replicas: readonly Replica[],
): void {
  reply.array(3)
  reply.bulk('master')
  reply.integer(offset)
  reply.array(replicas.length)
  for (const { host, listeningPort, acknowledged } of replicas) {
    reply.bulks([host, String(listeningPort), String(acknowledged)])
  }
}

export function writeReplicaRole(reply: ReplyWriter, link: MasterLink): void {
  reply.array(5)
  reply.bulk('slave')
  reply.bulk(link.host)
  reply.integer(link.port)
  reply.bulk(link.state)
  reply.integer(link.offset ?? -1)
}
