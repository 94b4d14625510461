// Replication: what replicas say (REPLCONF, PSYNC), who follows whom (REPLICAOF, FAILOVER, ROLE),
// and waiting until others have what was written. The work is done by replication/.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import * as nodes from '../replication/replication.ts'
import type { Args } from '../resp3/args.ts'
import { err, MUST_BE_POSITIVE, SYNTAX } from '../resp3/errors.ts'
import { splitWords } from '../resp3/words.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { REPLICATION } from '../table/families/server.ts'
import { readTimeoutMs } from '../table/readers/timeout.ts'
import { parseInteger } from '../util/number.ts'

export const replication = handlers(REPLICATION, {
  failover,
  psync,
  replconf,
  replicaof,
  role,
  slaveof: replicaof,
  sync,
  wait,
  waitaof,
})

/** Made when the first one asks: until then nothing is kept for it. */
function replicationOf(server: RedisServer): nodes.Replication {
  return server.feature(nodes.Replication)
}

// ---- What replicas say -------------------------------------------------------------------------

type Option = (replica: nodes.Replica, args: Args, i: number) => void

/** What a replica says of itself before it asks for the stream. */
const REPLICA_OPTIONS: ReadonlyMap<string, Option> = new Map<string, Option>(
  Object.entries({
    'LISTENING-PORT': (replica: nodes.Replica, args: Args, i: number) => {
      replica.listeningPort = args.integer(i)
    },
    'IP-ADDRESS': setAddress,
    CAPA: ({ capabilities }: nodes.Replica, args: Args, i: number) => {
      if (args.is(i, 'EOF')) capabilities.eof = true
      else if (args.is(i, 'PSYNC2')) capabilities.psync2 = true
    },
    'RDB-ONLY': ({ capabilities }: nodes.Replica, args: Args, i: number) => {
      capabilities.snapshotOnly = zeroOrOne(args, i) === 1
    },
    'RDB-FILTER-ONLY': setFilter,
  }),
)

const ADDRESS_MAX = 46

function setAddress(replica: nodes.Replica, args: Args, i: number): void {
  if (args.length(i) >= ADDRESS_MAX) {
    throw err(
      `REPLCONF ip-address provided by replica instance is too long: ${args.length(i)} bytes`,
    )
  }
  replica.announcedHost = args.text(i)
}

function setFilter({ capabilities }: nodes.Replica, args: Args, i: number): void {
  const words = splitWords(args.text(i))
  if (words === undefined) throw err('Missing rdb-filter-only values')
  const other = words.find(word => word.toLowerCase() !== 'functions')
  if (other !== undefined) throw err(`Unsupported rdb-filter-only option: ${other}`)
  capabilities.withoutKeys = true
  capabilities.withoutFunctions = words.length === 0
}

function replconf(client: Client, args: Args, reply: ReplyWriter): void {
  const replication = replicationOf(client.server)
  if (args.count % 2 === 0) throw SYNTAX
  for (let i = 1; i < args.count; i += 2) {
    const word = args.option(i)
    if (word === 'ACK' || word === 'GETACK') {
      if (word === 'ACK') acknowledged(client, replication, args, i)
      else replication.answerMaster()
      return
    }
    const set = REPLICA_OPTIONS.get(word)
    if (set === undefined) throw err(`Unrecognized REPLCONF option: ${args.text(i)}`)
    set(replication.replicaOf(client), args, i + 1)
  }
  reply.ok()
}

/** How far a replica is. It is never answered, whatever it says. */
function acknowledged(client: Client, replication: nodes.Replication, args: Args, i: number): void {
  if (!client.isReplica) return
  const offset = parseInteger(args.text(i + 1))
  if (offset === undefined) return
  const hasFile = i + 3 < args.count && args.is(i + 2, 'FACK')
  replication.acknowledged(client, offset, hasFile ? parseInteger(args.text(i + 3)) : undefined)
}

function psync(client: Client, args: Args, reply: ReplyWriter): void {
  const isFailover = args.count > 3 && args.is(3, 'FAILOVER')
  const from = (): number => wantedOffset(client, args)
  serve(client, reply, { id: args.text(1), from }, isFailover)
}

function wantedOffset(client: Client, args: Args): number {
  try {
    return args.integer(2)
  } catch (error) {
    const { name } = replicationOf(client.server).replicaOf(client)
    client.server.log.warning(`Replica ${name} asks for synchronization but with a wrong offset`)
    throw error
  }
}

function sync(client: Client, _args: Args, reply: ReplyWriter): void {
  serve(client, reply, undefined, false)
}

function serve(
  client: Client,
  reply: ReplyWriter,
  wanted: { readonly id: string; readonly from: () => number } | undefined,
  isFailover: boolean,
): void {
  if (client.isReplica) return
  const replication = replicationOf(client.server)
  if (isFailover && wanted !== undefined) replication.takeOver(client, wanted.id)
  replication.refuseSync()
  if (reply.size > 0) throw err('SYNC and PSYNC are invalid with pending output')
  const { eof, withoutFunctions, withoutKeys } = replication.replicaOf(client).capabilities
  if ((withoutFunctions || withoutKeys) && !eof) {
    throw err('Filtered replica requires EOF capability')
  }
  // An offset that is no number is the last thing to be refused.
  replication.serve(client, wanted && { id: wanted.id, from: wanted.from() })
}

// ---- Who follows whom --------------------------------------------------------------------------

const INVALID_PORT = err('Invalid master port')

function replicaof(client: Client, args: Args, reply: ReplyWriter): void {
  const { server } = client
  if (server.cluster !== undefined) throw err('REPLICAOF not allowed in cluster mode.')
  const replication = replicationOf(server)
  if (replication.isFailingOver) throw err('REPLICAOF not allowed while failing over.')
  if (args.is(1, 'NO') && args.is(2, 'ONE')) {
    if (replication.lead()) {
      server.log.notice(
        `MASTER MODE enabled (user request from '${server.describeClient(client)}')`,
      )
    }
    reply.ok()
    return
  }
  if (client.isReplica) throw err('Command is not valid when client is a replica.')
  const port = args.integerBetween(2, 0, 65535, INVALID_PORT)
  const host = args.text(1)
  if (!replication.follow(host, port)) {
    reply.simple('OK Already connected to specified master')
    return
  }
  server.log.notice(
    `REPLICAOF ${host}:${port} enabled (user request from '${server.describeClient(client)}')`,
  )
  reply.ok()
}

function role({ server }: Client, _args: Args, reply: ReplyWriter): void {
  server.replication.writeRole(reply)
}

function failover({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (server.cluster !== undefined) {
    throw err('FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.')
  }
  replicationOf(server).failover(readFailover(args))
  reply.ok()
}

function readFailover(args: Args): nodes.FailoverRequest {
  const request: { -readonly [K in keyof nodes.FailoverRequest]: nodes.FailoverRequest[K] } = {
    aborts: false,
    isForced: false,
    timeoutMs: 0,
    target: undefined,
  }
  const given = new Set<string>()
  for (let i = 1; i < args.count; i++) {
    const word = args.option(i)
    const more = args.count - 1 - i
    if (given.has(word)) throw SYNTAX
    given.add(word)
    if (word === 'TIMEOUT' && more >= 1) {
      request.timeoutMs = args.integer(++i)
      if (request.timeoutMs <= 0) throw err('FAILOVER timeout must be greater than 0')
    } else if (word === 'TO' && more >= 2) {
      request.target = { host: args.text(i + 1), port: args.integer(i + 2) }
      i += 2
    } else if (word === 'ABORT' && args.count === 2) {
      request.aborts = true
    } else if (word === 'FORCE') {
      request.isForced = true
    } else {
      throw SYNTAX
    }
  }
  return request
}

// ---- Waiting -----------------------------------------------------------------------------------

function wait(client: Client, args: Args, _reply: ReplyWriter): void {
  const replication = replicationOf(client.server)
  if (replication.isReplica) throw onReplica('WAIT')
  const replicas = args.integer(1)
  const timeoutMs = readTimeoutMs(args, 2, 1)
  const { streamOffset: offset } = client
  const wanted = { offset, replicas, inFiles: false, local: 0, fileOffset: 0 }
  replication.acknowledgements.wait(client, args, wanted, timeoutMs, (late, reached) => {
    late.integer(reached.replicas)
  })
}

function waitaof(client: Client, args: Args, _reply: ReplyWriter): void {
  const local = zeroOrOne(args, 1)
  const replicas = args.integerBetween(2, 0, Number.MAX_SAFE_INTEGER, MUST_BE_POSITIVE)
  const timeoutMs = readTimeoutMs(args, 3, 1)
  const replication = replicationOf(client.server)
  if (replication.isReplica) throw onReplica('WAITAOF')
  if (local > 0 && replication.file === undefined) throw nodes.NO_FILE
  const { streamOffset: offset, fileOffset } = client
  const wanted = { offset, replicas, inFiles: true, local, fileOffset }
  replication.acknowledgements.wait(client, args, wanted, timeoutMs, (late, reached) => {
    late.array(2)
    late.integer(reached.local)
    late.integer(reached.replicas)
  })
}

function onReplica(name: string): Error {
  return err(
    `${name} cannot be used with replica instances. Please also note that since Redis 4.0 if a ` +
      'replica is configured to be writable (which is not the default) writes to replicas are ' +
      'just local and are not propagated.',
  )
}

function zeroOrOne(args: Args, i: number): number {
  const value = args.integer(i)
  if (value !== 0 && value !== 1) throw err('value is out of range, value must between 0 and 1')
  return value
}
