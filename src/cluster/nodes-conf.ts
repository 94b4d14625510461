// nodes.conf: what a node of a cluster knows when it starts again. Nobody edits it: a line that
// cannot be read ends the start.

import fs from 'node:fs'
import { StartError } from '../host/config/directives.ts'
import { splitWords } from '../resp3/words.ts'
import { SLOT_COUNT } from '../util/crc.ts'
import { PUBLIC_FILE, replaceFile } from '../util/files.ts'
import { describeForFile, flagNamed } from './describe.ts'
import { BUS_PORT_OFFSET } from './myself.ts'
import { type ClusterNode, NODE } from './node.ts'
import type { ClusterState } from './state.ts'

const ID = /^[a-z0-9]{40}$/
/** What a name or a value must not contain. */
const SPECIAL = /[!#$%&()*+:;<>?@[\]^{|}~]/
const FIELDS_MIN = 8

/** The text of the file. */
function nodesText(state: ClusterState): string {
  const known = [...state.nodes.values()].filter(node => !node.is(NODE.handshake))
  const lines = known.map(node => `${describeForFile(state, node)}\n`)
  const { currentEpoch, lastVoteEpoch } = state
  return `${lines.join('')}vars currentEpoch ${currentEpoch} lastVoteEpoch ${lastVoteEpoch}\n`
}

/** Writes the file anew, in one step. */
export function writeNodes(file: string, state: ClusterState, syncs: boolean): void {
  const draft = `${file}.tmp-${process.pid}-${Math.floor(state.now())}`
  const bytes = Buffer.from(nodesText(state), 'latin1')
  if (syncs) {
    replaceFile(file, draft, out => out(bytes))
    return
  }
  try {
    fs.writeFileSync(draft, bytes, { mode: PUBLIC_FILE })
    fs.renameSync(draft, file)
  } catch (error) {
    fs.rmSync(draft, { force: true })
    throw error
  }
}

/** Thrown inside, and caught where the line is known. */
class BadLine extends Error {}

/**
 * Takes over what a file says, in place of the one node that there is.
 *
 * @param isTls whether the port of a line without more is that of TLS
 * @throws StartError
 */
export function readNodes(state: ClusterState, text: string, isTls: boolean): void {
  const reading = new Reading(state, isTls)
  for (const line of text.split('\n')) {
    if (line === '') continue
    try {
      reading.take(line)
    } catch (error) {
      if (error instanceof BadLine) throw corrupted(line)
      throw error
    }
  }
  if (!reading.isComplete) throw corrupted('')
  for (const { configEpoch } of state.nodes.values()) {
    state.currentEpoch = Math.max(state.currentEpoch, configEpoch)
  }
}

function corrupted(line: string): StartError {
  return new StartError(`Unrecoverable error: corrupted cluster config file "${line}".`)
}

class Reading {
  readonly #state: ClusterState
  readonly #isTls: boolean
  readonly #unknown: ClusterNode
  /** Nodes of which a line has said their shard. */
  readonly #placed = new Set<ClusterNode>()

  constructor(state: ClusterState, isTls: boolean) {
    this.#state = state
    this.#isTls = isTls
    this.#unknown = state.myself
  }

  /** Whether a line has said who this node is. */
  get isComplete(): boolean {
    return this.#state.myself !== this.#unknown
  }

  take(line: string): void {
    const words = splitWords(line)
    if (words === undefined) throw new BadLine()
    if (words[0]?.toLowerCase() === 'vars') this.#takeVariables(words)
    else this.#takeNode(words)
  }

  #takeVariables(words: readonly string[]): void {
    if (words.length % 2 === 0) throw new BadLine()
    for (let i = 1; i < words.length; i += 2) {
      const value = Number.parseInt(words[i + 1] ?? '', 10) || 0
      const name = words[i]?.toLowerCase()
      if (name === 'currentepoch') this.#state.currentEpoch = value
      else if (name === 'lastvoteepoch') this.#state.lastVoteEpoch = value
    }
  }

  #takeNode(words: readonly string[]): void {
    if (words.length < FIELDS_MIN) throw new BadLine()
    const [id = '', address = '', flags = '', master = '', ping = '', pong = '', epoch = ''] = words
    const node = this.#node(id)
    const now = this.#state.now()
    this.#takeAddress(node, address)
    this.#takeFlags(node, flags)
    if (!master.startsWith('-')) this.#takeMaster(node, this.#node(master))
    if (integer(ping) !== 0) node.pingSentAt = now
    if (integer(pong) !== 0) node.pongReceivedAt = now
    if (!(node.isReplica && node.master)) node.configEpoch = integer(epoch)
    for (const word of words.slice(FIELDS_MIN)) this.#takeSlots(node, word)
  }

  #node(id: string): ClusterNode {
    if (!ID.test(id)) throw new BadLine()
    return this.#state.find(id) ?? this.#state.addNode(0, id)
  }

  /** ip:port[@bus port][,host name][,name=value]... */
  #takeAddress(node: ClusterNode, text: string): void {
    const [place = '', hostname = '', ...fields] = text.split(',')
    node.hostname = hostname
    const named = new Set(fields.map(field => this.#takeField(node, field)))
    const colon = place.lastIndexOf(':')
    if (colon < 0) throw new BadLine()
    node.ip = place.slice(0, colon)
    const [port = '', bus] = place.slice(colon + 1).split('@')
    // What no field says is the port that stands there.
    const hasTls = named.has('tls-port')
    const hasTcp = named.has('tcp-port')
    if (!hasTls && (hasTcp || this.#isTls)) node.tlsPort = integer(port)
    else if (!hasTcp) node.tcpPort = integer(port)
    const base = this.#isTls ? node.tlsPort : node.tcpPort
    node.busPort = bus === undefined ? base + BUS_PORT_OFFSET : integer(bus)
  }

  /** Returns the name. */
  #takeField(node: ClusterNode, field: string): string {
    const [name = '', value = '', ...rest] = field.split('=')
    if (!field.includes('=') || rest.length > 0) throw new BadLine()
    if (SPECIAL.test(name) || SPECIAL.test(value)) throw new BadLine()
    if (name === 'shard-id') this.#takeShard(node, value)
    else if (name === 'nodename') node.humanName = value
    else if (name === 'tcp-port') node.tcpPort = portOfText(value)
    else if (name === 'tls-port') node.tlsPort = portOfText(value)
    else throw new BadLine()
    return name
  }

  #takeShard(node: ClusterNode, shardId: string): void {
    if (!ID.test(shardId)) throw new BadLine()
    node.shardId = shardId
    this.#placed.add(node)
    if (node.replicas.some(replica => replica.shardId !== shardId)) throw new BadLine()
  }

  #takeFlags(node: ClusterNode, text: string): void {
    for (const name of text.toLowerCase().split(',')) {
      const flag = flagNamed(name)
      if (flag === undefined) throw new StartError('Unknown flag in redis cluster config file')
      node.set(flag)
    }
    if (node.fails) node.failedAt = this.#state.now()
    if (!node.isMyself || node === this.#unknown) return
    this.#state.nodes.delete(this.#unknown.id)
    this.#state.myself = node
  }

  #takeMaster(node: ClusterNode, master: ClusterNode): void {
    if (!this.#placed.has(node)) node.shardId = master.shardId
    else if (this.#placed.has(master) && master.shardId !== node.shardId) throw new BadLine()
    node.master = master
    master.replicas.push(node)
    master.set(NODE.migrateTo)
  }

  /** 12, 12-34, [12->-id] or [12-<-id]. */
  #takeSlots(node: ClusterNode, word: string): void {
    const { slots } = this.#state
    const open = /^\[(\d+)-([<>])-(.*)\]$/.exec(word)
    if (open !== null) {
      const [, number = '', direction, id = ''] = open
      const moving = direction === '>' ? slots.migratingTo : slots.importingFrom
      moving.set(slotOfText(number), this.#node(id))
      return
    }
    const [start = '', end = start] = word.split('-')
    for (let slot = slotOfText(start), last = slotOfText(end); slot <= last; slot++) {
      slots.add(node, slot)
    }
  }
}

function integer(text: string): number {
  return Number.parseInt(text, 10) || 0
}

function slotOfText(text: string): number {
  const slot = integer(text)
  if (slot < 0 || slot >= SLOT_COUNT) throw new BadLine()
  return slot
}

function portOfText(text: string): number {
  const port = integer(text)
  if (text.length < 1 || text.length > 5 || port < 0 || port > 65535) throw new BadLine()
  return port
}
