// A node as one line: of CLUSTER NODES and, with a little more in it, of nodes.conf.

import { portOf } from './endpoint.ts'
import { type ClusterNode, NODE } from './node.ts'
import type { ClusterState } from './state.ts'

const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [NODE.myself, 'myself'],
  [NODE.master, 'master'],
  [NODE.replica, 'slave'],
  [NODE.pfail, 'fail?'],
  [NODE.fail, 'fail'],
  [NODE.handshake, 'handshake'],
  [NODE.noAddress, 'noaddr'],
  [NODE.noFailover, 'nofailover'],
]

/** The flag of a name; 0 for noflags, undefined for what is none. */
export function flagNamed(name: string): number | undefined {
  if (name === 'noflags') return 0
  return FLAG_NAMES.find(([, known]) => known === name)?.[0]
}

function flagNames(node: ClusterNode): string {
  const names = FLAG_NAMES.filter(([flag]) => node.is(flag)).map(([, name]) => name)
  return names.length === 0 ? 'noflags' : names.join(',')
}

/** All nodes that do not have some flag, a line each. */
export function describeNodes(state: ClusterState, isTls: boolean): string {
  return Array.from(state.nodes.values(), node => `${describeNode(state, node, isTls)}\n`).join('')
}

export function describeNode(state: ClusterState, node: ClusterNode, isTls: boolean): string {
  const name = node.hostname === '' ? '' : `,${node.hostname}`
  return lineOf(state, node, `${node.ip}:${portOf(node, isTls)}@${node.busPort}${name}`)
}

/** The same with all that is to be known again after a restart. */
export function describeForFile(state: ClusterState, node: ClusterNode): string {
  const { ip, tcpPort, tlsPort, busPort, hostname, humanName, shardId } = node
  const more = [
    `tls-port=${tlsPort}`,
    ...(humanName === '' ? [] : [`nodename=${humanName}`]),
    `shard-id=${shardId}`,
  ]
  return lineOf(state, node, `${ip}:${tcpPort}@${busPort},${hostname},${more.join(',')}`)
}

function lineOf(state: ClusterState, node: ClusterNode, address: string): string {
  const isLinked = node.isMyself || node.link !== undefined
  const slots = node.slotRanges().map(([start, end]) => (start === end ? start : `${start}-${end}`))
  return [
    node.id,
    address,
    flagNames(node),
    node.master?.id ?? '-',
    Math.floor(node.pingSentAt),
    Math.floor(node.pongReceivedAt),
    node.epochOfSlots,
    isLinked ? 'connected' : 'disconnected',
    ...slots,
    ...(node.isMyself ? openSlots(state) : []),
  ].join(' ')
}

function openSlots({ slots }: ClusterState): string[] {
  const { migratingTo, importingFrom } = slots
  const open = [...migratingTo.keys(), ...importingFrom.keys()]
  return [...new Set(open)]
    .sort((a, b) => a - b)
    .map(slot => {
      const target = migratingTo.get(slot)
      if (target !== undefined) return `[${slot}->-${target.id}]`
      return `[${slot}-<-${importingFrom.get(slot)?.id}]`
    })
}
